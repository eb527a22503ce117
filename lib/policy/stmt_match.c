/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A match: the rest of the rule is evaluated for packets whose key is (not) in the set.
 */
#include "match.h"
#include "sequence.h"

static int
match_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	stmts->kind = STMT_MATCH;
	return r->ops->match(r, &stmts->match);
}

static void
match_print(const struct stmt_reader *r, FILE *out)
{
	r->ops->print_match(r, out);
}

static bool
match_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	const struct ir_match *match = &stmt->match;

	if (match_is_never(match))
		return false;
	sequence_emit(e, &match->key);
	if (match->key.nfields > 0 && match->set->live != NULL) {
		emit(e, STMT_LOOKUP)->match = match;
		e->conditional = true;
		return true;
	}
	if (match_is_ct(match))
		return (match->set->all || match_find_ct(match, e->ct) >= 0) !=
		       match->negate;
	emit(e, STMT_MATCH)->match = match;
	e->conditional = true;
	return true;
}

static inline bool
match_test(struct walk *w, const struct ir_match *match)
{
	int64_t found;

	if (!key_applies(&match->key, w->packet))
		return false;
	if (match->key.nfields == 0)
		return true;
	if (match->key.per_packet)
		w->verdict->cacheable = false;
	found = match_find(match, w->packet);
	if (found == MATCH_BREAK)
		return false;
	return (match->set->all || found >= 0) != match->negate;
}

int64_t
match_eval(struct walk *w, const struct instr *instr)
{
	return match_test(w, instr->match) ? walk_next(w, instr) : instr->next;
}

const struct stmt_type match_stmt = {
	.names = "match",
	.effects = STMT_TEST | STMT_KEYED | STMT_PACKET,
	.parse = match_parse,
	.print = match_print,
	.compile = match_compile,
	.eval = match_eval,
};
