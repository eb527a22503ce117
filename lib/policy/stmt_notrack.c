/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet is to get no connection. Only a chain that is evaluated before tracking can
 * say so. Any other comes too late, as in the kernel: the packet has its connection
 * already.
 */
#include "stmt_table.h"

static int
notrack_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	(void)r;
	*count += 1;
	stmts->kind = STMT_NOTRACK;
	return 0;
}

static void
notrack_print(const struct stmt_reader *r, FILE *out)
{
	(void)r;
	fputs("notrack", out);
}

static bool
notrack_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	(void)stmt;
	if (e->ct == POLICY_CT_INVALID) /* the program of chains before tracking */
		emit(e, STMT_NOTRACK);
	return true;
}

int64_t
notrack_eval(struct walk *w, const struct instr *instr)
{
	if (w->raw)
		w->verdict->effects.untracked = true;
	return walk_next(w, instr);
}

const struct stmt_type notrack_stmt = {
	.names = "notrack",
	.effects = 0,
	.parse = notrack_parse,
	.print = notrack_print,
	.compile = notrack_compile,
	.eval = notrack_eval,
};
