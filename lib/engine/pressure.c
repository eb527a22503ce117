/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table that is nearly full. From 95 % on each new connection has a few places looked
 * at, and of closed ones and stale SYNs the least goes; with few places left, any that
 * may. A hand goes round the slab, so that all are looked at in turn, and the cost of a
 * new connection is bounded. The order is the trackers' (TIM-2): what is established is
 * never taken.
 *
 * Established connections stand in rows, as they were opened: the hand may go over
 * thousands of places, PRESSURE_MAX with each new connection, before it comes to one
 * that may go. Meanwhile new ones live on the places left. In a large table there are
 * enough of these for a row of any length: one for PRESSURE_MAX of the table, and so
 * room is made from there on.
 */
#include <netinet/in.h>

#include <rte_common.h>

#include "engine_internal.h"

#define PRESSURE_PERCENT 95u
#define PRESSURE_LOOK_EARLY 4u /* places with each new connection from there on */
#define PRESSURE_SCAN 16u      /* with each where few are left */
#define PRESSURE_MAX 256u      /* at most, until one is found that may go */
#define PRESSURE_LARGE 65536u
/*
 * Of equals so many go at once, should the table be large: a flood pays for one look in
 * eight.
 */
#define PRESSURE_BATCH 8u

static unsigned
eviction_of(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	struct track_conn conn = family_conn(f, index);

	return track_eviction(&conn, flow_id_proto(&flow_conn(&f->table, index)->id),
			      e->now);
}

/* The hand goes on by one place: the connection there, or FLOW_NONE. */
static uint32_t
hand_next(struct engine_family *f)
{
	uint32_t at = f->clock_hand < f->table.high ? f->clock_hand : 0;

	f->clock_hand = at + 1;
	return flow_next(&f->table, at, RTE_MIN(at + 1, f->table.high));
}

/* The places that are looked at next. */
static void
hand_prefetch(const struct engine_family *f, unsigned scan)
{
	uint32_t at = f->clock_hand, i;

	for (i = 0; i < scan && at + i < f->table.high; i++)
		flow_prefetch_whole(&f->table, at + i);
}

/* Those that may go, of some places in a row. */
struct candidates {
	uint32_t index[PRESSURE_MAX];
	uint8_t rank[PRESSURE_MAX];
	unsigned count;
	unsigned lowest; /* of the ranks */
};

/* Remove those of the least rank, at most so many. */
static void
evict_some(struct engine *e, struct engine_family *f, const struct candidates *c,
	   unsigned max)
{
	uint32_t index[PRESSURE_BATCH];
	uint64_t hash[PRESSURE_BATCH];
	unsigned n = 0, i;

	for (i = 0; i < c->count && n < max; i++) {
		if (c->rank[i] != c->lowest)
			continue;
		index[n] = c->index[i];
		hash[n++] = flow_prefetch_primary(&f->table, c->index[i]);
	}
	for (i = 0; i < n; i++)
		connection_remove_hashed(e, f, index[i], hash[i]);
	e->stats.evicted += n;
}

/*
 * Remove the least of `look` places from the hand on, or of more, up to `most`, if none
 * of them may go; of equals at most `together`. Returns the places looked at in vain: 0,
 * room was made.
 */
static unsigned
evict_lowest(struct engine *e, struct engine_family *f, unsigned scan, unsigned max,
	     unsigned limit, unsigned batch)
{
	struct candidates c;
	unsigned rank, i;
	uint32_t index;

	/* nobody twice */
	scan = RTE_MIN(scan, f->table.high);
	max = RTE_MIN(max, f->table.high);
	c.count = 0;
	c.lowest = limit + 1;
	for (i = 0; i < scan || (i < max && c.count == 0); i++) {
		index = hand_next(f);
		if (index == FLOW_NONE)
			continue;
		rank = eviction_of(e, f, index);
		if (rank > limit)
			continue;
		c.index[c.count] = index;
		c.rank[c.count++] = (uint8_t)rank;
		c.lowest = RTE_MIN(c.lowest, rank);
	}
	evict_some(e, f, &c, batch);
	hand_prefetch(f, scan);
	return c.count == 0 ? i : 0;
}

void
pressure_relieve(struct engine *e, struct engine_family *f)
{
	if (likely(f->table.count < f->high_watermark))
		return;
	/* pressure_evict() takes the stale ones first as well */
	if (f->table.count + f->reserve < f->table.capacity)
		evict_lowest(e, f, PRESSURE_LOOK_EARLY, 0, TRACK_EVICT_STALE,
			     PRESSURE_LOOK_EARLY);
	else if (f->table.count < f->table.capacity)
		pressure_evict(e, f);
}

bool
pressure_evict(struct engine *e, struct engine_family *f)
{
	unsigned batch = RTE_MIN(PRESSURE_BATCH, f->table.capacity >> 10), scanned;

	/* a whole round in vain is not made twice a tick */
	if (f->fruitless >= f->table.high && f->fruitless_tick == e->now)
		return false;
	scanned = evict_lowest(e, f, PRESSURE_SCAN, PRESSURE_MAX, TRACK_EVICT_NEVER - 1,
			       RTE_MAX(batch, 1u));
	f->fruitless = scanned == 0 ? 0 : f->fruitless + scanned;
	f->fruitless_tick = e->now;
	return scanned == 0;
}

void
pressure_init(struct engine_family *f)
{
	f->high_watermark =
		(uint32_t)((uint64_t)f->table.capacity * PRESSURE_PERCENT / 100);
	if (f->table.capacity >= PRESSURE_LARGE)
		f->reserve = f->table.capacity / PRESSURE_MAX;
}
