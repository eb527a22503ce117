/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of concatenated fields with ranges: lookups find each element and nothing else,
 * and memory is limited.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <malloc.h>

#include <cmocka.h>

#include "classifier.h"
#include "set.h"

#define ELEMENTS 65536u
/* limit of the memory besides the elements */
#define MEMORY_MAX (3 * (size_t)DIMENSION_BYTES)

struct box {
	u128 lo[2], hi[2];
};

static struct box boxes[ELEMENTS];
static uint64_t random_state;

static uint32_t
pick(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static struct ir_set *
boxes_build(struct arena *arena, uint8_t bits0, uint8_t bits1)
{
	struct set_builder b = {.nfields = 2, .bits = {bits0, bits1}};
	struct ir_verdict none = {0};
	struct ir_set *set = arena_take(arena, 1, sizeof(*set));
	uint32_t i;

	assert_non_null(set);
	for (i = 0; i < ELEMENTS; i++)
		assert_int_equal(set_builder_add(&b, boxes[i].lo, boxes[i].hi, &none), 0);
	assert_int_equal(set_builder_store(&b, arena, set), 0);
	set_builder_free(&b);
	assert_int_equal(set->count, ELEMENTS);
	assert_non_null(set->classifier);
	return set;
}

static bool
contains(const struct ir_set *set, size_t element, const u128 *values)
{
	const u128 *lo = set->lo + 2 * element, *hi = set->hi + 2 * element;

	return lo[0] <= values[0] && values[0] <= hi[0] && lo[1] <= values[1] &&
	       values[1] <= hi[1];
}

/*
 * Return the first element that contains the values, by comparing with each: the
 * reference for set lookups.
 */
static int64_t
walk_find(const struct ir_set *set, const u128 *values)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (contains(set, i, values))
			return i;
	return -1;
}

/*
 * Look up values at the bounds of random elements and just outside, and compare with
 * walk_find().
 */
static void
compare_with_walk(const struct ir_set *set, unsigned probes)
{
	unsigned i, f;

	for (i = 0; i < probes; i++) {
		const struct box *box = &boxes[pick(ELEMENTS)];
		u128 values[2];

		for (f = 0; f < 2; f++)
			values[f] = pick(2) ? box->lo[f] - pick(2) : box->hi[f] + pick(2);
		if (set_search(set, values) != walk_find(set, values))
			fail_msg("probe %u: element %lld, by a walk %lld", i,
				 (long long)set_search(set, values),
				 (long long)walk_find(set, values));
	}
}

/* a subnet of 10.x.y.0/24 and a range of ports */
static void
each_of_65536_networks_with_ports_is_found(void **state)
{
	struct arena arena = {.blocks = NULL};
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct ir_set *set;
	uint32_t i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < ELEMENTS; i++) {
		boxes[i].lo[0] = (10u << 24) + i * 256 + pick(100);
		boxes[i].hi[0] = (10u << 24) + i * 256 + 100 + pick(156);
		boxes[i].lo[1] = pick(60000) + 1;
		boxes[i].hi[1] = boxes[i].lo[1] + pick(5000);
	}
	set = boxes_build(&arena, 32, 16);
	for (i = 0; i < ELEMENTS; i++) {
		assert_int_equal(set_search(set, boxes[i].lo), i);
		assert_int_equal(set_search(set, boxes[i].hi), i);
		assert_int_equal(set_search(set,
					    (u128[]){boxes[i].lo[0], boxes[i].lo[1] - 1}),
				 -1);
		assert_int_equal(set_search(set,
					    (u128[]){boxes[i].hi[0] + 1, boxes[i].hi[1]}),
				 -1);
	}
	compare_with_walk(set, 300);
	assert_true(mallinfo2().uordblks + mallinfo2().hblkhd <
		    before + MEMORY_MAX + ELEMENTS * sizeof(struct box));
	arena_free(&arena);
}

/*
 * Worst case: each element overlaps half of the others in both fields. Uncompressed, the
 * dense bit vectors would take a gigabyte.
 */
