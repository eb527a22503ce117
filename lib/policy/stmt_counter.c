/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The `counter` statement. An unnamed counter belongs to its rule; `counter name "x"` is
 * shared by all rules of the table that name it. A counter starts at the values that the
 * rules list. It is printed without values.
 */
#include "stmt_table.h"

static int
counter_parse(struct stmt_reader *r, struct ir_stmt *stmts, uint32_t *count)
{
	const char *name = r->ops->text(r, NULL);
	struct ir_counter *counter;

	*count += 1;
	stmts->kind = STMT_COUNTER;
	if (name != NULL)
		return r->ops->object(r, "counter", name, &stmts->number);
	if (r->ops->number(r, "packets") == 0 && r->ops->number(r, "bytes") == 0) {
		stmts->number = r->ir->ncounters++;
		return 0;
	}
	counter = ir_counter_add(r->ir, NULL);
	if (counter == NULL)
		return r->ops->no_memory(r);
	counter->initial.packets = r->ops->number(r, "packets");
	counter->initial.bytes = r->ops->number(r, "bytes");
	stmts->number = counter->number;
	return 0;
}

static void
counter_print(const struct stmt_reader *r, FILE *out)
{
	const char *name = r->ops->text(r, NULL);

	if (name != NULL)
		fprintf(out, "counter name \"%s\"", name);
	else
		fputs("counter", out);
}

static bool
counter_compile(struct emitter *e, const struct ir_stmt *stmt)
{
	emit(e, STMT_COUNTER)->number = stmt->number;
	return true;
}

int64_t
counter_eval(struct walk *w, const struct instr *instr)
{
	struct policy_counter *counter;

	if (!w->packet->dry_run) {
		counter = &w->state->counter[instr->number];
		counter->packets++;
		counter->bytes += w->packet->length;
	}
	w->verdict->cacheable = false;
	return walk_next(w, instr);
}

const struct stmt_type counter_stmt = {
	.names = "counter",
	.effects = STMT_COUNTS,
	.parse = counter_parse,
	.print = counter_print,
	.compile = counter_compile,
	.eval = counter_eval,
};
