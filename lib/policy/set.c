/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets. The elements are sorted, and one is found without a walk over all of them:
 *
 *	one field	disjoint intervals; binary search
 *	more, points	the tuples in order; binary search
 *	more, ranges	the elements are the entries of a classifier (classifier.h)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "set.h"

#include "classifier.h"

/*
 * Number of elements from which on a table of all values of a field is worth its memory.
 */
#define DIRECT_MIN 1024

void
set_builder_free(struct set_builder *b)
{
	free(b->lo);
	free(b->hi);
	free(b->verdicts);
	free(b->order);
}

/* Index at which the next element is stored; -1: memory has run out. */
static int64_t
builder_slot(struct set_builder *b)
{
	size_t room = b->room == 0 ? 16 : (size_t)b->room * 2;
	void *grown;

	if (b->count < b->room)
		return b->count++;
	if (room > INT32_MAX)
		return -1;
	grown = realloc(b->lo, room * b->nfields * sizeof(*b->lo));
	if (grown == NULL)
		return -1;
	b->lo = grown;
	grown = realloc(b->hi, room * b->nfields * sizeof(*b->hi));
	if (grown == NULL)
		return -1;
	b->hi = grown;
	grown = realloc(b->verdicts, room * sizeof(*b->verdicts));
	if (grown == NULL)
		return -1;
	b->verdicts = grown;
	b->room = (uint32_t)room;
	return b->count++;
}

static int
order_compare(const void *x, const void *y, void *arg)
{
	const struct set_builder *b = arg;
	const u128 *lo_x = b->lo + (size_t) * (const uint32_t *)x * b->nfields;
	const u128 *lo_y = b->lo + (size_t) * (const uint32_t *)y * b->nfields;
	unsigned f;

	for (f = 0; f < b->nfields; f++) {
		if (lo_x[f] != lo_y[f])
			return lo_x[f] < lo_y[f] ? -1 : 1;
	}
	return 0;
}

int
set_builder_add(struct set_builder *b, const u128 *lo, const u128 *hi,
		const struct ir_verdict *verdict)
{
	int64_t slot = builder_slot(b);

	if (slot < 0)
		return -ENOMEM;
	memcpy(b->lo + (size_t)slot * b->nfields, lo, b->nfields * sizeof(*lo));
	memcpy(b->hi + (size_t)slot * b->nfields, hi, b->nfields * sizeof(*hi));
	b->verdicts[slot] = *verdict;
	return 0;
}

/* Store the elements in the arena, in ascending order. */
static int
elements_store(struct set_builder *b, struct arena *arena, struct ir_set *set)
{
	size_t bytes = b->nfields * sizeof(u128);
	uint32_t i;

	b->order = malloc((b->count + (size_t)1) * sizeof(*b->order));
	set->lo = arena_take(arena, b->count, bytes);
	set->hi = arena_take(arena, b->count, bytes);
	set->verdicts = arena_take(arena, b->map ? b->count : 0, sizeof(*set->verdicts));
	if (b->order == NULL || arena->failed)
		return -ENOMEM;
	for (i = 0; i < b->count; i++)
		b->order[i] = i;
	qsort_r(b->order, b->count, sizeof(*b->order), order_compare, b);
	set->count = b->count;
	for (i = 0; i < b->count; i++) {
		memcpy(set->lo + (size_t)i * b->nfields,
		       b->lo + (size_t)b->order[i] * b->nfields, bytes);
		memcpy(set->hi + (size_t)i * b->nfields,
		       b->hi + (size_t)b->order[i] * b->nfields, bytes);
		if (b->map)
			set->verdicts[i] = b->verdicts[b->order[i]];
	}
	return 0;
}

/* Merge intervals that overlap; those of a map must not overlap. */
static int
intervals_join(struct ir_set *set, bool map)
{
	uint32_t from, to = 0;

	for (from = 1; from < set->count; from++) {
		if (set->lo[from] > set->hi[to]) {
			to++;
			set->lo[to] = set->lo[from];
			set->hi[to] = set->hi[from];
			if (map)
				set->verdicts[to] = set->verdicts[from];
			continue;
		}
		if (map)
			return -EEXIST;
		if (set->hi[from] > set->hi[to])
			set->hi[to] = set->hi[from];
	}
	if (set->count > 0)
		set->count = to + 1;
	return 0;
}

