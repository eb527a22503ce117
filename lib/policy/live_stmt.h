/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that all statements on sets that change at run time share. */
#ifndef POLICY_LIVE_STMT_H
#define POLICY_LIVE_STMT_H

#include "live.h"
#include "match.h"
#include "stmt_table.h"

static inline struct live_act
walk_act(const struct walk *w, const struct ir_object *object)
{
	return (struct live_act){
		.live = object->live,
		.object = state_object(w->state, object->number),
		.part = w->state->part,
		.now_ns = w->now_ns,
		.dry_run = w->packet->dry_run,
		.counted = w->state->group->counted[w->state->part],
		.pending = w->state->pending,
		.effects = &w->verdict->effects,
		.length = w->packet->length,
		.conn = w->packet->conn,
	};
}

/* Whether the element that match_find() has found is still in the set. */
static inline bool
element_is_live(const struct walk *w, const struct ir_set *set, int64_t element)
{
	const struct live_act act = walk_act(w, set->live);
	const u128 index = (u128)element;

	return live_lookup(&act, &index);
}

#endif
