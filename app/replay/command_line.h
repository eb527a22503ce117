/* SPDX-License-Identifier: BSD-3-Clause */
/* The parsed command line of sluice-replay. Strings point into argv. */
#ifndef REPLAY_COMMAND_LINE_H
#define REPLAY_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include <engine/engine.h>

#include "faults.h"

#define COMMAND_MAX_CAPTURES (2u * ENGINE_MAX_WIRES)

/* A capture: --port NAME=CAPTURE, or an operand, whose name is NULL. */
struct command_capture {
	const char *name; /* name of a port of the configuration */
	const char *file;
};

/* An option --offset NAME=MS. */
struct command_offset {
	const char *name; /* name of a port, or the file name of an operand */
	int64_t ns;
};

enum command_report {
	REPORT_DEFAULT, /* text if standard output is a terminal, else none */
	REPORT_NONE,
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_HTML,
};

struct command_line {
	const char *config; /* file; NULL: two ports lan and wan with default settings */
	const char *rules;  /* rule file; NULL: that of the configuration */
	const char *out;    /* output directory (--out); NULL: write no files */
	const char *split;  /* output directory (--split); NULL: write no files */
	const char *lan;    /* --lan; NULL: determined from the captures */
	/* captures in command line order */
	struct command_capture capture[COMMAND_MAX_CAPTURES];
	unsigned captures;
	bool by_port; /* captures are given with --port, not as operands */
	struct command_offset offset[COMMAND_MAX_CAPTURES];
	unsigned offsets;
	enum faults_switch checksum;
	enum faults_switch loose;
	enum command_report report;
	uint64_t connection; /* number given with --connection; 0: none */
	unsigned burst;
	bool drain;
	bool dedup;
};

/*
 * Parse the command line. Returns OPTIONS_GO_ON (options.h), or the exit status after the
 * help or a message has been printed.
 */
int command_line_read(int argc, char **argv, struct command_line *o);

#endif
