/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets. Elements are collected as boxes, a lower and an upper bound for each field,
 * sorted, and found again without a walk over all of them:
 *
 *	one field	disjoint intervals; halving
 *	more, points	the tuples in order; halving
 *	more, ranges	a plane for each field cuts its values at every bound of an
 *			element; between two cuts the same elements are possible, kept as
 *			a bit row. A look-up halves to a row in each plane and intersects
 *			them: 64 elements a step. Rows cost memory by the square of the
 *			elements, hence RANGED_MAX.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

#define RANGED_MAX 4096

struct set_plane {
	uint32_t ncuts;
	wide *cut;      /* a row begins at each */
	uint64_t *rows; /* words(set) of each */
};

struct builder {
	unsigned nfields;
	uint32_t count;
	uint32_t room;
	wide *lo;
	wide *hi;
	struct ir_verdict *verdicts;
	uint32_t *order;
};

static uint32_t
words(const struct ir_set *set)
{
	return (set->count + 63) / 64;
}

static void
builder_free(struct builder *b)
{
	free(b->lo);
	free(b->hi);
	free(b->verdicts);
	free(b->order);
}

/* Where the next element goes, or -1: no memory. */
static int64_t
builder_slot(struct builder *b)
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

/* Every combination of what the fields' texts mean: a wildcard may mean several ports. */
static int
builder_add(struct loader *l, struct builder *b, const struct intervals *values,
	    const struct ir_verdict *verdict)
{
	unsigned at[KEY_FIELDS_MAX] = {0};
	int64_t slot;
	unsigned f;

	for (f = 0; f < b->nfields; f++) {
		if (values[f].count == 0)
			return 0;
	}
	do {
		slot = builder_slot(b);
		if (slot < 0)
			return loader_no_memory(l);
		for (f = 0; f < b->nfields; f++) {
			b->lo[(size_t)slot * b->nfields + f] = values[f].lo[at[f]];
			b->hi[(size_t)slot * b->nfields + f] = values[f].hi[at[f]];
		}
		b->verdicts[slot] = *verdict;
		for (f = 0; f < b->nfields && ++at[f] == values[f].count; f++)
			at[f] = 0;
	} while (f < b->nfields);
	return 0;
}

/* {"elem": {"val": .., ..}}: only a comment may come with the value. */
static int
element_value(struct loader *l, const json_t **value)
{
	const json_t *elem = json_object_get(*value, "elem");
	const json_t *item;
	const char *key;

	if (elem == NULL)
		return 0;
	json_object_foreach((json_t *)(uintptr_t)elem, key, item) {
		if (strcmp(key, "val") != 0 && strcmp(key, "comment") != 0)
			return loader_fail(l,
					   "a set's element with a '%s' is not supported",
					   key);
	}
	*value = json_object_get(elem, "val");
	return 0;
}

static int
element_parse(struct loader *l, struct ir_set *set, struct builder *b, const json_t *json)
{
	const json_t *value = set->map ? json_array_get(json, 0) : json;
	struct intervals values[KEY_FIELDS_MAX];
	struct ir_verdict verdict = {0};
	const json_t *concat, *part;
	unsigned f;
	int ret;

	ret = element_value(l, &value);
	if (ret == 0 && set->map)
		ret = verdict_parse(l, json_array_get(json, 1), &verdict);
	if (ret != 0)
		return ret;
	if (json_is_string(value) && strcmp(json_string_value(value), "*") == 0) {
		set->all = true;
		set->otherwise = verdict;
		return 0;
	}
	concat = json_object_get(value, "concat");
	if ((concat != NULL ? json_array_size(concat) : 1) != set->nfields)
		return loader_fail(l,
				   "a set's element has another number of fields (%zu) "
				   "than what is compared with it (%u)",
				   concat != NULL ? json_array_size(concat) : 1,
				   set->nfields);
	for (f = 0; f < set->nfields; f++) {
		part = concat != NULL ? json_array_get(concat, f) : value;
		ret = value_parse(l, set->type[f], part, &values[f]);
		if (ret != 0)
			return ret;
	}
	return builder_add(l, b, values, &verdict);
}

