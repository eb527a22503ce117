/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sets as the control thread lists and changes them. It owns the last part of each
 * set (object.h). The caller holds the lock that serialises reloads.
 */
#include <errno.h>
#include <string.h>

#include <policy/sets.h>

#include "live_find.h"
#include "program.h"
#include "state.h"

static const struct ir_object *
object_at(const struct policy *policy, unsigned set)
{
	const struct ir_object *object = policy->ir.objects;

	for (; object != NULL; object = object->next)
		if (object->live != NULL && object->number == set)
			return object;
	return NULL;
}

/* Whether the name "set inet t name" ends with the given words, "t name" or "name". */
static bool
is_named(const char *whole, const char *name)
{
	size_t all = strlen(whole), part = strlen(name);

	return part > 0 && part < all && whole[all - part - 1] == ' ' &&
	       strcmp(whole + all - part, name) == 0;
}

int
policy_set_find(const struct policy *policy, const char *name)
{
	const struct ir_object *object;
	int found = -ENOENT;

	for (object = policy->ir.objects; object != NULL; object = object->next) {
		if (object->live == NULL || !is_named(object->name, name))
			continue;
		if (found >= 0)
			return -EEXIST;
		found = (int)object->number;
	}
	return found;
}

/* The time of the workers' clock: each worker stores it once in each iteration. */
static uint64_t
states_now(struct policy_state *const *states, unsigned workers)
{
	uint64_t now_ns = 0;
	unsigned i;

	for (i = 0; i < workers; i++)
		if (states[i]->now_ns > now_ns)
			now_ns = states[i]->now_ns;
	return now_ns;
}

static struct live_act
control_act(const struct ir_object *ir, struct policy_state *const *states,
	    unsigned workers)
{
	return (struct live_act){
		.live = ir->live,
		.object = state_object(states[0], ir->number),
		.part = workers,
		.now_ns = states_now(states, workers),
	};
}

void
policy_set_info(const struct policy *policy, struct policy_state *const *states,
		unsigned set, struct policy_set_info *info)
{
	const struct ir_object *ir = object_at(policy, set);
	const struct object *object = state_object(states[0], set);
	unsigned i;

	*info = (struct policy_set_info){
		.name = ir->name,
		.live = ir->live,
		.size = object->table->size,
	};
	for (i = 0; i < object->parts; i++) {
		info->slots += live_part(object, i)->count;
		info->full += live_part(object, i)->full;
	}
}

/* Sum the counters in the slots of an element whose first statement is a counter. */
static void
counter_sum(const struct live_act *act, const struct live_view *view,
	    struct policy_element *element)
{
	const struct live_slot *newest = view->newest;
	const union cell *cell;
	unsigned i;

	element->counted = newest->cells && act->live->ncells > 0 &&
			   act->live->cell[0].type == CELL_COUNTER;
	for (i = 0; element->counted && i < view->count; i++) {
		if (!view->slot[i]->cells || view->slot[i]->born != newest->born)
			continue;
		cell = live_cell(act->object->table, view->slot[i], 0);
		element->counter.packets += cell->counter.packets;
		element->counter.bytes += cell->counter.bytes;
	}
}

/*
 * Describe the element of a slot, unless another part has a newer slot. Returns whether
 * the element is in the set.
 */
static bool
element_read(const struct live_act *act, const struct live_slot *slot,
	     struct policy_element *element)
{
	const struct live_table *table = act->object->table;
	struct live_view view;
	uint64_t expires;

	if (!slot->used)
		return false;
	live_view_find(act->object, act->part, slot->hash, slot->word, &view);
	if (view.newest != slot)
		return false;
	expires = live_expires(act->object, slot);
	if (expires <= act->now_ns)
		return false;
	*element = (struct policy_element){
		.left_ns = expires == LIVE_NEVER ? POLICY_ELEMENT_STAYS
						 : expires - act->now_ns,
	};
	live_values(table, slot->word, element->value);
	counter_sum(act, &view, element);
	return true;
}

unsigned
policy_set_list(const struct policy *policy, struct policy_state *const *states,
		unsigned workers, unsigned set, policy_element_fn *visit, void *arg)
{
	const struct live_act act = control_act(object_at(policy, set), states, workers);
	const struct live_part *part;
	struct policy_element element;
	unsigned p, total = 0;
	uint32_t i;

	for (p = 0; p < act.object->parts; p++) {
		part = live_part(act.object, p);
		for (i = 0; i < part->taken; i++) {
			if (!element_read(&act,
					  live_part_slot(act.object->table, part, i),
					  &element))
				continue;
			total++;
			visit(arg, &element);
		}
	}
	return total;
}

int
policy_set_add(const struct policy *policy, struct policy_state *const *states,
	       unsigned workers, unsigned set, const u128 *value, uint64_t timeout_ns)
{
	const struct ir_object *ir = object_at(policy, set);
	const struct live_act act = control_act(ir, states, workers);

	if (ir->live->by_index)
		return -ENOTSUP;
	live_sweep(act.object, workers, act.now_ns, UINT32_MAX);
	return live_change(&act, LIVE_UPDATE, value, timeout_ns, ir->live->ncells > 0)
		       ? 0
		       : -ENOSPC;
}

int
policy_set_delete(const struct policy *policy, struct policy_state *const *states,
		  unsigned workers, unsigned set, const u128 *value)
{
	const struct ir_object *ir = object_at(policy, set);
	const struct live_act act = control_act(ir, states, workers);

	if (ir->live->by_index)
		return -ENOTSUP;
	if (!live_lookup(&act, value))
		return -ENOENT;
	live_change(&act, LIVE_DELETE, value, 0, false);
	return live_lookup(&act, value) ? -ENOSPC : 0;
}
