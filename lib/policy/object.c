/* SPDX-License-Identifier: BSD-3-Clause */
#include "object.h"

#include "counted.h"
#include "live.h"

#include <stdlib.h>
#include <string.h>

struct ir_object *
ir_object_add(struct policy_ir *ir, const char *name)
{
	struct ir_object *object = arena_take(&ir->arena, 1, sizeof(*object));

	if (object == NULL)
		return NULL;
	if (name != NULL)
		object->name = arena_copy(&ir->arena, name);
	object->number = ir->nobjects++;
	object->next = ir->objects;
	ir->objects = object;
	return ir->arena.failed ? NULL : object;
}

struct ir_counter *
ir_counter_add(struct policy_ir *ir, const char *name)
{
	struct ir_counter *counter = arena_take(&ir->arena, 1, sizeof(*counter));

	if (counter == NULL)
		return NULL;
	if (name != NULL)
		counter->name = arena_copy(&ir->arena, name);
	counter->number = ir->ncounters++;
	counter->next = ir->counters;
	ir->counters = counter;
	return ir->arena.failed ? NULL : counter;
}

static void
object_release(struct object *object)
{
	if (object == NULL || --object->references > 0)
		return;
	if (object->table != NULL)
		live_free(object);
	free(object->part);
	free((char *)(uintptr_t)object->name);
	free(object);
}

static struct object *
object_create(const struct ir_object *from, unsigned parts)
{
	struct object *object = calloc(1, sizeof(*object));
	unsigned i;

	if (object == NULL)
		return NULL;
	object->references = 1;
	object->type = from->cell.type;
	object->parts = parts;
	object->part = aligned_alloc(PART_ALIGN, (size_t)parts * PART_ALIGN);
	object->name = from->name != NULL ? strdup(from->name) : NULL;
	if (object->part == NULL || (from->name != NULL && object->name == NULL)) {
		object_release(object);
		return NULL;
	}
	memset(object->part, 0, (size_t)parts * PART_ALIGN);
	if (from->live != NULL && live_init(object, from->live) != 0) {
		object_release(object);
		return NULL;
	}
	for (i = 0; from->live == NULL && i < parts; i++)
		cell_init(object_cell(object, i), &from->cell, i == parts - 1);
	return object;
}

static bool
is_same(const struct object *object, const struct ir_object *wanted, unsigned parts)
{
	if (object->name == NULL || strcmp(object->name, wanted->name) != 0 ||
	    object->parts != parts)
		return false;
	if (wanted->live != NULL)
		return live_same_shape(object, wanted->live);
	return object->table == NULL && object->type == wanted->cell.type;
}

/* The object of the old group whose state this object takes over; NULL: there is none. */
static struct object *
object_find(const struct policy_group *old, const struct ir_object *wanted,
	    unsigned parts)
{
	uint32_t i;

	for (i = 0; old != NULL && wanted->name != NULL && i < old->nobjects; i++)
		if (is_same(old->object[i], wanted, parts))
			return old->object[i];
	return NULL;
}

/*
 * Add the elements that the rules list: at the start to the first worker's part, after a
 * reload to the control thread's part.
 */
static struct object *
object_begin(const struct ir_object *from, const struct policy_group *old,
	     unsigned workers, uint64_t now_ns)
{
	struct object *object = object_find(old, from, workers + 1);
	bool goes_on = object != NULL;

	if (goes_on)
		object->references++;
	else
		object = object_create(from, workers + 1);
	if (object != NULL && from->live != NULL &&
	    live_list_begin(object, from->live, goes_on ? workers : 0,
			    goes_on ? now_ns : 0) != 0 &&
	    !goes_on) {
		object_release(object);
		return NULL;
	}
	return object;
}

/* Take over the tables of counted connections from the old group. */
static bool
counted_begin(struct policy_group *group, const struct policy_group *old)
{
	unsigned i;

	for (i = 0; i < group->workers; i++) {
		if (old != NULL && old->counted[i] != NULL) {
			group->counted[i] = old->counted[i];
			group->counted[i]->references++;
		} else {
			group->counted[i] = counted_create();
		}
		if (group->counted[i] == NULL)
			return false;
	}
	return true;
}

static bool
is_kept(const void *arg, const struct object *object)
{
	const struct policy_group *group = arg;
	uint32_t i;

	for (i = 0; i < group->nobjects; i++)
		if (group->object[i] == object)
			return true;
	return false;
}

struct policy_group *
group_create(const struct policy_ir *ir, const struct policy_group *old, unsigned workers,
	     uint64_t now_ns)
{
	struct policy_group *group =
		calloc(1, sizeof(*group) + ir->nobjects * sizeof(group->object[0]));
	const struct ir_object *from;
	struct object *object;

	if (group == NULL)
		return NULL;
	group->workers = workers;
	group->nobjects = ir->nobjects;
	for (from = ir->objects; from != NULL; from = from->next) {
		object = object_begin(from, old, workers, now_ns);
		group->object[from->number] = object;
		if (object == NULL) {
			group_release(group);
			return NULL;
		}
		group->sets |= object->table != NULL;
	}
	if (ir->counts_connections && !counted_begin(group, old)) {
		group_release(group);
		return NULL;
	}
	return group;
}

void
group_start(struct policy_group *group, unsigned part, uint64_t now_ns)
{
	uint32_t i;

	if (group->counted[part] != NULL)
		counted_purge(group->counted[part], is_kept, group);

	for (i = 0; i < group->nobjects; i++)
		if (__atomic_load_n(&group->object[i]->start_ns, __ATOMIC_RELAXED) == 0)
			__atomic_store_n(&group->object[i]->start_ns, now_ns,
					 __ATOMIC_RELAXED);
}

void
group_sweep(struct policy_group *group, unsigned part, uint64_t now_ns)
{
	enum { SLOTS = 64 };
	uint32_t i;

	for (i = 0; i < group->nobjects; i++)
		if (group->object[i]->table != NULL)
			live_sweep(group->object[i], part, now_ns, SLOTS);
}

void
group_release(struct policy_group *group)
{
	uint32_t i;

	if (group == NULL || (group->references > 0 && --group->references > 0))
		return;
	for (i = 0; i < group->nobjects; i++)
		object_release(group->object[i]);
	for (i = 0; i < group->workers; i++)
		counted_release(group->counted[i]);
	free(group);
}
