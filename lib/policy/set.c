/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets. The elements are sorted, and one is found without a walk over all of them:
 *
 *	one field	disjoint intervals; binary search
 *	more, points	the tuples in order; binary search
 *	more, ranges	each field is a dimension. The bounds of the elements divide its
 *			values into intervals with the same elements, kept as a bit vector
 *			each. A look-up finds one bit vector in each dimension and
 *			intersects them, 64 elements at a time. They need memory
 *			by the square of the number of elements, hence RANGED_MAX.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "set.h"

#define RANGED_MAX 4096

struct set_dimension {
	uint32_t nboundaries;
	u128 *boundary;    /* a bit vector begins at each */
	uint64_t *vectors; /* words(set) of each */
};

static uint32_t
words(const struct ir_set *set)
{
	return (set->count + 63) / 64;
}

void
set_builder_free(struct set_builder *b)
{
	free(b->lo);
	free(b->hi);
	free(b->verdicts);
	free(b->order);
}

/* Where the next element goes, or -1: no memory. */
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

/* In order, into the arena. */
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
	set->points = memcmp(set->lo, set->hi, b->count * bytes) == 0;
	return 0;
}

/* Intervals that overlap become one; in a map they would be ambiguous. */
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

int
u128_compare(const void *x, const void *y)
{
	const u128 a = *(const u128 *)x, b = *(const u128 *)y;

	return a < b ? -1 : a > b;
}

size_t
u128_sort(u128 *values, size_t n)
{
	size_t i, kept = n > 0;

	qsort(values, n, sizeof(*values), u128_compare);
	for (i = 1; i < n; i++)
		if (values[i] != values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

/* The last of the sorted values that is not above the value; -1: all are. */
static int64_t
boundary_find(const u128 *sorted, uint32_t count, u128 value)
{
	uint32_t lo = 0, hi = count, middle;

	while (lo < hi) {
		middle = lo + (hi - lo) / 2;
		if (sorted[middle] <= value)
			lo = middle + 1;
		else
			hi = middle;
	}
	return (int64_t)lo - 1;
}

static int
dimension_build(struct arena *arena, const struct ir_set *set, unsigned f,
		struct set_dimension *dimension)
{
	uint32_t i, k, n = 0;
	size_t e;

	dimension->boundary = arena_take(arena, 2 * (size_t)set->count, sizeof(u128));
	if (dimension->boundary == NULL)
		return -ENOMEM;
	for (i = 0; i < set->count; i++) {
		e = (size_t)i * set->nfields + f;
		dimension->boundary[n++] = set->lo[e];
		if (set->hi[e] != ~(u128)0)
			dimension->boundary[n++] = set->hi[e] + 1;
	}
	k = (uint32_t)u128_sort(dimension->boundary, n);
	dimension->nboundaries = k;
	dimension->vectors = arena_take(arena, (size_t)k * words(set), sizeof(uint64_t));
	if (dimension->vectors == NULL)
		return -ENOMEM;
	for (k = 0; k < dimension->nboundaries; k++) {
		for (i = 0; i < set->count; i++) {
			e = (size_t)i * set->nfields + f;
			if (set->lo[e] <= dimension->boundary[k] &&
			    dimension->boundary[k] <= set->hi[e])
				dimension->vectors[(size_t)k * words(set) + i / 64] |=
					UINT64_C(1) << i % 64;
		}
	}
	return 0;
}

static int
dimensions_build(struct arena *arena, struct ir_set *set)
{
	unsigned f;
	int ret;

	if (set->count > RANGED_MAX)
		return -E2BIG;
	set->dimensions = arena_take(arena, set->nfields, sizeof(*set->dimensions));
	if (set->dimensions == NULL)
		return -ENOMEM;
	for (f = 0; f < set->nfields; f++) {
		ret = dimension_build(arena, set, f, &set->dimensions[f]);
		if (ret != 0)
			return ret;
	}
	return 0;
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
	return set->points ? 0 : dimensions_build(arena, set);
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

static int64_t
dimensions_find(const struct ir_set *set, const u128 *values)
{
	const uint64_t *vectors[KEY_FIELDS_MAX];
	uint32_t w, nwords = words(set);
	uint64_t both;
	int64_t at;
	unsigned f;

	for (f = 0; f < set->nfields; f++) {
		at = boundary_find(set->dimensions[f].boundary,
				   set->dimensions[f].nboundaries, values[f]);
		if (at < 0)
			return -1;
		vectors[f] = set->dimensions[f].vectors + (size_t)at * nwords;
	}
	for (w = 0; w < nwords; w++) {
		both = vectors[0][w];
		for (f = 1; f < set->nfields; f++)
			both &= vectors[f][w];
		if (both != 0)
			return (int64_t)w * 64 + __builtin_ctzll(both);
	}
	return -1;
}

int64_t
set_search(const struct ir_set *set, const u128 *values)
{
	int64_t at;

	if (set->nfields > 1)
		return set->dimensions != NULL ? dimensions_find(set, values)
					       : point_find(set, values);
	at = boundary_find(set->lo, set->count, values[0]);
	return at >= 0 && values[0] <= set->hi[at] ? at : -1;
}
