/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of sluice-replay. Everything points into argv.
 */
#ifndef REPLAY_OPTIONS_H
#define REPLAY_OPTIONS_H

#include <stdbool.h>

#include <engine/engine.h>

#define OPTIONS_MAX_PORTS (2u * ENGINE_MAX_WIRES)

struct options_port {
	char *name; /* of a port of the configuration */
	const char *file;
};

struct options {
	const char *config;
	const char *rules; /* NULL: the configuration's */
	const char *out;
	struct options_port port[OPTIONS_MAX_PORTS]; /* in the order given */
	unsigned ports;
	unsigned burst;
	bool drain;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE, /* help or version was asked for, and printed */
	OPTIONS_BAD,  /* said on stderr */
};

enum options_result options_parse(int argc, char **argv, struct options *o);

#endif
