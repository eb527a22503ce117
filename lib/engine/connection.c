/* SPDX-License-Identifier: BSD-3-Clause */
/* Existing connections: timer, removal, views and events. open.c creates connections. */
#include <netinet/in.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include <base/reason.h>
#include <flow/lock.h>

#include "connection.h"
#include "engine_state.h"
#include "timeouts.h"

/* Why a connection ends that has expired. */
static enum conn_end
end_of(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	const struct track_conn tc = family_conn(f, index);

	return track_end(&tc, flow_id_proto(&flow_conn(&f->table, index)->id),
			 connection_track(e, f, index));
}

/* As connection_event(); end as in connection_remove(). */
static void
event_put(struct engine *e, const struct engine_family *f, uint32_t index,
	  enum conn_event_kind kind, enum conn_end end)
{
	struct conn_event event;

	if (!e->watched)
		return;
	if (e->counts_states)
		states_note(e, f, index, kind);
	if (e->events == NULL)
		return;
	memset(&event, 0, sizeof(event));
	event.at_ns = e->now_ns;
	event.kind = (uint8_t)kind;
	if (kind == CONN_EVENT_DESTROY)
		event.end = (uint8_t)(end != CONN_END_NONE ? end : end_of(e, f, index));
	connection_view(e, f, index, e->now, &event.view);
	if (rte_ring_sp_enqueue_elem(e->events, &event, sizeof(event)) != 0 &&
	    e->events_lost != NULL)
		(*e->events_lost)++;
}

void
connection_arm(struct engine *e, struct engine_family *f, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	struct track_conn tc = family_conn(f, index);

	connection_arm_at(e, f, index,
			  track_wakeup(&tc, flow_id_proto(&conn->id),
				       connection_track(e, f, index), e->now));
}

void
connection_arm_at(struct engine *e, struct engine_family *f, uint32_t index, uint32_t at)
{
	/*
	 * at the next tick at the earliest: a caller that repeats until no timer is due
	 * must come to an end
	 */
	if (ticks_reached(at, e->now))
		at = e->now + 1;
	wheel_disarm(&f->table.wheel, index);
	wheel_arm(&f->table.wheel, index, at);
}

/* Tell the rules that a connection is removed which they count, or set time-outs of. */
static __rte_noinline void
removal_note(struct engine *e, struct engine_family *f, uint32_t index)
{
	if (e->counts_connections)
		policy_connection_closed(e->policy_state, connection_meta(f, index)->id);
	if (f->timeout != NULL)
		timeouts_close(e, f, index);
}

void
connection_remove(struct engine *e, struct engine_family *f, uint32_t index,
		  enum conn_end end)
{
	uint64_t hash = flow_hash_of(&f->table, index);
	uint32_t *lock = flow_lock(&f->table, hash);

	connection_remove_hashed(e, f, index, hash, end);
	flow_unlock(lock);
}

void
connection_remove_hashed(struct engine *e, struct engine_family *f, uint32_t index,
			 uint64_t hash, enum conn_end end)
{
	event_put(e, f, index, CONN_EVENT_DESTROY, end);
	if (unlikely(e->notes_removals))
		removal_note(e, f, index);
	flow_l2_drop(e->l2, connection_meta(f, index)->l2);
	flow_remove_hashed(&f->table, index, hash);
	f->changed |= CHANGED_REMOVED;
	e->stats.removed++;
}

void
connection_view(const struct engine *e, const struct engine_family *f, uint32_t index,
		uint32_t now, struct conn_view *view)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	const struct flow_meta *meta = connection_meta(f, index);
	const struct track_conn tc = family_conn(f, index);
	const uint8_t proto = flow_id_proto(&conn->id);
	uint32_t deadline;
	uint8_t x;

	memset(view, 0, sizeof(*view));
	flow_key_of(&f->table, index, &view->key);
	view->family = f->table.family;
	view->orig = tc.hot->flags & TRACK_ORIG ? 1 : 0;
	view->replied = (tc.hot->flags & TRACK_REPLIED) != 0;
	view->assured = (tc.hot->flags & TRACK_ASSURED) != 0;
	view->asymmetric = (tc.cold->flags & COLD_ASYMMETRIC) != 0;
	view->has_states = track_state(&tc, proto, view->state);
	view->rule = meta->rule;
	view->id = meta->id;
	view->mark = f->mark != NULL ? f->mark[index] : 0;
	view->age_ms = ticks_since(tc.cold->t0, now);
	/* the program of a wire with XDP may have written a tick after `now` */
	if (ticks_reached(tc.hot->last, now))
		view->idle_ms = ticks_since(tc.hot->last, now);
	for (x = 0; x < 2; x++) {
		view->packets[x] = f->acct != NULL ? f->acct[index].packets[x] : 0;
		view->bytes[x] = f->acct != NULL ? f->acct[index].bytes[x] : 0;
		view->dropped[x] = f->acct != NULL ? f->dropped[index].packets[x] : 0;
	}
	view->drop_reason = f->acct != NULL ? f->dropped[index].reason : REASON_NONE;
	deadline = track_deadline(&tc, proto, connection_track(e, f, index));
	view->left_ms = ticks_reached(deadline, now) ? 0 : deadline - now;
}

void
connection_event(struct engine *e, const struct engine_family *f, uint32_t index,
		 enum conn_event_kind kind)
{
	event_put(e, f, index, kind, CONN_END_NONE);
}