static int
order_compare(const void *x, const void *y, void *arg)
{
	const struct builder *b = arg;
	const wide *lo_x = b->lo + (size_t) * (const uint32_t *)x * b->nfields;
	const wide *lo_y = b->lo + (size_t) * (const uint32_t *)y * b->nfields;
	unsigned f;

	for (f = 0; f < b->nfields; f++) {
		if (lo_x[f] != lo_y[f])
			return lo_x[f] < lo_y[f] ? -1 : 1;
	}
	return 0;
}

/* In order, into the arena. */
static int
builder_store(struct loader *l, struct builder *b, struct ir_set *set)
{
	size_t bytes = b->nfields * sizeof(wide);
	uint32_t i;

	b->order = malloc((b->count + (size_t)1) * sizeof(*b->order));
	set->lo = arena_take(&l->policy->arena, b->count, bytes);
	set->hi = arena_take(&l->policy->arena, b->count, bytes);
	set->verdicts = arena_take(&l->policy->arena, set->map ? b->count : 0,
				   sizeof(*set->verdicts));
	if (b->order == NULL || l->policy->arena.failed)
		return loader_no_memory(l);
	for (i = 0; i < b->count; i++)
		b->order[i] = i;
	qsort_r(b->order, b->count, sizeof(*b->order), order_compare, b);
	set->count = b->count;
	for (i = 0; i < b->count; i++) {
		memcpy(set->lo + (size_t)i * b->nfields,
		       b->lo + (size_t)b->order[i] * b->nfields, bytes);
		memcpy(set->hi + (size_t)i * b->nfields,
		       b->hi + (size_t)b->order[i] * b->nfields, bytes);
		if (set->map)
			set->verdicts[i] = b->verdicts[b->order[i]];
	}
	set->points = memcmp(set->lo, set->hi, b->count * bytes) == 0;
	return 0;
}

/* Intervals that overlap become one; in a map they would be ambiguous. */
static int
intervals_join(struct loader *l, struct ir_set *set)
{
	uint32_t from, to = 0;

	for (from = 1; from < set->count; from++) {
		if (set->lo[from] > set->hi[to]) {
			to++;
			set->lo[to] = set->lo[from];
			set->hi[to] = set->hi[from];
			if (set->map)
				set->verdicts[to] = set->verdicts[from];
			continue;
		}
		if (set->map)
			return loader_fail(l, "elements of a verdict map overlap");
		if (set->hi[from] > set->hi[to])
			set->hi[to] = set->hi[from];
	}
	if (set->count > 0)
		set->count = to + 1;
	return 0;
}

int
wide_compare(const void *x, const void *y)
{
	const wide a = *(const wide *)x, b = *(const wide *)y;

	return a < b ? -1 : a > b;
}

