/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of a packet, for the caller of engine_burst(): replay and tests ask for it.
 */
#include "engine_internal.h"

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
	};
	if (s->index == FLOW_NONE)
		return;
	fc = flow_conn(&s->f->table, s->index);
	conn = family_conn(s->f, s->index);
	record->has_conn = true;
	record->conn = conn.cold->id;
	record->orig = conn.hot->flags & TRACK_ORIG ? 1 : 0;
	record->has_states = track_state(&conn, flow_id_proto(&fc->id), record->state);
}
