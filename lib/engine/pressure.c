/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table that is nearly full. From 95 % on each new connection has a few places looked at,
 * and of closed ones and stale SYNs the least goes; with no place left, anyone who may. A hand goes
 * round the slab, so that all are looked at in turn, and the cost of a new connection is
 * bounded. The order is the trackers' (TIM-2): what is established is never taken.
 */
#include <netinet/in.h>

#include <rte_common.h>

#include "engine_internal.h"

#define PRESSURE_PERCENT 95u
#define PRESSURE_LOOK 16u  /* places with each new connection */
#define PRESSURE_MOST 256u /* .. that finds no place, until somebody is found */

static unsigned
eviction_of(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	struct track_conn conn = family_conn(f, index);

	if (flow_conn(&f->table, index)->id.proto == IPPROTO_TCP)
		return tcp_eviction(&conn, e->now);
	return datagram_eviction(&conn);
}

/* The hand goes on by one place: the connection there, or FLOW_NONE. */
static uint32_t
hand_next(struct engine_family *f)
{
	uint32_t at = f->hand < f->table.high ? f->hand : 0;

	f->hand = at + 1;
	return flow_next(&f->table, at, RTE_MIN(at + 1, f->table.high));
}

/*
 * The least of `look` places from the hand on, or of more, up to `most`, if none of them may go:
 * it is removed. Returns the places looked at in vain: 0, room was made.
 */
static unsigned
evict_least(struct engine *e, struct engine_family *f, unsigned look, unsigned most,
	    unsigned limit)
{
	unsigned least = limit + 1, rank, i;
	uint32_t victim = FLOW_NONE, index;

	for (i = 0; i < look || (i < most && victim == FLOW_NONE); i++) {
		index = hand_next(f);
		if (index == FLOW_NONE)
			continue;
		rank = eviction_of(e, f, index);
		if (rank >= least)
			continue;
		least = rank;
		victim = index;
	}
	if (victim == FLOW_NONE)
		return i;
	connection_remove(e, f, victim);
	e->stats.evicted++;
	return 0;
}

void
pressure_relieve(struct engine *e, struct engine_family *f)
{
	if (unlikely(f->table.count >= f->pressed))
		evict_least(e, f, PRESSURE_LOOK, 0, TRACK_EVICT_STALE);
}

bool
pressure_evict(struct engine *e, struct engine_family *f)
{
	unsigned vain;

	/* a whole round in vain is not made twice a tick */
	if (f->barren >= f->table.high && f->barren_tick == e->now)
		return false;
	vain = evict_least(e, f, PRESSURE_LOOK, PRESSURE_MOST, TRACK_EVICT_NEVER - 1);
	f->barren = vain == 0 ? 0 : f->barren + vain;
	f->barren_tick = e->now;
	return vain == 0;
}

void
pressure_init(struct engine_family *f)
{
	f->pressed = (uint32_t)((uint64_t)f->table.capacity * PRESSURE_PERCENT / 100);
}
