/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of connections that a BPF program shares with the engine: locks, and what the
 * program needs to know of the rules.
 */
#ifndef ENGINE_SHARED_H
#define ENGINE_SHARED_H

#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include <flow/lock.h>
#include <flow/table.h>

#include "pkt.h"

/*
 * Fill e->config.shared, if there is one, except for the rules: shared_rules(). The
 * engine has engine_bytes() bytes.
 */
void shared_init(struct engine *e, size_t bytes);

/* Tell programs that the rules are about to be replaced, and that they have been. */
void shared_rules_begin(struct engine *e);
void shared_rules(struct engine *e);

/* pkt_lock() for a shared table. */
void shared_lock(struct pkt_ctx *s, uint64_t hash);

/*
 * Lock the connections with this hash, of family s->f, until pkt_unlock(). s->index is
 * the connection or FLOW_NONE. If a program has passed a packet of it at a later time
 * than the engine's, the engine's time advances to that.
 */
static inline void
pkt_lock(struct pkt_ctx *s, uint64_t hash)
{
	if (unlikely(s->f->table.shared))
		shared_lock(s, hash);
}

static inline void
pkt_unlock(struct engine *e)
{
	flow_unlock(e->lock);
	e->lock = NULL;
}

/*
 * Lock a connection of which the caller has only the index, not the hash. The caller
 * gives the result to flow_unlock().
 */
static inline uint32_t *
connection_lock(const struct engine_family *f, uint32_t index)
{
	if (likely(!f->table.shared))
		return NULL;
	return flow_lock(&f->table, flow_hash_of(&f->table, index));
}

#endif
