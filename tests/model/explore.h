/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explicit-state exploration of every order of events: depth first with a growing bound
 * (iterative deepening), so that a violation found is one of the shortest. The table of
 * visited states holds 56 bits of each state's hash and the depth at which it was
 * reached; a state is expanded again only if it is reached in fewer steps. When a higher
 * bound finds hardly any new states, the remaining ones are visited in any order. Two
 * states with equal bits count as the same one: with n visited states, the probability
 * that a given new one is missed is n / 2^56.
 */
#ifndef MODEL_EXPLORE_H
#define MODEL_EXPLORE_H

#include <stdint.h>

#include "model.h"

#define PATH_MAX_MOVES 120

struct violation {
	const char *property; /* the violated property; NULL: none */
	unsigned length;
	struct move move[PATH_MAX_MOVES];
};

struct exploration {
	uint64_t states; /* limit of visited states */
	unsigned threads;
	double seconds; /* time limit in seconds; 0: none */
	bool first; /* stop at the first violation, without a search for a shorter path */
	/* results */
	uint64_t visited; /* number of distinct states at the last depth limit */
	uint64_t steps;   /* number of steps, over all depth limits */
	unsigned depth;   /* last depth limit that was explored completely */
	bool exhausted;   /* all reachable states were visited */
	struct violation violation;
};

/* Explore a universe. Returns 0, or -ENOMEM. */
int explore(const struct universe *u, struct exploration *x);

#endif
