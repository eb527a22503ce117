/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `limit` statement: the rest of the rule is evaluated for packets within the rate;
 * with `over`, for packets above it.
 */
#include "cell_stmt.h"

static int
limit_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	return cell_stmt_parse(r, stmts, STMT_LIMIT);
}

static bool
limit_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	return cell_stmt_compile(e, stmt, STMT_LIMIT);
}

int64_t
limit_eval(struct walk *w, const struct instr *instr)
{
	return cell_stmt_eval(w, instr);
}

const struct stmt_type limit_stmt = {
	.names = "limit",
	.effects = STMT_EACH,
	.parse = limit_parse,
	.print = cell_print,
	.compile = limit_compile,
	.eval = limit_eval,
};
