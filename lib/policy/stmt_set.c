/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements that add, update and delete an element of a set, and meters. The packet's
 * key is the element. With statements such as `limit`, the rest of the rule is evaluated
 * for packets that match these.
 */
#include <string.h>

#include "live_stmt.h"
#include "sequence.h"

struct set_stmt {
	const struct ir_object *object;
	struct ir_key key;
	uint64_t timeout_ns; /* 0: that of the set */
	bool cells;          /* a new element gets the set's statements */
	enum live_op op;
};

static int
op_read(struct stmt_reader *r, enum live_op *op)
{
	static const char *const names[] = {"add", "update", "delete"};
	const char *name = r->ops->text(r, "op");
	unsigned i;

	if (strcmp(r->name, "meter") == 0)
		name = "update";
	for (i = 0; name != NULL && i < 3; i++) {
		if (strcmp(names[i], name) == 0) {
			*op = (enum live_op)i;
			return 0;
		}
	}
	return r->ops->fail(r,
			    "'%s' is not an operation on a set; expected add, update "
			    "or delete",
			    name != NULL ? name : "");
}

static int
set_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	struct set_stmt *set = arena_take(&r->ir->arena, 1, sizeof(*set));
	int ret;

	*count += 1;
	stmts->kind = STMT_SET;
	stmts->data = set;
	if (set == NULL)
		return r->ops->no_memory(r);
	ret = op_read(r, &set->op);
	if (ret == 0)
		ret = r->ops->set(r, &set->key, &set->object, &set->timeout_ns,
				  &set->cells);
	return ret;
}

static void
set_print(const struct stmt_reader *r, FILE *out)
{
	r->ops->print_set(r, out);
}

static bool
set_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	const struct set_stmt *set = stmt->data;

	if (set->key.never)
		return false;
	sequence_emit(e, &set->key);
	emit(e, STMT_SET)->data = set;
	e->conditional = true;
	return true;
}

int64_t
set_eval(struct walk *w, const struct instr *instr)
{
	const struct set_stmt *set = instr->data;
	const struct live_act act = walk_act(w, set->object);
	u128 values[KEY_FIELDS_MAX];

	w->verdict->cacheable = false;
	if (!key_applies(&set->key, w->packet) ||
	    !key_values(&set->key, w->packet, values))
		return instr->next;
	return live_change(&act, set->op, values, set->timeout_ns, set->cells)
		       ? walk_next(w, instr)
		       : instr->next;
}

const struct stmt_type set_stmt = {
	.names = "set meter",
	.effects = STMT_EACH,
	.parse = set_parse,
	.print = set_print,
	.compile = set_compile,
	.eval = set_eval,
};
