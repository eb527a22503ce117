/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of rules without their zeros: they have the rules of the spans, and find room. */
#include "policy_test.h"

#include "classifier.h"
#include "u128.h"

#define RULES 9000u /* three groups, the last not full */
#define SPANS 3000u
#define VALUES 100000u
#define NONE SIZE_MAX /* of words: no bound */

static const struct classifier classifier = {.entries = RULES,
					     .words = (RULES + 63) / 64,
					     .groups = (RULES + 4095) / 4096};

static bool
row_has(const uint64_t *row, uint32_t rule)
{
	uint32_t place = classifier.groups, group;
	uint64_t bit = 1ull << rule / 64 % 64;

	if ((row[rule / 4096] & bit) == 0)
		return false;
	for (group = 0; group < rule / 4096; group++)
		place += (uint32_t)__builtin_popcountll(row[group]);
	place += (uint32_t)__builtin_popcountll(row[rule / 4096] & (bit - 1));
	return row[place] >> rule % 64 & 1;
}

static uint32_t
row_rules(const uint64_t *row)
{
	uint32_t words = 0, rules = 0, i;

	for (i = 0; i < classifier.groups; i++)
		words += (uint32_t)__builtin_popcountll(row[i]);
	for (i = 0; i < words; i++) {
		assert_true(row[classifier.groups + i] != 0);
		rules += (uint32_t)__builtin_popcountll(row[classifier.groups + i]);
	}
	return rules;
}

/* Where spans begin and behind their ends; each as often as it comes. */
static size_t
cuts_of(const struct interval *spans, u128 *cuts)
{
	size_t n = 0, i;

	cuts[n++] = 0;
	for (i = 0; i < SPANS; i++) {
		cuts[n++] = spans[i].lo;
		cuts[n++] = spans[i].hi + 1;
	}
	qsort(cuts, n, sizeof(*cuts), u128_compare);
	return n;
}

/* Some rules have several spans, over each other or not. */
static void
spans_draw(struct interval *spans)
{
	unsigned i;

	for (i = 0; i < SPANS; i++) {
		spans[i].entry = pick(4) == 0 ? pick(50) * 180 : pick(RULES);
		spans[i].lo = pick(VALUES);
		spans[i].hi = spans[i].lo + pick(pick(2) == 0 ? 3 : 2000);
	}
}

/*
 * A row has the rules of each span between its cut and the next that was kept, and no
 * other.
 */
static void
check_rows(const struct packing *packing, const struct interval *spans, const u128 *cuts,
	   size_t n)
{
	static uint32_t seen[RULES];
	size_t row, i;

	assert_int_equal(packing->count, (n + packing->step - 1) / packing->step);
	for (row = 0; row < packing->count; row += 1 + pick(40)) {
		const uint64_t *bits = &packing->bits[packing->vector[row]];
		size_t next = (row + 1) * packing->step;
		uint32_t rules = 0;

		for (i = 0; i < SPANS; i++) {
			if (spans[i].hi < cuts[row * packing->step] ||
			    (next < n && spans[i].lo >= cuts[next]))
				continue;
			assert_true(row_has(bits, spans[i].entry));
			rules += seen[spans[i].entry] != row + 1;
			seen[spans[i].entry] = (uint32_t)row + 1;
		}
		assert_int_equal(row_rules(bits), rules);
	}
	memset(seen, 0, sizeof(seen));
}

static void
rows_have_the_rules_of_their_spans(void **state)
{
	static const size_t most[] = {NONE, 40000, 5000, 300, 1};
	static struct interval spans[SPANS];
	static u128 cuts[2 * SPANS + 1];
	struct packing packing;
	size_t n, last = 0;
	unsigned i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < 5; i++) {
		spans_draw(spans);
		n = cuts_of(spans, cuts);
		packing.words_max = most[i];
		assert_int_equal(vectors_pack(&packing, &classifier, spans, SPANS, cuts,
					      n),
				 0);
		assert_true(packing.step > last);
		assert_true(packing.used <= most[i] || packing.count == 1);
		check_rows(&packing, spans, cuts, n);
		last = packing.step;
		packing_free(&packing);
	}
	assert_true(last >= n); /* one row, of all: it finds room wherever */
}

static void
without_spans_the_one_row_is_empty(void **state)
{
	struct packing packing = {.words_max = NONE};
	struct interval none;
	u128 cut = 0;

	(void)state;
	assert_int_equal(vectors_pack(&packing, &classifier, &none, 0, &cut, 1), 0);
	assert_int_equal(packing.count, 1);
	assert_int_equal(row_rules(packing.bits), 0);
	packing_free(&packing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_have_the_rules_of_their_spans),
		cmocka_unit_test(without_spans_the_one_row_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
