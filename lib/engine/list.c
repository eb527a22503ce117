/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables walked a piece at a time: listing, deleting, flushing. A cursor is the number
 * of the family above 32 bits of the next connection's index.
 */
#include "engine_internal.h"

unsigned
engine_list(const struct engine *e, uint64_t now_ns, uint64_t *cursor,
	    struct engine_view *views, unsigned n)
{
	uint32_t family = (uint32_t)(*cursor >> 32), from = (uint32_t)*cursor, index;
	unsigned filled = 0;

	while (filled < n && family < 2) {
		const struct engine_family *f = &e->family[family];

		index = f->exists ? flow_next(&f->table, from) : FLOW_NONE;
		if (index == FLOW_NONE) {
			family++;
			from = 0;
			continue;
		}
		connection_view(e, f, index, ticks_from_ns(now_ns), &views[filled++]);
		from = index + 1;
	}
	*cursor = family * (UINT64_C(1) << 32) + from;
	return filled;
}

bool
engine_delete(struct engine *e, const struct flow_key *key, uint8_t family)
{
	struct engine_family *f = &e->family[family == 4 ? 0 : 1];
	struct flow_key plain = *key;
	uint32_t index;

	if (!f->exists)
		return false;
	plain.id.generation = 0;
	index = flow_lookup(&f->table, &plain, flow_table_hash(&f->table, &plain));
	if (index == FLOW_NONE)
		return false;
	connection_remove(e, f, index);
	return true;
}

/* Remove some of a family, going on where the last call stopped: the gaps are walked once. */
static unsigned
family_flush(struct engine *e, struct engine_family *f, uint32_t *from, unsigned max)
{
	unsigned removed = 0;
	uint32_t index;

	while (f->exists && f->table.count != 0 && removed < max) {
		index = flow_next(&f->table, *from);
		if (index == FLOW_NONE) {
			*from = 0;
			continue;
		}
		connection_remove(e, f, index);
		removed++;
		*from = index + 1;
	}
	return removed;
}

unsigned
engine_flush(struct engine *e, unsigned max)
{
	unsigned removed = family_flush(e, &e->family[0], &e->flush_from[0], max);

	return removed + family_flush(e, &e->family[1], &e->flush_from[1], max - removed);
}
