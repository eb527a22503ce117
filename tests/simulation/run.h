/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One simulated connection between two hosts. The path loses, delays and reorders
 * segments. The run's options say whether the tracker is in the middle, whether a route
 * changes or the tracker restarts, and whether an attacker forges segments.
 *
 * A run depends only on its options. The same number gives the same hosts, applications
 * and path with and without the tracker, so that the two runs can be compared.
 */
#ifndef SIMULATION_RUN_H
#define SIMULATION_RUN_H

#include <stdbool.h>
#include <stdint.h>

enum happening {
	NOTHING,
	REROUTED,  /* one direction bypasses the tracker, for good or for a time */
	RESTARTED, /* the tracker loses its table; tcp_loose is on */
	HAPPENINGS,
};

enum forger {
	NOBODY,
	GUESSES, /* the forger knows addresses and ports */
	RECALLS, /* the forger also knows approximately the numbers of some seconds ago */
	FORGERS,
};

struct run_options {
	unsigned number;
	enum happening what;
	enum forger forger;
	bool tracked;   /* segments go through the tracker */
	bool loud;      /* print a line for each segment */
	uint32_t until; /* time limit, ms */
};

struct run_result {
	bool finished;    /* all data was delivered and both hosts have closed */
	uint32_t at;      /* time of the end, ms */
	uint32_t stalled; /* longest time in which nothing moved, ms */
	bool reset;
	bool misled; /* a host accepted a forged segment */
	/* segments that the hosts sent, and how many of them the tracker dropped */
	unsigned segments, dropped;
	unsigned forged, forged_passed;
	bool asymmetric; /* the tracker reported the connection as asymmetric */
};

struct run_result run(const struct run_options *options);

#endif
