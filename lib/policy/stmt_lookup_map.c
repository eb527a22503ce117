/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A verdict map whose elements have timeouts or statements. stmt_vmap.c reads the map,
 * and compiles it to this statement.
 */
#include "live_stmt.h"

int64_t
lookup_map_eval(struct walk *w, const struct instr *instr)
{
	const struct ir_match *map = instr->match;
	int64_t element;

	w->verdict->cacheable = false;
	if (!key_applies(&map->key, w->packet))
		return instr->next;
	element = match_find(map, w->packet);
	if (element >= 0 && element_is_live(w, map->set, element))
		return walk_verdict(w, &map->set->verdicts[element], instr);
	if (map->set->all && element != MATCH_BREAK)
		return walk_verdict(w, &map->set->otherwise, instr);
	return instr->next;
}

const struct stmt_type lookup_map_stmt = {
	.names = "",
	.effects = STMT_EACH | STMT_DECIDES,
	.eval = lookup_map_eval,
};
