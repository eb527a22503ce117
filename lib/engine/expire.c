/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timeouts. The wheel returns the connections whose timer is due. The tracker says
 * whether they have expired; a connection that has had packets since has not, and its
 * timer is armed again. A call handles a bounded number, so a mass expiry takes many
 * calls.
 */
#include <netinet/in.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <flow/lock.h>

#include "connection.h"
#include "engine_state.h"
#include "link.h"
#include "pkt.h"
#include "shared.h"
#include "timeouts.h"

/*
 * Handle the due timer of a connection. Returns true when the connection is to be
 * removed; otherwise the timer is armed again.
 */
static bool
timer_due(struct engine *e, struct engine_family *f, uint32_t index)
{
	const struct flow_conn *fc = flow_conn(&f->table, index);
	struct track_conn conn = family_conn(f, index);
	const struct track_config *config = connection_track(e, f, index);
	struct tcp_segment probe[2];
	enum track_timer what;

	what = track_timer(&conn, flow_id_proto(&fc->id), e->now, config, probe);
	if (what == TRACK_TIMER_EXPIRE)
		return true;
	conn.hot->flags |= TRACK_RELEARN(0) | TRACK_RELEARN(1);
	if (what == TRACK_TIMER_PROBE && !act_probe(e, f, index, probe) &&
	    tcp_probe_unsent(&conn, e->now, config))
		connection_arm_at(e, f, index, e->now + TICKS_PER_S);
	else
		connection_arm(e, f, index);
	return false;
}

/*
 * Lock connections until they have been removed or armed again, so that a program passes
 * no packet of a connection that has expired.
 */
static __rte_noinline void
lock_due(const struct engine_family *f, const uint32_t *due, unsigned n, uint32_t **lock)
{
	unsigned i;

	for (i = 0; i < n; i++)
		lock[i] = connection_lock(f, due[i]);
}

static __rte_noinline void
unlock_due(unsigned n, uint32_t *const *lock)
{
	unsigned i;

	for (i = 0; i < n; i++)
		flow_unlock(lock[i]);
}

static unsigned
family_expire(struct engine *e, struct engine_family *f, unsigned max)
{
	uint32_t due[ENGINE_EXPIRE_MAX], over[ENGINE_EXPIRE_MAX];
	const bool shared = f->table.shared;
	uint32_t *lock[ENGINE_EXPIRE_MAX];
	uint64_t hash[ENGINE_EXPIRE_MAX];
	unsigned done = 0, want, n, overs, i;

	while (f->exists && done < max) {
		want = RTE_MIN(max - done, ENGINE_EXPIRE_MAX);
		n = wheel_advance(&f->table.wheel, e->now, due, want);
		for (i = 0; i < n; i++)
			flow_prefetch_whole(&f->table, due[i]);
		if (unlikely(shared))
			lock_due(f, due, n, lock);
		for (i = 0, overs = 0; i < n; i++) {
			if (!timer_due(e, f, due[i]))
				continue;
			hash[overs] = flow_prefetch_primary(&f->table, due[i]);
			over[overs++] = due[i];
		}
		for (i = 0; i < overs; i++)
			connection_remove_hashed(e, f, over[i], hash[i], CONN_END_NONE);
		if (unlikely(shared))
			unlock_due(n, lock);
		done += n;
		if (n < want)
			break;
	}
	return done;
}

/*
 * Part of GENERATION_FLUSHING: clear the generation of a number of connections. Meanwhile
 * no connection stores one, so one pass over the tables is enough.
 */
static void
forget_some(struct engine *e)
{
	unsigned places = GENERATION_FLUSH_PLACES;
	uint32_t index;

	while ((index = walk_next(e, &e->forget_cursor, &places)) != FLOW_NONE)
		e->family[e->forget_cursor >> 32].generation[index] = 0;
	if (e->forget_cursor == ENGINE_CURSOR_END) {
		e->generation = 1;
		shared_rules(e);
	}
}

unsigned
engine_expire(struct engine *e, uint64_t now_ns, unsigned max)
{
	unsigned first = e->expire_v6_first ? 1 : 0, done;

	engine_advance(e, now_ns);
	if (e->generation == GENERATION_FLUSHING)
		forget_some(e);
	link_walk(e);
	if (e->policy_state != NULL)
		policy_state_expire(e->policy_state, e->now_ns);
	e->expire_v6_first = !e->expire_v6_first;
	done = fragments_expire(e, max);
	done += family_expire(e, &e->family[first], max - done);
	return done + family_expire(e, &e->family[!first], max - done);
}

/* When the next timer of a family (i is 0 or 1) or of the fragments (i is 2) is due. */
static bool
source_next(const struct engine *e, unsigned i, uint32_t *at)
{
	if (i == 2)
		return e->fragments != NULL && fragment_next(e->fragments, at);
	return e->family[i].exists && wheel_next(&e->family[i].table.wheel, at);
}

bool
engine_next_ns(const struct engine *e, uint64_t *at_ns)
{
	uint32_t at, earliest = 0;
	bool any = false;
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (!source_next(e, i, &at))
			continue;
		if (ticks_reached(at, e->now))
			at = e->now;
		if (!any || at - e->now < earliest - e->now)
			earliest = at;
		any = true;
	}
	if (any && earliest == e->now)
		*at_ns = e->now_ns;
	else if (any)
		*at_ns = (e->now_ns / TICKS_NS + (earliest - e->now)) * TICKS_NS;
	return any;
}
