/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `quota` statement: the rest of the rule is evaluated until that many bytes have
 * passed; with `over`, after that.
 */
#include "cell_stmt.h"

static int
quota_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	*count += 1;
	return cell_stmt_parse(r, stmts, STMT_QUOTA);
}

static bool
quota_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	return cell_stmt_compile(e, stmt, STMT_QUOTA);
}

int64_t
quota_eval(struct walk *w, const struct instr *instr)
{
	return cell_stmt_eval(w, instr);
}

const struct stmt_type quota_stmt = {
	.names = "quota",
	.effects = STMT_EACH,
	.parse = quota_parse,
	.print = cell_print,
	.compile = quota_compile,
	.eval = quota_eval,
};