size_t
wide_sort(wide *values, size_t n)
{
	size_t i, kept = n > 0;

	qsort(values, n, sizeof(*values), wide_compare);
	for (i = 1; i < n; i++)
		if (values[i] != values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

/* The last of the sorted values that is not above the value; -1: all are. */
static int64_t
halve(const wide *sorted, uint32_t count, wide value)
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
plane_build(struct loader *l, const struct ir_set *set, unsigned f,
	    struct set_plane *plane)
{
	uint32_t i, k, n = 0;
	size_t e;

	plane->cut = arena_take(&l->policy->arena, 2 * (size_t)set->count, sizeof(wide));
	if (plane->cut == NULL)
		return loader_no_memory(l);
	for (i = 0; i < set->count; i++) {
		e = (size_t)i * set->nfields + f;
		plane->cut[n++] = set->lo[e];
		if (set->hi[e] != ~(wide)0)
			plane->cut[n++] = set->hi[e] + 1;
	}
	k = (uint32_t)wide_sort(plane->cut, n);
	plane->ncuts = k;
	plane->rows = arena_take(&l->policy->arena, (size_t)k * words(set),
				 sizeof(uint64_t));
	if (plane->rows == NULL)
		return loader_no_memory(l);
	for (k = 0; k < plane->ncuts; k++) {
		for (i = 0; i < set->count; i++) {
			e = (size_t)i * set->nfields + f;
			if (set->lo[e] <= plane->cut[k] && plane->cut[k] <= set->hi[e])
				plane->rows[(size_t)k * words(set) + i / 64] |=
					UINT64_C(1) << i % 64;
		}
	}
	return 0;
}

static int
planes_build(struct loader *l, struct ir_set *set)
{
	unsigned f;
	int ret;

	if (set->count > RANGED_MAX)
		return loader_fail(l,
				   "a set of joined fields with ranges has %u elements; "
				   "at most %d are supported",
				   set->count, RANGED_MAX);
	set->planes = arena_take(&l->policy->arena, set->nfields, sizeof(*set->planes));
	if (set->planes == NULL)
		return loader_no_memory(l);
	for (f = 0; f < set->nfields; f++) {
		ret = plane_build(l, set, f, &set->planes[f]);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* A named set is built by the first rule that uses it, with that rule's types. */
static int
types_take(struct loader *l, struct ir_set *set, const struct ir_key *key)
{
	unsigned f;

	for (f = 0; set->built && f < key->nfields; f++) {
		if (set->nfields != key->nfields ||
		    set->type[f] != field_info[key->field[f]].type)
			return loader_fail(l,
					   "set '%s' is used with fields of another type "
					   "than elsewhere",
					   set->name);
	}
	set->nfields = key->nfields;
	for (f = 0; f < key->nfields; f++)
		set->type[f] = field_info[key->field[f]].type;
	return 0;
}

int
set_build(struct loader *l, struct ir_set *set, const struct ir_key *key,
	  const json_t *elements)
{
	struct builder b = {.nfields = key->nfields};
	const json_t *element;
	size_t i;
	int ret;

	if (set->refused != NULL)
		return loader_fail(l, "set '%s' has '%s', which is not supported",
				   set->name, set->refused);
	ret = types_take(l, set, key);
	if (ret != 0 || set->built)
		return ret;
	if (elements != NULL && !json_is_array(elements)) {
		ret = element_parse(l, set, &b, elements);
	} else {
		json_array_foreach(elements, i, element) {
			ret = element_parse(l, set, &b, element);
			if (ret != 0)
				break;
		}
	}
	if (ret == 0)
		ret = builder_store(l, &b, set);
	builder_free(&b);
	if (ret == 0 && set->nfields == 1)
		ret = intervals_join(l, set);
	else if (ret == 0 && !set->points)
		ret = planes_build(l, set);
	set->built = ret == 0;
	return ret;
}

struct ir_set *
set_of_interval(struct loader *l, wide lo, wide hi)
{
	struct ir_set *set = arena_take(&l->policy->arena, 1, sizeof(*set));
	wide *bounds = arena_take(&l->policy->arena, 2, sizeof(*bounds));

	if (set == NULL || bounds == NULL)
		return NULL;
	bounds[0] = lo;
	bounds[1] = hi;
	set->count = 1;
	set->nfields = 1;
	set->lo = &bounds[0];
	set->hi = &bounds[1];
	set->built = true;
	return set;
}

static int64_t
point_find(const struct ir_set *set, const wide *values)
{
	uint32_t lo = 0, hi = set->count, middle;
	const wide *tuple;
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
plane_find(const struct ir_set *set, const wide *values)
{
	const uint64_t *rows[KEY_FIELDS_MAX];
	uint32_t w, nwords = words(set);
	uint64_t both;
	int64_t at;
	unsigned f;

	for (f = 0; f < set->nfields; f++) {
		at = halve(set->planes[f].cut, set->planes[f].ncuts, values[f]);
		if (at < 0)
			return -1;
		rows[f] = set->planes[f].rows + (size_t)at * nwords;
	}
	for (w = 0; w < nwords; w++) {
		both = rows[0][w];
		for (f = 1; f < set->nfields; f++)
			both &= rows[f][w];
		if (both != 0)
			return (int64_t)w * 64 + __builtin_ctzll(both);
	}
	return -1;
}

int64_t
set_find(const struct ir_set *set, const wide *values)
{
	int64_t at;

	if (set->count == 0)
		return -1;
	if (set->nfields > 1)
		return set->planes != NULL ? plane_find(set, values)
					   : point_find(set, values);
	if (set->count == 1)
		return set->lo[0] <= values[0] && values[0] <= set->hi[0] ? 0 : -1;
	at = halve(set->lo, set->count, values[0]);
	return at >= 0 && values[0] <= set->hi[at] ? at : -1;
}
