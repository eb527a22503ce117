/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over the tables, a part a call: list, delete, flush. A cursor holds the number of
 * the family in its upper 32 bits and the index of the next entry in the lower ones. No
 * packet is processed during a call, and a table may have a million empty entries before
 * the next connection: a call is bounded by the entries that it reads.
 */
#include "engine_internal.h"

#include <rte_common.h>

#define CURSOR_IPV6 (UINT64_C(1) << 32)

uint32_t
walk_next(const struct engine *e, uint64_t *cursor, unsigned *places)
{
	while (*cursor != ENGINE_CURSOR_END && *places > 0) {
		const struct engine_family *f = &e->family[*cursor >> 32];
		uint32_t from = (uint32_t)*cursor, end = f->exists ? f->table.high : 0;
		uint32_t until, index;

		if (from >= end) {
			*cursor = *cursor < CURSOR_IPV6 ? CURSOR_IPV6 : ENGINE_CURSOR_END;
			continue;
		}
		until = from + RTE_MIN(*places, end - from);
		index = flow_next(&f->table, from, until);
		if (index != FLOW_NONE)
			until = index + 1;
		*places -= until - from;
		*cursor += until - from;
		if (index != FLOW_NONE)
			return index;
	}
	return FLOW_NONE;
}

uint64_t
engine_cursor(const struct engine *e, uint8_t family, unsigned part, unsigned parts)
{
	const struct engine_family *f = &e->family[family == 4 ? 0 : 1];
	uint64_t high = f->exists ? f->table.high : 0;

	return (family == 4 ? 0 : CURSOR_IPV6) + high * part / parts;
}

unsigned
engine_list(const struct engine *e, uint64_t now_ns, uint64_t *cursor,
	    struct engine_view *views, unsigned n)
{
	unsigned filled = 0, places = ENGINE_WALK_PLACES;
	uint32_t index;

	while (filled < n && (index = walk_next(e, cursor, &places)) != FLOW_NONE)
		connection_view(e, &e->family[*cursor >> 32], index,
				ticks_from_ns(now_ns), &views[filled++]);
	return filled;
}

bool
engine_delete(struct engine *e, const struct flow_key *key, uint8_t family)
{
	struct engine_family *f = &e->family[family == 4 ? 0 : 1];
	uint32_t index;

	if (!f->exists)
		return false;
	index = flow_lookup(&f->table, key, flow_table_hash(&f->table, key));
	if (index == FLOW_NONE)
		return false;
	connection_remove(e, f, index);
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
		connection_remove(e, &e->family[*cursor >> 32], index);
	}
	return removed;
}
