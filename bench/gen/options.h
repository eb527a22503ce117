/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of bench-gen, after the arguments of the EAL. */
#ifndef BENCH_GEN_OPTIONS_H
#define BENCH_GEN_OPTIONS_H

#include <stdbool.h>

#include "lives.h"

struct options {
	struct lives_config lives; /* all but `timeout`, which depends on the clock */
	/* segments of held connections, and lives, per second; 0: as fast as possible */
	double rate[LIVES_CLASSES];
	double flood;   /* SYNs of the flood per second */
	double seconds; /* seconds that are measured */
	double warmup;  /* seconds of warming up */
	bool json;
};

/* Read the options. Returns 0, or -1 with a message. */
int options_read(struct options *o, int argc, char **argv);

/*
 * Sizes of data segments and their weights: "6", "6:7,536:4,1460:1" or "imix", which is
 * the same as the last. 0, or -1: not of that form, or out of range.
 */
int options_sizes(struct lives_config *config, const char *text);

#endif
