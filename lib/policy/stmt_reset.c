/* SPDX-License-Identifier: BSD-3-Clause */
/* `reset tcp option NAME`: the option is overwritten with `nop`. */
#include <netinet/in.h>

#include "stmt_table.h"
#include "store.h"

static int
reset_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	struct ir_load *load = arena_take(&r->ir->arena, 1, sizeof(*load));

	if (load == NULL)
		return r->ops->no_memory(r);
	*count += 1;
	stmts->kind = STMT_RESET;
	stmts->data = load;
	return r->ops->reset(r, load);
}

static void
reset_print(const struct stmt_reader *r, FILE *out)
{
	fputs("reset ", out);
	r->ops->print(r, NULL, out);
}

static bool
reset_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	emit(e, STMT_RESET)->data = stmt->data;
	e->conditional = true;
	return true;
}

int64_t
reset_eval(struct walk *w, const struct instr *instr)
{
	if (w->packet->extra == NULL || !walk_applies(w, 0, IPPROTO_TCP))
		return instr->next;
	w->verdict->cacheable = false;
	w->verdict->effects.rewritten = true;
	store_nops(instr->data, w->packet);
	return walk_next(w, instr);
}

const struct stmt_type reset_stmt = {
	.names = "reset",
	.effects = STMT_PACKET,
	.parse = reset_parse,
	.print = reset_print,
	.compile = reset_compile,
	.eval = reset_eval,
};
