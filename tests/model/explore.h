/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explicit-state exploration: every order of what can happen, depth first with a bound
 * that grows, so that a violation found is one of the shortest. A state is remembered as
 * 56 bits of its hash and the depth that it was reached at; it is gone on from again only
 * when reached in fewer steps. When a bound shows hardly any new ones, the rest is
 * visited in any order. Two states that share the bits are taken for one: with n of them
 * the chance that a given new one is missed is n / 2^56.
 */
#ifndef MODEL_EXPLORE_H
#define MODEL_EXPLORE_H

#include <stdint.h>

#include "model.h"

#define PATH_MAX_MOVES 120

struct violation {
	const char *property; /* NULL: none */
	unsigned length;
	struct move move[PATH_MAX_MOVES];
};

struct exploration {
	uint64_t states; /* most to visit */
	unsigned threads;
	double seconds; /* most to take; 0: any */
	bool first;     /* do not look for a shorter way to a violation */
	/* results */
	uint64_t visited; /* distinct, at the last bound */
	uint64_t steps;   /* taken, all bounds together */
	unsigned depth;   /* the last bound that was gone through whole */
	bool exhausted;   /* there is nothing beyond it */
	struct violation violation;
};

/* Explore a universe. Returns 0, or -ENOMEM. */
int explore(const struct universe *u, struct exploration *x);

#endif
