/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `limit`, `quota` and `ct count` share: each uses a cell of its rule or of a named
 * object.
 */
#ifndef POLICY_CELL_STMT_H
#define POLICY_CELL_STMT_H

#include "stmt_table.h"

static inline int
cell_stmt_parse(struct stmt_reader *r, struct ir_stmt *stmt, enum stmt_kind kind)
{
	const char *name = r->ops->text(r, NULL);
	const struct ir_object *named;
	struct ir_object *object;
	int status;

	stmt->kind = (uint8_t)kind;
	if (name != NULL) {
		status = r->ops->cell(r, name, &named);
		if (status == 0)
			stmt->data = (void *)(uintptr_t)named; /* only read later */
		return status;
	}
	object = ir_object_add(r->ir, NULL);
	stmt->data = object;
	r->ir->counts_connections |= kind == STMT_CT_COUNT;
	return object != NULL ? cell_read(r, &object->cell) : r->ops->no_memory(r);
}

static inline bool
cell_stmt_compile(struct emitter *e, const struct ir_stmt *stmt, enum stmt_kind kind)
{
	emit(e, kind)->data = stmt->data;
	e->conditional = true;
	return true;
}

static inline int64_t
cell_stmt_eval(struct walk *w, const struct instr *instr)
{
	const struct ir_object *ir = instr->data;
	const struct object *object = state_object(w->state, ir->number);
	const struct cell_use use = {
		.length = w->packet->length,
		.conn = w->packet->conn,
		.take = !w->packet->dry_run,
		.now_ns = w->now_ns,
		.counted = w->state->group->counted[w->state->part],
		.pending = w->state->pending,
		.effects = &w->verdict->effects,
		.object = object,
	};
	struct cell_parts cells;

	w->verdict->cacheable = false;
	object_cells(object, w->state->part, &cells);
	return cell_eval(&ir->cell, &cells, &use) ? walk_next(w, instr) : instr->next;
}

#endif
