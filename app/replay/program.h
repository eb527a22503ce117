/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a run of sluice-replay. It starts zeroed; members that are 0 or NULL have
 * not been created yet.
 *
 *	main.c     the order of all this, and its end
 *	setup.c    configuration, captures, what is found in their samples
 *	machine.c  DPDK, the engine, the files
 *	advice.c   hints
 *
 * Each of the functions returns an exit status, EXIT_SUCCESS or one after a message.
 */
#ifndef REPLAY_PROGRAM_H
#define REPLAY_PROGRAM_H

#include <policy/policy.h>

#include "annotate.h"
#include "command_line.h"
#include "config.h"
#include "connlog.h"
#include "hints.h"
#include "output.h"
#include "replay.h"
#include "report.h"
#include "split.h"

struct program {
	struct command_line options;
	struct sluice_config *config;
	/* names of the ports, indexed by engine port number */
	const char *names[CONFIG_MAX_PORTS];
	unsigned ports;
	struct policy *policy;
	struct policy_state *policy_state;
	struct capture captures[COMMAND_MAX_CAPTURES];
	struct rte_mempool *pool;
	void *memory; /* memory of the engine */
	size_t bytes;
	uint64_t first_ns;
	struct output output;
	bool wanted[CONFIG_MAX_PORTS]; /* ports for which NAME.pcap is written */
	struct split split;
	struct annotate annotate;
	struct connlog connlog;
	struct sinks sinks;
	struct report report;
	struct replay replay;
	struct hints hints;
	/* offset that would align the clocks, if clocks_differ */
	int64_t clock_offset_ns;
	bool clocks_differ;
	uint64_t two_way; /* conversations with both directions in one --port */
	bool nano;        /* a capture has times finer than microseconds */
	uint64_t picked_up, incomplete; /* number of connections with these marks */
	uint64_t one_way; /* connections in which one endpoint sent nothing */
};

/* setup.c */

/* Read the configuration file, or use the default configuration. */
int setup_config(struct program *p);

/* Open all captures and read their samples. */
int setup_captures(struct program *p);

/* Determine sides, checksum treatment and clock differences from the samples. */
int setup_detect(struct program *p);

/* machine.c */

/* Check that no output file is an input file. */
int machine_check_output(struct program *p);

/* Initialize DPDK and the memory for packets. */
int machine_start(struct program *p);

int machine_make_engine(struct program *p);
int machine_open_output(struct program *p);

/*
 * Close files and free everything. Returns status, or an exit status when writing has
 * failed.
 */
int machine_stop(struct program *p, int status);

/* advice.c: fill p->hints after all packets have been replayed. */
void advice_give(struct program *p);

#endif
