/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks over the tables in bounded steps. A cursor has the number of the family in its
 * upper 32 bits and the index of the next entry in the lower ones. While a call runs, no
 * packet is processed, and a table may have a million empty entries before the next
 * connection. So a call is bounded by the number of entries that it reads.
 */
#include <rte_common.h>

#include "connection.h"
#include "engine_state.h"

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
