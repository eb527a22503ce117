/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packed bit vectors contain the entries of the intervals, and respect the memory limit.
 */
#include <stdlib.h>

#include "policy_fixture.h"

#include "classifier.h"
#include "u128.h"

#define RULES 9000u /* three groups, the last one not full */
#define INTERVALS 3000u
#define VALUES 100000u
#define NONE SIZE_MAX /* limit in words; this value means no limit */

static const struct classifier classifier = {.entries = RULES,
					     .words = (RULES + 63) / 64,
					     .groups = (RULES + 4095) / 4096};

static bool
vector_has(const uint64_t *vector, uint32_t rule)
{
	uint32_t offset = classifier.groups, group;
	uint64_t bit = 1ull << rule / 64 % 64;

	if ((vector[rule / 4096] & bit) == 0)
		return false;
	for (group = 0; group < rule / 4096; group++)
		offset += (uint32_t)__builtin_popcountll(vector[group]);
	offset += (uint32_t)__builtin_popcountll(vector[rule / 4096] & (bit - 1));
	return vector[offset] >> rule % 64 & 1;
}

static uint32_t
vector_rules(const uint64_t *vector)
{
	uint32_t words = 0, rules = 0, i;

	for (i = 0; i < classifier.groups; i++)
		words += (uint32_t)__builtin_popcountll(vector[i]);
	for (i = 0; i < words; i++) {
		assert_true(vector[classifier.groups + i] != 0);
		rules += (uint32_t)__builtin_popcountll(vector[classifier.groups + i]);
	}
	return rules;
}

/*
 * Collect the boundaries: starts of intervals and values after their ends, with
 * duplicates.
 */
static size_t
boundaries_of(const struct interval *intervals, u128 *boundaries)
{
	size_t n = 0, i;

	boundaries[n++] = 0;
	for (i = 0; i < INTERVALS; i++) {
		boundaries[n++] = intervals[i].lo;
		boundaries[n++] = intervals[i].hi + 1;
	}
	qsort(boundaries, n, sizeof(*boundaries), u128_compare);
	return n;
}

/* Some entries have several intervals, which may overlap. */
static void
intervals_draw(struct interval *intervals)
{
	unsigned i;

	for (i = 0; i < INTERVALS; i++) {
		intervals[i].entry = pick(4) == 0 ? pick(50) * 180 : pick(RULES);
		intervals[i].lo = pick(VALUES);
		intervals[i].hi = intervals[i].lo + pick(pick(2) == 0 ? 3 : 2000);
	}
}

/*
 * A vector has the entries of each interval between its boundary and the next one kept.
 */
static void
check_vectors(const struct packing *packing, const struct interval *intervals,
	      const u128 *boundaries, size_t n)
{
	static uint32_t seen[RULES];
	size_t vector, i;

	assert_int_equal(packing->count, (n + packing->step - 1) / packing->step);
	for (vector = 0; vector < packing->count; vector += 1 + pick(40)) {
		const uint64_t *bits = &packing->bits[packing->vector[vector]];
		size_t next = (vector + 1) * packing->step;
		uint32_t rules = 0;

		for (i = 0; i < INTERVALS; i++) {
			if (intervals[i].hi < boundaries[vector * packing->step] ||
			    (next < n && intervals[i].lo >= boundaries[next]))
				continue;
			assert_true(vector_has(bits, intervals[i].entry));
			rules += seen[intervals[i].entry] != vector + 1;
			seen[intervals[i].entry] = (uint32_t)vector + 1;
		}
		assert_int_equal(vector_rules(bits), rules);
	}
	memset(seen, 0, sizeof(seen));
}

static void
vectors_have_the_entries_of_their_intervals(void **state)
{
	static const size_t words_max[] = {NONE, 40000, 5000, 300, 1};
	static struct interval intervals[INTERVALS];
	static u128 boundaries[2 * INTERVALS + 1];
	struct packing packing;
	size_t n, last = 0;
	unsigned i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < 5; i++) {
		intervals_draw(intervals);
		n = boundaries_of(intervals, boundaries);
		packing.words_max = words_max[i];
		assert_int_equal(vectors_pack(&packing, &classifier, intervals, INTERVALS,
					      boundaries, n),
				 0);
		assert_true(packing.step > last);
		assert_true(packing.used <= words_max[i] || packing.count == 1);
		check_vectors(&packing, intervals, boundaries, n);
		last = packing.step;
		packing_free(&packing);
	}
	assert_true(last >=
		    n); /* a single vector with all entries is kept, whatever its size */
}

static void
without_intervals_the_one_vector_is_empty(void **state)
{
	struct packing packing = {.words_max = NONE};
	struct interval none;
	u128 boundary = 0;

	(void)state;
	assert_int_equal(vectors_pack(&packing, &classifier, &none, 0, &boundary, 1), 0);
	assert_int_equal(packing.count, 1);
	assert_int_equal(vector_rules(packing.bits), 0);
	packing_free(&packing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_have_the_entries_of_their_intervals),
		cmocka_unit_test(without_intervals_the_one_vector_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
