/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The beginning of a connection: it is put into its table, with room made for it where
 * the table is full; then, when a tracker has opened it, it gets its number, its timer
 * and its event.
 */
#include <rte_branch_prediction.h>

#include "engine_internal.h"

static bool
is_full(const struct engine_family *f)
{
	return !f->exists || f->table.count == f->table.capacity;
}

bool
connection_insert(struct pkt_ctx *s)
{
	if (s->f->exists) {
		pressure_relieve(s->e, s->f);
		s->index = flow_insert(&s->f->table, &s->p->key, s->hash);
		/* a congested index does not gain from an eviction elsewhere */
		if (unlikely(s->index == FLOW_NONE) && is_full(s->f) &&
		    pressure_evict(s->e, s->f))
			s->index = flow_insert(&s->f->table, &s->p->key, s->hash);
	}
	if (s->index == FLOW_NONE) {
		pkt_drop(s, is_full(s->f) ? REASON_TABLE_FULL : REASON_TABLE_CROWDED);
		return false;
	}
	s->f->changed |= CHANGED_INSERTED;
	return true;
}

void
connection_opened(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct flow_conn *conn = flow_conn(&s->f->table, s->index);
	struct flow_cold *cold = flow_cold(&s->f->table, conn);

	if (++e->next_id == 0) /* 0 says that an entry is not in use */
		e->next_id = 1;
	cold->track.id = e->next_id;
	cold->track.rule = s->rules.rule;
	arrays_open(s);
	verdict_cache_store(s);
	connection_arm(e, s->f, s->index);
	e->stats.created++;
	connection_event(e, s->f, s->index, ENGINE_EVENT_NEW);
}
