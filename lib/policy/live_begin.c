/* SPDX-License-Identifier: BSD-3-Clause */
/* Allocates a set, and adds its elements at the start and after a reload. */
#include "live_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
table_shape(struct live_table *table, const struct ir_live *live)
{
	unsigned i;

	*table = (struct live_table){
		.nfields = live->by_index ? 1 : live->nfields,
		.wide = live->by_index ? 0 : live->wide,
		.ncells = (uint8_t)live->ncells,
		.by_index = live->by_index,
		.size = live->size,
	};
	for (i = 0; i < live->ncells; i++)
		table->cell_type[i] = live->cell[i].type;
	table->nwords =
		(uint8_t)(table->nfields + (unsigned)__builtin_popcount(table->wide));
	/*
	 * more slots than elements: a part also has slots for elements that other parts
	 * added, and expired elements keep theirs until they are swept
	 */
	table->slots = table->size + table->size / 8 + 64;
	table->slot_bytes = sizeof(struct live_slot) + table->nwords * sizeof(uint64_t) +
			    live->ncells * sizeof(union cell);
	if (table->slot_bytes < LIVE_LINE) /* a slot is then in one line */
		table->slot_bytes = LIVE_LINE;
}

bool
live_same_shape(const struct object *object, const struct ir_live *live)
{
	const struct live_table *old = object->table;
	struct live_table shape;

	table_shape(&shape, live);
	if (shape.by_index || old == NULL)
		return false;
	return shape.nfields == old->nfields && shape.wide == old->wide &&
	       shape.ncells == old->ncells && shape.by_index == old->by_index &&
	       shape.size == old->size &&
	       memcmp(shape.cell_type, old->cell_type, sizeof(shape.cell_type)) == 0;
}

int
live_init(struct object *object, const struct ir_live *live)
{
	unsigned i;
	int ret = 0;

	object->table = calloc(1, sizeof(*object->table));
	if (object->table == NULL)
		return -ENOMEM;
	table_shape(object->table, live);
	arc4random_buf(object->table->seed, sizeof(object->table->seed));
	object->table->seed[1] |= 1;
	for (i = 0; i < object->parts && ret == 0; i++)
		ret = live_part_init(object->table, live_part(object, i));
	return ret;
}

void
live_free(struct object *object)
{
	unsigned i;

	for (i = 0; object->part != NULL && i < object->parts; i++)
		live_part_free(live_part(object, i));
	free(object->table);
}

/*
 * Add an element that the rules list, and mark its newest slot with the number of this
 * listing.
 */
static int
element_list(struct live_act *act, const struct ir_element *element, uint32_t listing)
{
	struct live_part *part = live_part(act->object, act->part);
	const struct live_table *table = act->object->table;
	uint64_t words[LIVE_WORDS_MAX], timeout_ns = element->timeout_ns;
	struct live_view view;
	struct live_slot *slot;
	uint32_t hash;

	if (timeout_ns == 0)
		timeout_ns = act->live->timeout_ns;
	if (!live_change(act, LIVE_ADD, element->value, timeout_ns, element->cells))
		return -ENOSPC;
	live_words(table, element->value, words);
	hash = live_hash(table, words);
	live_view_find(act->object, act->part, hash, words, &view);
	slot = live_own_slot(act, hash, words, &view);
	if (slot == NULL)
		return -ENOSPC;
	live_change_begin(part);
	slot->stamp = view.newest->stamp + 1;
	if (slot->listed == 0 && timeout_ns != 0 && act->now_ns == 0) {
		slot->relative = true;
		slot->expires_ns = timeout_ns;
	}
	if (slot->listed == 0 && element->cells &&
	    act->live->cell[0].type == CELL_COUNTER)
		live_cell(table, slot, 0)->counter = element->counter;
	slot->listed = listing;
	live_change_end(part);
	return 0;
}

/*
 * Delete the elements of a part that the previous rules listed and the new ones do not.
 */
static void
unlisted_delete(const struct live_act *act, unsigned from, uint32_t listing)
{
	const struct live_table *table = act->object->table;
	const struct live_part *part = live_part(act->object, from);
	struct live_slot *slot;
	struct live_view view;
	u128 values[KEY_FIELDS_MAX];
	uint32_t i;

	for (i = 0; i < part->taken; i++) {
		slot = live_part_slot(table, part, i);
		if (!slot->used || slot->listed == 0 || slot->listed >= listing)
			continue;
		live_view_find(act->object, act->part, slot->hash, slot->word, &view);
		if (view.newest == NULL || view.newest->listed == 0 ||
		    view.newest->listed >= listing)
			continue;
		live_values(table, slot->word, values);
		live_change(act, LIVE_DELETE, values, 0, false);
	}
}

int
live_list_begin(struct object *object, const struct ir_live *live, unsigned part,
		uint64_t now_ns)
{
	struct live_act act = {
		.live = live,
		.object = object,
		.part = part,
		.now_ns = now_ns,
	};
	uint32_t i, listing = ++object->listings;
	unsigned from;
	int ret = 0;

	for (i = 0; i < live->nelements && ret == 0; i++)
		ret = element_list(&act, &live->elements[i], listing);
	for (from = 0; listing > 1 && from < object->parts; from++)
		unlisted_delete(&act, from, listing);
	return ret;
}
