/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `ct timeout set` statement: the connection that this packet opens gets the
 * time-outs of a named object. As in the kernel, a packet of another protocol and one of
 * an existing connection are left alone.
 */
#include "stmt_table.h"

static int
ct_timeout_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	const char *name = r->ops->text(r, NULL);

	if (name == NULL)
		return r->ops->fail(r, "'ct timeout set' needs the name of one object, "
				       "not a map; use a rule for each object");
	*count += 1;
	stmts->kind = STMT_CT_TIMEOUT;
	r->ir->needs |= POLICY_NEEDS_TIMEOUT;
	return r->ops->timeout(r, name, &stmts->number);
}

static void
ct_timeout_print(const struct stmt_reader *r, FILE *out)
{
	fputs("ct timeout set \"", out);
	r->ops->print(r, NULL, out);
	fputc('"', out);
}

static bool
ct_timeout_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	if (e->ct == POLICY_CT_NEW)
		emit(e, STMT_CT_TIMEOUT)->number = stmt->number;
	return true;
}

int64_t
ct_timeout_eval(struct walk *w, const struct instr *instr)
{
	if (policy_timeout(w->policy, instr->number)->proto == w->packet->proto)
		w->verdict->effects.timeout = (uint8_t)instr->number;
	return walk_next(w, instr);
}

const struct stmt_type ct_timeout_stmt = {
	.names = "ct timeout",
	.effects = STMT_PACKET,
	.parse = ct_timeout_parse,
	.print = ct_timeout_print,
	.compile = ct_timeout_compile,
	.eval = ct_timeout_eval,
};
