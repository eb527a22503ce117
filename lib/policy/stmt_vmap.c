/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A verdict map: gives the verdict of the element that contains the packet's key. Without
 * such an element the rest of the rule is evaluated.
 */
#include "match.h"
#include "sequence.h"

static int
vmap_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	stmts->kind = STMT_VMAP;
	return r->ops->map(r, &stmts->match);
}

static void
vmap_print(const struct stmt_reader *r, FILE *out)
{
	r->ops->print_map(r, out);
}

static int
vmap_verdicts(const struct ir_stmt *stmt, stmt_visit_fn *visit, void *arg)
{
	const struct ir_set *set = stmt->match.set;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < set->count && ret >= 0; i++)
		ret = visit(arg, &set->verdicts[i]);
	if (ret >= 0 && set->all)
		ret = visit(arg, &set->otherwise);
	return ret;
}

/* The verdict of an element, or of the element `*`. NULL: neither exists. */
static inline const struct ir_verdict *
element_verdict(const struct ir_set *set, int64_t element)
{
	if (element >= 0)
		return &set->verdicts[element];
	return set->all ? &set->otherwise : NULL;
}

static bool
vmap_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	const struct ir_match *map = &stmt->match;
	const struct ir_verdict *verdict;

	if (match_is_never(map))
		return false;
	sequence_emit(e, &map->key);
	if (map->key.nfields > 0 && map->set->live != NULL) {
		emit(e, STMT_LOOKUP_MAP)->match = map;
		e->conditional = true;
		return true;
	}
	if (match_is_ct(map)) {
		verdict = element_verdict(map->set, match_find_ct(map, e->ct));
		return verdict != NULL && emit_verdict(e, STMT_VERDICT, verdict);
	}
	emit(e, STMT_VMAP)->match = map;
	e->conditional = true;
	return true;
}

int64_t
vmap_eval(struct walk *w, const struct instr *instr)
{
	const struct ir_match *map = instr->match;
	const struct ir_verdict *verdict;
	int64_t found;

	if (!key_applies(&map->key, w->packet))
		return instr->next;
	if (map->key.per_packet)
		w->verdict->cacheable = false;
	found = match_find(map, w->packet);
	if (found == MATCH_BREAK)
		return instr->next;
	verdict = element_verdict(map->set, found);
	return verdict != NULL ? walk_verdict(w, verdict, instr) : instr->next;
}

const struct stmt_type vmap_stmt = {
	.names = "vmap",
	.effects = STMT_KEYED | STMT_PACKET | STMT_DECIDES,
	.parse = vmap_parse,
	.print = vmap_print,
	.verdicts = vmap_verdicts,
	.compile = vmap_compile,
	.eval = vmap_eval,
};
