/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario while it runs in memory (memory.c), and the checks of each step (check.c).
 */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

#include <base/ticks.h>

#include "scenario.h"

/* The ticks wrap five seconds after the start. */
#define START_NS ((UINT64_C(0x100000000) - 5000u) * TICKS_NS)

#define HELD_MAX 80u

struct run {
	const struct scenario *s;
	const struct step *step;
	unsigned family;
	struct rte_mempool *pool;
	struct engine *engine;
	void *memory;
	struct policy *policy;
	struct policy_state *state;
	struct outcome *out;
	/* steps whose verdict is not known yet, and their record */
	unsigned held[HELD_MAX];
	unsigned held_record[HELD_MAX];
	unsigned helds;
	unsigned room;   /* of out->sent */
	uint64_t now_ns; /* since the start */
	unsigned wrong;
};

/* Something is not as expected in r->step. */
void run_wrong(struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The connection with a number in the tables; 0: the newest. False: there is none. */
bool run_view(const struct run *r, uint32_t id, struct engine_view *view);

/* The verdict, and the connection after it. */
void check_record(struct run *r, const struct engine_record *record);

/*
 * What was sent since out->sent[from]: the packet itself and fragments that were held are
 * taken out, the rest is ours.
 */
void check_frames(struct run *r, unsigned from, bool pass);

/* The packet is held: nothing is sent, and the expectation is to be met later. */
void check_hold(struct run *r, unsigned from);

/* What was held and has been decided by time alone, which only drops. */
void check_held(struct run *r);

/* After nothing but time: what was sent since out->sent[from], what is left. */
void check_time(struct run *r, unsigned from);

#endif
