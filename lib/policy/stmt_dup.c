/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `dup` statement: a copy of the packet leaves by a mirror port, and the evaluation
 * goes on. The copy is made when the statement is reached, so it has what earlier
 * statements have rewritten, and nothing of what later ones rewrite.
 *
 * The next hop that nft wants before `device` has no meaning: the copy is the frame as it
 * is, with its link layer.
 */
#include "stmt_table.h"

static int
dup_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	const char *device = r->ops->text(r, "dev");

	if (device == NULL)
		return r->ops->fail(r, "'dup' needs the name of a port, since sluice has "
				       "no routes to a next hop; name one that is in no "
				       "wire: dup to ADDRESS device \"NAME\"");
	/* a map without an element for the packet would end the rule */
	if (r->ops->text(r, "addr") == NULL)
		return r->ops->fail(r, "the next hop of 'dup' is not used, so it may not "
				       "depend on the packet; give one address: dup to "
				       "ADDRESS device \"NAME\"");
	*count += 1;
	stmts->kind = STMT_DUP;
	r->ir->needs |= POLICY_NEEDS_COPY;
	return r->ops->mirror(r, device, &stmts->number);
}

static void
dup_print(const struct stmt_reader *r, FILE *out)
{
	fputs("dup to ", out);
	r->ops->print(r, "addr", out);
	if (r->ops->text(r, "dev") != NULL)
		fprintf(out, " device \"%s\"", r->ops->text(r, "dev"));
}

static bool
dup_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	emit(e, STMT_DUP)->number = stmt->number;
	return true;
}

int64_t
dup_eval(struct walk *w, const struct instr *instr)
{
	const struct policy_extra *extra = w->packet->extra;

	w->verdict->cacheable = false;
	if (!w->packet->dry_run && extra != NULL && extra->copy != NULL)
		extra->copy(extra->copy_context, (uint16_t)instr->number);
	return walk_next(w, instr);
}

const struct stmt_type dup_stmt = {
	.names = "dup",
	.effects = STMT_EACH,
	.parse = dup_parse,
	.print = dup_print,
	.compile = dup_compile,
	.eval = dup_eval,
};
