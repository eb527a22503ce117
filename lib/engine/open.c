/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Creation of a connection. It is inserted into its table; when the table is full,
 * another one is evicted. After a tracker has opened it, it gets its number, its timer
 * and its event.
 */
#include <rte_branch_prediction.h>

#include "connection.h"
#include "engine_state.h"
#include "pkt.h"
#include "rules.h"

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
		/*
		 * When the buckets of this key are full though the table is not, evicting
		 * connections in other buckets does not help.
		 */
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
	struct flow_meta *meta = connection_meta(s->f, s->index);

	if (++e->next_id == 0) /* 0 marks a free entry */
		e->next_id = 1;
	meta->id = e->next_id;
	meta->rule = s->rules.rule;
	if (unlikely(s->rules.effects.counts > 0))
		policy_connection_opened(e->policy_state, meta->id,
					 s->rules.effects.counts);
	arrays_open(s);
	verdict_cache_store(s);
	connection_arm(e, s->f, s->index);
	e->stats.created++;
	connection_event(e, s->f, s->index, CONN_EVENT_NEW);
}
