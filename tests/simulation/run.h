/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection between two hosts: a path that loses, delays and reorders, the tracker
 * in its middle or not, something that happens to the path or to the tracker, and a
 * forger.
 *
 * Everything follows from the number; with and without the tracker the same is wanted by
 * the applications, lost by the same odds and forged at the same times.
 */
#ifndef SIMULATION_RUN_H
#define SIMULATION_RUN_H

#include <stdbool.h>
#include <stdint.h>

enum happening {
	NOTHING,
	REROUTED,  /* one direction takes another way: for good, or for a while */
	RESTARTED, /* the table is empty; tcp_loose */
	HAPPENINGS,
};

enum forger {
	NOBODY,
	GUESSES, /* knows addresses and ports */
	RECALLS, /* and numbers that were right some seconds ago, give or take */
	FORGERS,
};

struct run_options {
	unsigned number;
	enum happening what;
	enum forger forger;
	bool tracked;   /* the tracker is in the way */
	bool loud;      /* a line for each segment on stdout */
	uint32_t until; /* ms; give up then */
};

struct run_result {
	bool finished;    /* all was delivered, and both have closed */
	uint32_t at;      /* ms, when */
	uint32_t stalled; /* ms, the longest in which nothing moved */
	bool reset;
	bool misled;                /* a host has itself believed what was forged */
	unsigned segments, dropped; /* of the hosts', by the tracker */
	unsigned forged, forged_passed;
	bool asymmetric; /* said so */
};

struct run_result run(const struct run_options *options);

#endif