/* Build the classifier: each field becomes a dimension. */
static int
classifier_make(const struct set_builder *b, struct arena *arena, struct ir_set *set)
{
	struct classifier *c = arena_take(arena, 1, sizeof(*c));
	struct interval_list list = {.count = 0};
	uint32_t i;
	size_t e;
	unsigned f;
	int ret = 0;

	if (c == NULL)
		return -ENOMEM;
	classifier_init(c, set->count);
	for (f = 0; f < b->nfields && ret == 0; f++) {
		list.count = 0;
		for (i = 0; i < set->count; i++) {
			e = (size_t)i * b->nfields + f;
			interval_add(&list, i, set->lo[e], set->hi[e]);
		}
		ret = classifier_add(c, arena, &list, b->bits[f],
				     b->bits[f] <= 16 && set->count >= DIRECT_MIN);
	}
	interval_list_free(&list);
	set->classifier = c;
	return ret;
}

int
set_builder_store(struct set_builder *b, struct arena *arena, struct ir_set *set)
{
	int ret;

	set->nfields = (uint8_t)b->nfields;
	ret = elements_store(b, arena, set);
	if (ret != 0)
		return ret;
	if (set->nfields == 1)
		return intervals_join(set, b->map);
	if (memcmp(set->lo, set->hi, set->count * b->nfields * sizeof(u128)) == 0)
		return 0;
	return classifier_make(b, arena, set);
}

struct ir_set *
set_of_interval(struct arena *arena, u128 lo, u128 hi)
{
	struct ir_set *set = arena_take(arena, 1, sizeof(*set));
	u128 *bounds = arena_take(arena, 2, sizeof(*bounds));

	if (set == NULL || bounds == NULL)
		return NULL;
	bounds[0] = lo;
	bounds[1] = hi;
	set->count = 1;
	set->nfields = 1;
	set->lo = &bounds[0];
	set->hi = &bounds[1];
	return set;
}

static int64_t
point_find(const struct ir_set *set, const u128 *values)
{
	uint32_t lo = 0, hi = set->count, middle;
	const u128 *tuple;
	unsigned f;

	while (lo < hi) {
		middle = lo + (hi - lo) / 2;
		tuple = set->lo + (size_t)middle * set->nfields;
		for (f = 0; f < set->nfields && tuple[f] == values[f]; f++)
			;
		if (f == set->nfields)
			return middle;
		if (tuple[f] < values[f])
			lo = middle + 1;
		else
			hi = middle;
	}
	return -1;
}

static bool
element_contains(const struct ir_set *set, uint32_t element, const u128 *values)
{
	size_t e = (size_t)element * set->nfields;
	unsigned f;

	for (f = 0; f < set->nfields; f++, e++)
		if (values[f] < set->lo[e] || values[f] > set->hi[e])
			return false;
	return true;
}

/*
 * Find an element with the classifier. It may find elements that do not contain the
 * values, so each is compared.
 */
static int64_t
box_find(const struct ir_set *set, const u128 *values)
{
	const struct classifier *c = set->classifier;
	const uint64_t *vector[CLASSIFIER_DIMENSIONS_MAX];
	uint32_t at;
	unsigned f;

	for (f = 0; f < set->nfields; f++)
		vector[f] = dimension_vector(&c->dimension[f], values[f]);
	for (at = 0; at < c->entries; at++) {
		at = classifier_find(c, vector, set->nfields, at);
		if (at < c->entries && element_contains(set, at, values))
			return at;
	}
	return -1;
}

int64_t
set_search(const struct ir_set *set, const u128 *values)
{
	uint32_t at;

	if (set->nfields > 1)
		return set->classifier != NULL ? box_find(set, values)
					       : point_find(set, values);
	at = boundary_find(set->lo, set->count, values[0]);
	return set->lo[at] <= values[0] && values[0] <= set->hi[at] ? (int64_t)at : -1;
}

int64_t
set_find_values(const struct ir_set *set, const u128 *values)
{
	return set_find(set, values);
}
