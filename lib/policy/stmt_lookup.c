/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A match on a set that changes at run time (live.h). stmt_match.c reads the match, and
 * compiles it to this statement.
 */
#include "live_stmt.h"

static bool
lookup_test(struct walk *w, const struct ir_match *match)
{
	struct live_act act;
	u128 values[KEY_FIELDS_MAX];
	int64_t element;
	bool found;

	w->verdict->cacheable = false;
	if (!key_applies(&match->key, w->packet))
		return false;
	if (match->set->live->live->by_index) {
		element = match_find(match, w->packet);
		if (element == MATCH_BREAK)
			return false;
		found = element >= 0 && element_is_live(w, match->set, element);
	} else {
		act = walk_act(w, match->set->live);
		if (!key_values(&match->key, w->packet, values))
			return false;
		found = live_lookup(&act, values);
	}
	return (match->set->all || found) != match->negate;
}

int64_t
lookup_eval(struct walk *w, const struct instr *instr)
{
	return lookup_test(w, instr->match) ? walk_next(w, instr) : instr->next;
}

const struct stmt_type lookup_stmt = {
	.names = "",
	.effects = STMT_EACH,
	.eval = lookup_eval,
};
