/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * State of a scenario that runs in memory (memory.c), and the checks of each step
 * (check.c).
 */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

#include <base/ticks.h>

#include "front.h"
#include "scenario.h"

/* Start time: the ticks wrap five seconds later. */
#define START_NS ((UINT64_C(0x100000000) - 5000u) * TICKS_NS)

#define HELD_MAX 80u

struct run {
	const struct scenario *s;
	const struct step *step;
	unsigned family;
	struct rte_mempool *pool;
	struct front *front; /* NULL: the engine gets all packets */
	uint32_t network;    /* of the wire's untagged frames */
	struct engine *engine;
	void *memory;
	struct policy *policy;
	struct policy_state *state;
	struct outcome *out;
	/* steps whose packet is still held, and their records */
	unsigned held[HELD_MAX];
	unsigned held_record[HELD_MAX];
	unsigned helds;
	unsigned room;   /* allocated elements of out->sent */
	uint64_t now_ns; /* time since the start */
	unsigned wrong;
};

/* Report that something in r->step is not as expected. */
void run_wrong(struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Find the connection with a number; 0: the newest one. Returns false if there is none.
 */
bool run_view(const struct run *r, uint32_t id, struct conn_view *view);

/* Check the verdict of a packet, and the connection after it. */
void check_record(struct run *r, const struct engine_record *record);

/*
 * Check the frames sent since out->sent[from]. The packet itself and released fragments
 * are removed; the remaining frames must be those that sluice generates in this step.
 */
void check_frames(struct run *r, unsigned from, bool pass);

/*
 * Check that nothing was sent for a held packet, and postpone the check of its verdict.
 */
void check_hold(struct run *r, unsigned from);

/* Check the held packets whose verdict came from a timeout, which can only be a drop. */
void check_held(struct run *r);

/* Check a step of time: what was sent since out->sent[from], and the connections. */
void check_time(struct run *r, unsigned from);

#endif
