/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads sets that change at run time: sets with timeouts or with statements in their
 * elements, sets that rules write to, and meters. Each becomes a struct ir_live
 * (policy/ir.h).
 *
 * nft 1.0.6 omits the flag `dynamic` from its JSON, so a set with a `size` counts as
 * dynamic.
 */
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define SECOND_NS 1000000000ull
/* number of elements of a dynamic set without `size`, as in nft */
#define SIZE_DEFAULT 65535
#define SIZE_MAX_ELEMENTS (1u << 24)
#define TIMEOUT_MAX (100ull * 366 * 86400) /* seconds */

bool
live_is_wanted(const json_t *set)
{
	static const char *const members[] = {"timeout", "stmt", "size", "gc-interval"};
	const json_t *elements = json_object_get(set, "elem"), *element;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_object_get(set, members[i]) != NULL)
			return true;
	if (json_has_flag(set, "timeout") || json_has_flag(set, "dynamic"))
		return true;
	json_array_foreach(elements, i, element) {
		const json_t *value = json_is_array(element) ? json_array_get(element, 0)
							     : element;
		const json_t *elem = json_object_get(value, "elem");

		if (json_object_size(elem) >
		    1u + (json_object_get(elem, "comment") != NULL))
			return true;
	}
	return false;
}

int
live_seconds_read(struct loader *l, const json_t *json, uint64_t *ns)
{
	json_int_t seconds = json_integer_value(json);

	if (json == NULL)
		return 0;
	if (!json_is_integer(json) || seconds < 0 || (uint64_t)seconds > TIMEOUT_MAX)
		return loader_fail(l, "a timeout must be from 1 second to 100 years");
	/* nft's JSON has whole seconds: a timeout of less than one is printed as 0 */
	*ns = seconds == 0 ? SECOND_NS : (uint64_t)seconds * SECOND_NS;
	return 0;
}

/* Whether two statements are equal apart from their counts. */
static bool
cell_equal(const struct ir_cell *a, const struct ir_cell *b)
{
	return a->type == b->type && a->over == b->over && a->bytes == b->bytes &&
	       a->rate == b->rate && a->period_ns == b->period_ns &&
	       a->bucket_ns == b->bucket_ns && a->quota == b->quota;
}

/* Read a statement of the elements. All elements of a set have the same statements. */
static int
cell_take(struct loader *l, struct named_set *set, const json_t *stmt, unsigned at)
{
	struct ir_live *live = set->object->live;
	const char *name = json_first_key(stmt);
	struct reader reader;
	struct ir_cell cell;
	int ret;

	if (name == NULL)
		return loader_fail(l,
				   "an element of set '%s' has a statement that cannot "
				   "be read",
				   set->name);
	if (at == LIVE_CELLS_MAX)
		return loader_fail(
			l,
			"the elements of set '%s' have more than %d statements; "
			"use a set for each",
			set->name, LIVE_CELLS_MAX);
	cell_reader_init(&reader, l, name, json_object_get(stmt, name));
	ret = cell_read(&reader.stmt, &cell);
	if (ret != 0)
		return ret;
	cell.initial = (struct policy_counter){0};
	if (set->cells_known &&
	    (at >= live->ncells || !cell_equal(&cell, &live->cell[at])))
		return loader_fail(
			l,
			"set '%s' gets elements with different statements; use "
			"a set for each",
			set->name);
	live->cell[at] = cell;
	l->ir.counts_connections |= cell.type == CELL_CONNECTIONS;
	if (at == live->ncells)
		live->ncells++;
	return 0;
}

/* Read a list of statements; a single statement is a list of one. */
int
live_cells_take(struct loader *l, struct named_set *set, const json_t *stmts)
{
	const json_t *stmt;
	size_t i, n = 0;
	int ret = 0;

	if (json_is_object(stmts)) {
		ret = cell_take(l, set, stmts, 0);
		n = 1;
	}
	json_array_foreach(stmts, i, stmt) {
		if (ret == 0)
			ret = cell_take(l, set, stmt, (unsigned)n++);
	}
	set->cells_known |= n > 0;
	return ret;
}

