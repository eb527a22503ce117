/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection that exists: its timer, its end, and how it looks from outside (views,
 * events). open.c is its beginning.
 */
#include <netinet/in.h>
#include <string.h>

#include "engine_internal.h"

void
connection_arm(struct engine *e, struct engine_family *f, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
	struct track_conn tc = family_conn(f, index);

	connection_arm_at(e, f, index,
			  track_wakeup(&tc, flow_id_proto(&conn->id), &e->config.track,
				       e->now));
}

void
connection_arm_at(struct engine *e, struct engine_family *f, uint32_t index, uint32_t at)
{
	/* not at once again: a caller may go on until nothing is due */
	if (ticks_reached(at, e->now))
		at = e->now + 1;
	wheel_disarm(&f->table.wheel, index);
	wheel_arm(&f->table.wheel, index, at);
}

void
connection_remove(struct engine *e, struct engine_family *f, uint32_t index)
{
	connection_remove_hashed(e, f, index, flow_hash_of(&f->table, index));
}

void
connection_remove_hashed(struct engine *e, struct engine_family *f, uint32_t index,
			 uint64_t hash)
{
	const struct flow_cold *cold = flow_cold(&f->table, flow_conn(&f->table, index));

	connection_event(e, f, index, ENGINE_EVENT_DESTROY);
	flow_l2_drop(e->l2, cold->track.l2);
	flow_remove_hashed(&f->table, index, hash);
	f->changed |= CHANGED_REMOVED;
	e->stats.removed++;
}

void
connection_view(const struct engine *e, const struct engine_family *f, uint32_t index,
		uint32_t now, struct engine_view *view)
{
	const struct flow_conn *conn = flow_conn(&f->table, index);
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
	view->rule = tc.cold->rule;
	view->id = tc.cold->id;
	view->age_ms = ticks_since(tc.cold->t0, now);
	for (x = 0; x < 2; x++) {
		view->packets[x] = f->acct != NULL ? f->acct[index].packets[x] : 0;
		view->bytes[x] = f->acct != NULL ? f->acct[index].bytes[x] : 0;
	}
	deadline = track_deadline(&tc, proto, &e->config.track);
	view->left_ms = ticks_reached(deadline, now) ? 0 : deadline - now;
}

void
connection_event(struct engine *e, const struct engine_family *f, uint32_t index,
		 enum engine_event_kind kind)
{
	struct engine_event event;

	if (e->events == NULL)
		return;
	memset(&event, 0, sizeof(event));
	event.at_ns = e->now_ns;
	event.kind = (uint8_t)kind;
	connection_view(e, f, index, e->now, &event.view);
	if (rte_ring_sp_enqueue_elem(e->events, &event, sizeof(event)) != 0 &&
	    e->events_lost != NULL)
		(*e->events_lost)++;
}
