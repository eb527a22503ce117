/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eviction from a table that is nearly full. Above 95 % each new connection scans a few
 * entries and evicts the lowest-ranked of the closed connections and stale SYNs among
 * them. When few free entries are left, it may evict any connection whose rank allows it.
 * A clock hand goes round the slab, so that all entries are scanned in turn at a bounded
 * cost for each new connection. The trackers rank connections (TIM-2); established ones
 * are never evicted.
 *
 * Established connections are often neighbours in the slab: the hand may pass thousands,
 * PRESSURE_MAX with each new connection, before it finds one to evict. Until then new
 * connections use the free entries. A large table therefore keeps 1 / PRESSURE_MAX of
 * its entries in reserve, which is enough for any number of such neighbours.
 */
#include <netinet/in.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <flow/lock.h>

#include "connection.h"
#include "engine_state.h"

#define PRESSURE_PERCENT 95u
#define PRESSURE_LOOK_EARLY 4u /* number of entries to scan for each new connection */
#define PRESSURE_SCAN 16u      /* the same, when few entries are free */
/* largest number of entries to scan until one can be evicted */
#define PRESSURE_MAX 256u
#define PRESSURE_LARGE 65536u
/*
 * In a large table, up to this many connections of equal rank are evicted together, so
 * that in a flood only one of eight new connections has to scan.
 */
#define PRESSURE_BATCH 8u

static unsigned
eviction_of(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	struct track_conn conn = family_conn(f, index);

	return track_eviction(&conn, flow_id_proto(&flow_conn(&f->table, index)->id),
			      e->now);
}

/* Advance the clock hand by one entry. Returns its connection, or FLOW_NONE. */
static uint32_t
hand_next(struct engine_family *f)
{
	uint32_t at = f->clock_hand < f->table.high ? f->clock_hand : 0;

	f->clock_hand = at + 1;
	return flow_next(&f->table, at, RTE_MIN(at + 1, f->table.high));
}

/* Prefetch the entries that the next scan reads. */
static void
hand_prefetch(const struct engine_family *f, unsigned scan)
{
	uint32_t at = f->clock_hand, i;

	for (i = 0; i < scan && at + i < f->table.high; i++)
		flow_prefetch_whole(&f->table, at + i);
}

/* The evictable connections that one scan has found. */
struct candidates {
	uint32_t index[PRESSURE_MAX];
	uint8_t rank[PRESSURE_MAX];
	unsigned count;
	unsigned lowest; /* lowest rank of them */
};

/* Remove at most max candidates, of the lowest rank. */
static void
evict_some(struct engine *e, struct engine_family *f, const struct candidates *c,
	   unsigned max)
{
	uint32_t index[PRESSURE_BATCH];
	uint64_t hash[PRESSURE_BATCH];
	unsigned n = 0, i;
	uint32_t *lock;

	for (i = 0; i < c->count && n < max; i++) {
		if (c->rank[i] != c->lowest)
			continue;
		index[n] = c->index[i];
		hash[n++] = flow_prefetch_primary(&f->table, c->index[i]);
	}
	for (i = 0; i < n; i++) {
		lock = flow_lock(&f->table, hash[i]);
		connection_remove_hashed(e, f, index[i], hash[i], CONN_END_EVICTED);
		flow_unlock(lock);
	}
	e->stats.evicted += n;
	if (n != 0)
		e->stats.evictions[c->lowest] += n;
}

/*
 * Scan `scan` entries from the clock hand on, and more, up to `max`, until one has a rank
 * of at most `limit`. Remove the ones with the lowest rank, at most `batch`. Returns 0
 * when some were removed, else the number of entries scanned.
 */
static unsigned
evict_lowest(struct engine *e, struct engine_family *f, unsigned scan, unsigned max,
	     unsigned limit, unsigned batch)
{
	struct candidates c;
	unsigned rank, i;
	uint32_t index;

	/* do not scan an entry twice when the table is smaller than that */
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
	/*
	 * Evict only closed connections and stale SYNs as long as the reserve of free
	 * entries is not touched. After that evict by rank; stale connections have the
	 * lowest ranks.
	 */
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

	/* after a full fruitless round, wait for the next tick */
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
