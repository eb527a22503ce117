/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table that is nearly full. From 95 % on each new connection has a few places looked
 * at, and of closed ones and stale SYNs the least goes; with few places left, any that
 * may. A hand goes round the slab, so that all are looked at in turn, and the cost of a
 * new connection is bounded. The order is the trackers' (TIM-2): what is established is
 * never taken.
 *
 * Established connections stand in rows, as they were opened: the hand may go over
 * thousands of places, PRESSURE_MOST with each new connection, before it comes to one
 * that may go. Meanwhile new ones live on the places left. In a large table there are
 * enough of these for a row of any length: one for PRESSURE_MOST of the table, and so
 * room is made from there on.
 */
#include <netinet/in.h>

#include <rte_common.h>

#include "engine_internal.h"

#define PRESSURE_PERCENT 95u
#define PRESSURE_LOOK_EARLY 4u /* places with each new connection from there on */
#define PRESSURE_LOOK 16u      /* with each where few are left */
#define PRESSURE_MOST 256u     /* at most, until one is found that may go */
#define PRESSURE_LARGE 65536u
/* Of equals so many go at once, should the table be large: a flood pays for one look in eight. */
#define PRESSURE_TOGETHER 8u

static unsigned
eviction_of(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	struct track_conn conn = family_conn(f, index);

	if (flow_id_class(&flow_conn(&f->table, index)->id) == FLOW_TCP)
		return tcp_eviction(&conn, e->now);
	return datagram_eviction(&conn, e->now);
}

/* The hand goes on by one place: the connection there, or FLOW_NONE. */
static uint32_t
hand_next(struct engine_family *f)
{
	uint32_t at = f->hand < f->table.high ? f->hand : 0;

	f->hand = at + 1;
	return flow_next(&f->table, at, RTE_MIN(at + 1, f->table.high));
}

/* The places that are looked at next. */
static void
hand_prefetch(const struct engine_family *f, unsigned look)
{
	uint32_t at = f->hand, i;

	for (i = 0; i < look && at + i < f->table.high; i++)
		flow_prefetch_whole(&f->table, at + i);
}

/* Those that may go, of some places in a row. */
struct candidates {
	uint32_t index[PRESSURE_MOST];
	uint8_t rank[PRESSURE_MOST];
	unsigned count;
	unsigned least; /* of the ranks */
};

/* Remove those of the least rank, at most so many. */
static void
evict_some(struct engine *e, struct engine_family *f, const struct candidates *c,
	   unsigned most)
{
	uint32_t index[PRESSURE_TOGETHER];
	uint64_t hash[PRESSURE_TOGETHER];
	unsigned n = 0, i;

	for (i = 0; i < c->count && n < most; i++) {
		if (c->rank[i] != c->least)
			continue;
		index[n] = c->index[i];
		hash[n++] = flow_prefetch_home(&f->table, c->index[i]);
	}
	for (i = 0; i < n; i++)
		connection_remove_hashed(e, f, index[i], hash[i]);
	e->stats.evicted += n;
}

/*
 * Remove the least of `look` places from the hand on, or of more, up to `most`, if none of them
 * may go; of equals at most `together`. Returns the places looked at in vain: 0, room was made.
 */
static unsigned
evict_least(struct engine *e, struct engine_family *f, unsigned look, unsigned most,
	    unsigned limit, unsigned together)
{
	struct candidates c;
	unsigned rank, i;
	uint32_t index;

	/* nobody twice */
	look = RTE_MIN(look, f->table.high);
	most = RTE_MIN(most, f->table.high);
	c.count = 0;
	c.least = limit + 1;
	for (i = 0; i < look || (i < most && c.count == 0); i++) {
		index = hand_next(f);
		if (index == FLOW_NONE)
			continue;
		rank = eviction_of(e, f, index);
		if (rank > limit)
			continue;
		c.index[c.count] = index;
		c.rank[c.count++] = (uint8_t)rank;
		c.least = RTE_MIN(c.least, rank);
	}
	evict_some(e, f, &c, together);
	hand_prefetch(f, look);
	return c.count == 0 ? i : 0;
}

void
pressure_relieve(struct engine *e, struct engine_family *f)
{
	if (likely(f->table.count < f->pressed))
		return;
	/* pressure_evict() takes the stale ones first as well */
	if (f->table.count + f->reserve < f->table.capacity)
		evict_least(e, f, PRESSURE_LOOK_EARLY, 0, TRACK_EVICT_STALE,
			    PRESSURE_LOOK_EARLY);
	else if (f->table.count < f->table.capacity)
		pressure_evict(e, f);
}

bool
pressure_evict(struct engine *e, struct engine_family *f)
{
	unsigned together = RTE_MIN(PRESSURE_TOGETHER, f->table.capacity >> 10), vain;

	/* a whole round in vain is not made twice a tick */
	if (f->barren >= f->table.high && f->barren_tick == e->now)
		return false;
	vain = evict_least(e, f, PRESSURE_LOOK, PRESSURE_MOST, TRACK_EVICT_NEVER - 1,
			   RTE_MAX(together, 1u));
	f->barren = vain == 0 ? 0 : f->barren + vain;
	f->barren_tick = e->now;
	return vain == 0;
}

void
pressure_init(struct engine_family *f)
{
	f->pressed = (uint32_t)((uint64_t)f->table.capacity * PRESSURE_PERCENT / 100);
	if (f->table.capacity >= PRESSURE_LARGE)
		f->reserve = f->table.capacity / PRESSURE_MOST;
}
