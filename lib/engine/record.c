/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fills the records for the caller of engine_burst(): sluice-replay and tests use them.
 */
#include "engine_state.h"
#include "pkt.h"

static bool
is_dropped_by_rules(const struct pkt_ctx *s)
{
	return s->r.reason == REASON_POLICY_DROP || s->r.reason == REASON_POLICY_REJECT;
}

void
pkt_record(const struct pkt_ctx *s, struct engine_record *record)
{
	const struct flow_conn *fc;
	struct track_conn conn;

	*record = (struct engine_record){
		.verdict = s->r.verdict,
		.reason = s->r.reason,
		.action = s->r.action,
		.held = s->r.verdict == VERDICT_HELD,
		.rule = is_dropped_by_rules(s) ? s->rules.rule : 0,
	};
	if (s->index == FLOW_NONE)
		return;
	fc = flow_conn(&s->f->table, s->index);
	conn = family_conn(s->f, s->index);
	record->has_conn = true;
	record->conn = connection_meta(s->f, s->index)->id;
	record->orig = conn.hot->flags & TRACK_ORIG ? 1 : 0;
	record->has_states = track_state(&conn, flow_id_proto(&fc->id), record->state);
	if (!is_dropped_by_rules(s))
		record->rule = connection_meta(s->f, s->index)->rule;
	if (record->has_states && s->r.verdict == VERDICT_DROP)
		tcp_numbers(&conn, &record->numbers); /* MODEL-2: they did not change */
}