static void
memory_is_bounded_where_all_elements_overlap(void **state)
{
	struct arena arena = {.blocks = NULL};
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct ir_set *set;
	uint32_t i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < ELEMENTS; i++) {
		boxes[i].lo[0] = i * 4;
		boxes[i].hi[0] = boxes[i].lo[0] + ELEMENTS * 2;
		boxes[i].lo[1] = ((u128)1 << 100) + pick(ELEMENTS * 2);
		boxes[i].hi[1] = boxes[i].lo[1] + pick(ELEMENTS * 2);
	}
	set = boxes_build(&arena, 32, 128);
	compare_with_walk(set, 2000);
	assert_true(mallinfo2().uordblks + mallinfo2().hblkhd <
		    before + MEMORY_MAX + ELEMENTS * sizeof(struct box));
	assert_false(set->classifier->dimension[0].exact);
	arena_free(&arena);
}

/*
 * The large set uses a table of all ports, the small one binary search: both must agree.
 */
static void
values_at_the_ends_of_their_range_are_found(void **state)
{
	struct arena arena = {.blocks = NULL};
	struct ir_set *set;
	uint32_t i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < ELEMENTS; i++) {
		boxes[i].lo[0] = i % 2 == 0 ? 0 : i;
		boxes[i].hi[0] = i % 2 == 0 ? i : UINT16_MAX;
		boxes[i].lo[1] = (u128)i << 64;
		boxes[i].hi[1] = ((u128)i << 64) + UINT64_MAX;
	}
	boxes[ELEMENTS - 1].hi[1] = ~(u128)0;
	set = boxes_build(&arena, 16, 128);
	for (i = 0; i < ELEMENTS; i++) {
		assert_true(contains(set, (size_t)set_search(set, boxes[i].lo),
				     boxes[i].lo));
		assert_true(contains(set, (size_t)set_search(set, boxes[i].hi),
				     boxes[i].hi));
	}
	assert_int_equal(set_search(set, (u128[]){1, (u128)1 << 64}),
			 walk_find(set, (u128[]){1, (u128)1 << 64}));
	arena_free(&arena);
}

/* Each third value, added in descending order. */
static void
large_sets_of_one_field_find_each_element_and_no_other(void **state)
{
	enum { COUNT = 100000 };
	struct set_builder b = {.nfields = 1, .bits = {32}};
	struct arena arena = {.blocks = NULL};
	struct ir_verdict none = {0};
	struct ir_set set = {.count = 0};
	uint32_t i;

	(void)state;
	for (i = COUNT; i-- > 0;)
		assert_int_equal(set_builder_add(&b, (u128[]){3 * i}, (u128[]){3 * i},
						 &none),
				 0);
	assert_int_equal(set_builder_store(&b, &arena, &set), 0);
	set_builder_free(&b);
	for (i = 0; i < 3 * COUNT; i++)
		assert_int_equal(set_find(&set, (u128[]){i}) >= 0, i % 3 == 0);
	arena_free(&arena);
}

static void
elements_of_a_map_must_not_overlap(void **state)
{
	struct set_builder b = {.nfields = 1, .bits = {16}, .map = true};
	struct arena arena = {.blocks = NULL};
	struct ir_verdict none = {0};
	struct ir_set set = {.count = 0};

	(void)state;
	assert_int_equal(set_builder_add(&b, (u128[]){80}, (u128[]){90}, &none), 0);
	assert_int_equal(set_builder_add(&b, (u128[]){90}, (u128[]){99}, &none), 0);
	assert_int_equal(set_builder_store(&b, &arena, &set), -EEXIST);
	set_builder_free(&b);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_65536_networks_with_ports_is_found),
		cmocka_unit_test(memory_is_bounded_where_all_elements_overlap),
		cmocka_unit_test(values_at_the_ends_of_their_range_are_found),
		cmocka_unit_test(large_sets_of_one_field_find_each_element_and_no_other),
		cmocka_unit_test(elements_of_a_map_must_not_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
