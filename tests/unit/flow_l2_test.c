/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <flow/l2.h>

#define PAIRS 4096u

static uint8_t secret[KEY_SECRET_BYTES];

static struct flow_l2_source
source_of(const uint32_t *addr, bool answered)
{
	return (struct flow_l2_source){addr, sizeof(*addr), answered};
}

static struct flow_l2_pair
pair_of(uint32_t n)
{
	struct flow_l2_pair pair;

	memset(&pair, 0, sizeof(pair));
	memcpy(&pair.to[0].dst.addr_bytes[1], &n, sizeof(n));
	pair.to[1].vlans = n % 3;
	return pair;
}

/* Take a reference to pair n of addresses, each time charged to another IP address. */
static uint16_t
take(struct flow_l2 *table, uint32_t n)
{
	struct flow_l2_pair pair = pair_of(n);
	struct flow_l2_source source = source_of(&n, true);

	return flow_l2_take(table, &pair, &source);
}

static void
assert_is(const struct flow_l2 *table, uint16_t number, uint32_t n)
{
	struct flow_l2_pair pair = pair_of(n);

	assert_memory_equal(flow_l2_get(table, number), &pair, sizeof(pair));
}

static void
the_same_link_layer_has_one_number_and_others_have_others(void **state)
{
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint16_t first = take(table, 1), second = take(table, 2);

	assert_int_not_equal(first, 0);
	assert_int_not_equal(second, 0);
	assert_int_not_equal(first, second);
	assert_int_equal(take(table, 1), first);
	assert_is(table, first, 1);
	assert_is(table, second, 2);
	assert_null(flow_l2_get(table, 0));
	flow_l2_drop(table, 0);
}

static void
an_entry_lives_as_long_as_it_is_referred_to(void **state)
{
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint16_t number = take(table, 1);

	take(table, 1);
	flow_l2_drop(table, number);
	assert_is(table, number, 1);
	assert_int_not_equal(take(table, 2), number);
	flow_l2_drop(table, number); /* the last reference */
	assert_int_equal(take(table, 3), number);
	assert_is(table, number, 3);
}

static void
it_takes_as_many_as_it_is_made_for_and_not_one_more(void **state)
{
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint16_t number = 0;
	uint32_t n;

	for (n = 0; n < PAIRS; n++) {
		number = take(table, n);
		assert_in_range(number, 1, PAIRS);
		assert_is(table, number, n);
	}
	assert_int_equal(take(table, n), 0);
	/* known pairs can still be referenced */
	assert_int_equal(take(table, n - 1), number);
	flow_l2_drop(table, number);
	assert_int_equal(take(table, n), 0);
	flow_l2_drop(table, number);
	assert_int_equal(take(table, n), number);
}

static uint16_t
take_for(struct flow_l2 *table, uint32_t n, uint32_t addr, bool answered)
{
	struct flow_l2_pair pair = pair_of(n);
	struct flow_l2_source source = source_of(&addr, answered);

	return flow_l2_take(table, &pair, &source);
}

static void
a_source_takes_no_more_than_its_share(void **state)
{
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint16_t number = 0;
	uint32_t n;

	for (n = 0; n < 2 * FLOW_L2_PER_SOURCE; n++) {
		number = take_for(table, n, 7, true);
		assert_int_equal(number != 0, n < FLOW_L2_PER_SOURCE);
	}
	/*
	 * Another address may take the pair that this one could not. Taking a pair that
	 * exists is charged to neither.
	 */
	assert_int_not_equal(take_for(table, n - 1, 8, true), 0);
	assert_int_not_equal(take_for(table, n - 1, 7, true), 0);
	number = take_for(table, 0, 7, true);
	flow_l2_drop(table, number);
	assert_int_equal(take_for(table, n, 7, true), 0);
	/* after releasing a pair it may take another one */
	flow_l2_drop(table, number);
	assert_int_not_equal(take_for(table, n, 7, true), 0);
}

static void
what_is_not_answered_takes_half(void **state)
{
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint32_t n;

	for (n = 0; n < PAIRS / 2; n++)
		assert_int_not_equal(take_for(table, n, n, false), 0);
	assert_int_equal(take_for(table, n, n, false), 0);
	assert_int_not_equal(take_for(table, n - 1, n, false), 0); /* the pair is known */
	for (; n < PAIRS; n++)
		assert_int_not_equal(take_for(table, n, n, true), 0);
}

static void
random_use_agrees_with_the_model(void **state)
{
	enum { STATIONS = 5000, ROUNDS = 400000 };
	static uint32_t references[STATIONS];
	static uint16_t number[STATIONS];
	struct flow_l2 *table = flow_l2_init(*state, PAIRS, secret);
	uint32_t random = 1, round, n, distinct = 0;
	uint16_t got;

	for (round = 0; round < ROUNDS; round++) {
		random = random * 1664525u + 1013904223u;
		n = (random >> 8) % STATIONS;
		/* phases in which the table grows or shrinks */
		if ((random >> 5 & 7) < 4 + (round / 50000) % 2) {
			got = take(table, n);
			if (got == 0) {
				assert_int_equal(references[n], 0);
				assert_int_equal(distinct, PAIRS);
				continue;
			}
			if (references[n]++ == 0) {
				number[n] = got;
				distinct++;
			}
			assert_int_equal(got, number[n]);
		} else if (references[n] > 0) {
			flow_l2_drop(table, number[n]);
			distinct -= --references[n] == 0;
		}
		if (references[n] > 0)
			assert_is(table, number[n], n);
	}
	for (n = 0; n < STATIONS; n++)
		for (; references[n] > 0; references[n]--)
			flow_l2_drop(table, number[n]);
	for (n = 0; n < PAIRS; n++)
		assert_int_not_equal(take(table, 10000 + n), 0);
}

static int
start(void **state)
{
	uint32_t random = 1;
	size_t i;

	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
	*state = aligned_alloc(64, (flow_l2_bytes(PAIRS) + 63) / 64 * 64);
	return *state == NULL;
}

static int
end(void **state)
{
	free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_same_link_layer_has_one_number_and_others_have_others),
		cmocka_unit_test(an_entry_lives_as_long_as_it_is_referred_to),
		cmocka_unit_test(it_takes_as_many_as_it_is_made_for_and_not_one_more),
		cmocka_unit_test(a_source_takes_no_more_than_its_share),
		cmocka_unit_test(what_is_not_answered_takes_half),
		cmocka_unit_test(random_use_agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, start, end);
}