/*
 * Read an element such as {"val": .., "timeout": 10, "expires": 9, "counter": {..}},
 * except its value.
 */
int
live_element_read(struct loader *l, struct named_set *set, const json_t *elem,
		  struct ir_element *element)
{
	uint64_t expires = 0;
	const json_t *item;
	struct reader reader;
	struct ir_cell cell;
	json_t *stmts;
	const char *key;
	int ret;

	element->cells = set->object->live->ncells > 0;
	if (elem == NULL)
		return 0;
	ret = live_seconds_read(l, json_object_get(elem, "timeout"),
				&element->timeout_ns);
	if (ret == 0)
		ret = live_seconds_read(l, json_object_get(elem, "expires"), &expires);
	/*
	 * nft prints up to a second less for an element that was just loaded with its
	 * whole timeout
	 */
	if (expires != 0 && expires + 2 * SECOND_NS < element->timeout_ns)
		element->timeout_ns = expires + SECOND_NS;
	stmts = json_array();
	json_object_foreach((json_t *)(uintptr_t)elem, key, item) {
		if (ret != 0 || strcmp(key, "val") == 0 || strcmp(key, "comment") == 0 ||
		    strcmp(key, "timeout") == 0 || strcmp(key, "expires") == 0)
			continue;
		json_array_append_new(stmts, json_pack("{s:O}", key, item));
		cell_reader_init(&reader, l, key, item);
		ret = cell_read(&reader.stmt, &cell);
		if (ret == 0 && json_array_size(stmts) == 1)
			element->counter = cell.initial;
	}
	if (ret == 0 && json_array_size(stmts) > 0) {
		ret = live_cells_take(l, set, stmts);
		element->cells = true;
	}
	json_decref(stmts);
	return ret;
}

/* Number of elements in a list; a single element is a list of one. */
static size_t
elements_count(const struct named_set *set)
{
	return json_is_array(set->elements) ? json_array_size(set->elements)
					    : set->elements != NULL;
}

static uint32_t
size_of(const struct named_set *set)
{
	json_int_t size = json_integer_value(json_object_get(set->json, "size"));
	size_t listed = elements_count(set);

	if (size <= 0 || size > SIZE_MAX_ELEMENTS)
		size = SIZE_DEFAULT;
	if ((size_t)size < listed)
		size = (json_int_t)listed;
	return (uint32_t)size;
}

/*
 * Whether an element of the set may contain more than one value; then a hash cannot find
 * it.
 */
bool
live_has_intervals(const struct named_set *set)
{
	return set->map || json_has_flag(set->json, "interval");
}

int
live_begin(struct loader *l, struct named_set *set, const struct ir_key *key)
{
	struct ir_live *live = arena_take(&l->ir.arena, 1, sizeof(*live));
	char *name = NULL;
	unsigned f;
	int ret;

	if (live == NULL)
		return loader_no_memory(l);
	ret = state_name(l, set->map ? "map" : "set", set->name, &name);
	if (ret != 0)
		return ret;
	set->object = ir_object_add(&l->ir, name);
	free(name);
	if (set->object == NULL)
		return loader_no_memory(l);
	set->object->live = live;
	set->set.live = set->object;
	live->by_index = live_has_intervals(set);
	live->nfields = key->nfields;
	live->set = &set->set;
	for (f = 0; f < key->nfields; f++)
		live->type[f] = set->type[f];
	for (f = 0; f < key->nfields; f++)
		live->wide |= (uint8_t)((value_bits(set->type[f]) > 64) << f);
	live->size = size_of(set);
	live->elements = arena_take(&l->ir.arena, elements_count(set),
				    sizeof(*live->elements));
	if (live->elements == NULL)
		return loader_no_memory(l);
	ret = live_seconds_read(l, json_object_get(set->json, "timeout"),
				&live->timeout_ns);
	return ret == 0 ? live_cells_take(l, set, json_object_get(set->json, "stmt"))
			: ret;
}
