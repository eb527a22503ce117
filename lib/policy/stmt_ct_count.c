/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `ct count` statement: the rest of the rule is evaluated while at most that many
 * connections exist; with `over`, while more exist.
 */
#include "cell_stmt.h"

static int
ct_count_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	return cell_stmt_parse(r, stmts, STMT_CT_COUNT);
}

static bool
ct_count_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	return cell_stmt_compile(e, stmt, STMT_CT_COUNT);
}

int64_t
ct_count_eval(struct walk *w, const struct instr *instr)
{
	return cell_stmt_eval(w, instr);
}

const struct stmt_type ct_count_stmt = {
	.names = "ct count",
	.effects = STMT_EACH,
	.parse = ct_count_parse,
	.print = cell_print,
	.compile = ct_count_compile,
	.eval = ct_count_eval,
};
