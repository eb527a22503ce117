/* SPDX-License-Identifier: BSD-3-Clause */
/* The statements accept, drop, continue, jump, goto and return. */
#include "stmt_table.h"

static int
verdict_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	stmts->kind = STMT_VERDICT;
	return r->ops->verdict(r, &stmts->verdict);
}

static void
verdict_print(const struct stmt_reader *r, FILE *out)
{
	const char *target = r->ops->text(r, "target");

	fprintf(out, "%s%s%s", r->name, target != NULL ? " " : "",
		target != NULL ? target : "");
}

static int
verdict_verdicts(const struct ir_stmt *stmt, stmt_visit_fn *visit, void *arg)
{
	return visit(arg, &stmt->verdict);
}

static bool
verdict_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	return emit_verdict(e, STMT_VERDICT, &stmt->verdict);
}

int64_t
verdict_eval(struct walk *w, const struct instr *instr)
{
	return walk_verdict(w, &instr->verdict, instr);
}

const struct stmt_type verdict_stmt = {
	.names = "accept drop continue jump goto return",
	.effects = STMT_DECIDES,
	.parse = verdict_parse,
	.print = verdict_print,
	.verdicts = verdict_verdicts,
	.compile = verdict_compile,
	.eval = verdict_eval,
};
