/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of bench-gen, behind the EAL's. */
#ifndef BENCH_GEN_OPTIONS_H
#define BENCH_GEN_OPTIONS_H

#include <stdbool.h>

#include "lives.h"

struct options {
	struct lives_config lives;  /* but for its timeout */
	double rate[LIVES_CLASSES]; /* segments held, lives a second; 0: as many as go */
	double flood;               /* SYNs a second that nobody answers */
	double seconds;             /* measured */
	double warmup;              /* before that */
	bool json;
};

/* Read them. 0, or -1 with a message. */
int options_read(struct options *o, int argc, char **argv);

/*
 * Sizes of data segments and their weights: "6", "6:7,536:4,1460:1" or "imix", which is
 * the same as the last. 0, or -1: not of that form, or out of range.
 */
int options_sizes(struct lives_config *config, const char *text);

#endif
