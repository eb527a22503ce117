/* SPDX-License-Identifier: BSD-3-Clause */
/* List, delete and flush, for other threads: they walk over the tables (walk.c). */
#include "connection.h"
#include "engine_state.h"
#include "pkt.h"

#include <netinet/in.h>

unsigned
engine_list(const struct engine *e, uint64_t now_ns, uint64_t *cursor,
	    struct conn_view *views, unsigned n)
{
	unsigned filled = 0, places = ENGINE_WALK_PLACES;
	uint32_t index;

	while (filled < n && (index = walk_next(e, cursor, &places)) != FLOW_NONE)
		connection_view(e, &e->family[*cursor >> 32], index,
				ticks_from_ns(now_ns), &views[filled++]);
	return filled;
}

bool
engine_delete(struct engine *e, const struct flow_key *key, uint8_t family, bool reset,
	      enum conn_end end)
{
	struct engine_family *f = &e->family[family == 4 ? 0 : 1];
	uint32_t index;

	if (!f->exists)
		return false;
	index = flow_lookup(&f->table, key, flow_table_hash(&f->table, key));
	if (index == FLOW_NONE)
		return false;
	/* audit mode answers nothing */
	if (reset && !e->config.audit && flow_id_proto(&key->id) == IPPROTO_TCP)
		act_resets(e, f, index);
	connection_remove(e, f, index, end);
	return true;
}

unsigned
engine_flush(struct engine *e, uint64_t *cursor, unsigned max)
{
	unsigned removed = 0, places = ENGINE_WALK_PLACES;
	uint32_t index;

	for (; removed < max; removed++) {
		index = walk_next(e, cursor, &places);
		if (index == FLOW_NONE)
			break;
		connection_remove(e, &e->family[*cursor >> 32], index, CONN_END_FLUSHED);
	}
	return removed;
}
