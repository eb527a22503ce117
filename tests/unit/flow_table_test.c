/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection table: lookups find exactly the keys that were inserted, and a
 * connection keeps its number.
 */
#include <stdlib.h>

#include "flow_fixture.h"

static void
fill_and_empty(struct fixture *f, uint8_t family, uint32_t n)
{
	struct flow_table *t = &f->table;
	struct flow_key key, copy;
	uint32_t i;

	fixture_build(f, family, n);
	for (i = 0; i < n; i++)
		assert_int_equal(insert_key(t, i), i);
	assert_int_equal(insert_key(t, n), FLOW_NONE); /* the table is full */
	assert_int_equal(t->count, n);
	check_index(t);

	for (i = 0; i < n; i++) {
		assert_int_equal(find_key(t, i), i);
		flow_key_of(t, i, &copy);
		key = key_of(t, i);
		assert_memory_equal(&copy, &key, family == 4 ? KEY4_BYTES : KEY6_BYTES);
	}
	for (; i < 2 * n; i++)
		assert_int_equal(find_key(t, i), FLOW_NONE);

	for (i = 0; i < n; i += 2)
		flow_remove(t, i);
	check_index(t);
	for (i = 0; i < n; i++)
		assert_int_equal(find_key(t, i), i % 2 ? i : FLOW_NONE);
	for (i = 0; i < n; i += 2)
		assert_int_not_equal(insert_key(t, n + i), FLOW_NONE);
	assert_int_equal(t->count, n);
	assert_int_equal(t->high, n);
	check_index(t);

	for (i = 0; i < n; i++)
		flow_remove(t, i);
	assert_int_equal(t->count, 0);
	assert_int_equal(check_index(t), 0);
	assert_int_equal(flow_next(t, 0, t->high), FLOW_NONE);
}

static void
ipv4_fills_to_its_capacity_and_finds_each(void **state)
{
	fill_and_empty(*state, 4, 100000);
}

static void
ipv6_fills_to_its_capacity_and_finds_each(void **state)
{
	fill_and_empty(*state, 6, 50000);
}

static void
small_tables_fill_to_their_capacity_too(void **state)
{
	static const uint32_t sizes[] = {1, 2, 7, 64, 102, 103, 500};
	unsigned i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		fill_and_empty(*state, 4, sizes[i]);
}

static void
random_use_agrees_with_the_model(void **state)
{
	enum { KEYS = 6000, CONNECTIONS = 4000, ROUNDS = 600000 };
	static uint32_t where[KEYS];
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t round, n, count = 0;

	fixture_build(f, 4, CONNECTIONS);
	memset(where, 0xff, sizeof(where));
	for (round = 0; round < ROUNDS; round++) {
		n = fixture_random(f, KEYS);
		assert_int_equal(find_key(t, n), where[n]);
		if (where[n] != FLOW_NONE) {
			if (fixture_random(f, 3) != 0)
				continue;
			flow_remove(t, where[n]);
			where[n] = FLOW_NONE;
			count--;
		} else if (count < CONNECTIONS) {
			where[n] = insert_key(t, n);
			assert_true(where[n] < CONNECTIONS);
			count++;
		} else {
			assert_int_equal(insert_key(t, n), FLOW_NONE);
		}
		assert_int_equal(t->count, count);
		if (round % 20000 == 0)
			check_index(t);
	}
	check_index(t);
}

static void
the_key_of_a_stored_connection_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct flow_key key, wanted;

	fixture_build(f, 4, 100);
	assert_int_equal(insert_key(t, 5), 0);
	assert_int_equal(find_key(t, 5), 0);
	flow_key_of(t, 0, &key);
	wanted = key_of(t, 5);
	assert_true(flow_key4_equal(&key, &wanted));
	assert_int_equal(key.addr.v6[1][15], 0); /* unused bytes */
	flow_remove(t, 0);
	assert_int_equal(find_key(t, 5), FLOW_NONE);
	check_index(t);
}

static void
a_new_connection_is_zero_but_for_key_and_id(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint8_t expected[FLOW_CONN6_BYTES];
	struct flow_key key;
	const uint32_t id = 1; /* never 0 */
	unsigned family;

	for (family = 4; family <= 6; family += 2) {
		fixture_build(f, (uint8_t)family, 10);
		assert_int_equal(insert_key(t, 0), 0);
		flow_ext_take(t, 0);
		wheel_arm(&t->wheel, 0, 100);
		memset(&flow_conn(t, 0)->hot, 0xff, sizeof(struct track_hot));
		flow_remove(t, 0);
		assert_int_equal(t->wheel.armed, 0);

		assert_int_equal(insert_key(t, 1), 0);
		memset(expected, 0, sizeof(expected));
		key = key_of(t, 1);
		memcpy(expected + 48, &key, family == 4 ? KEY4_BYTES : KEY6_BYTES);
		memcpy(expected + t->cold_offset + offsetof(struct flow_cold, meta.id),
		       &id, 4);
		assert_memory_equal(flow_conn(t, 0), expected, t->stride);
	}
}

static void
next_walks_over_all_in_use(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t i, seen = 0;

	fixture_build(f, 6, 300);
	assert_int_equal(flow_next(t, 0, UINT32_MAX), FLOW_NONE);
	for (i = 0; i < 200; i++)
		insert_key(t, i);
	for (i = 0; i < 200; i++)
		if (i % 3 != 0)
			flow_remove(t, i);
	for (i = flow_next(t, 0, 200); i != FLOW_NONE; i = flow_next(t, i + 1, 200)) {
		assert_int_equal(i % 3, 0);
		seen++;
	}
	assert_int_equal(seen, t->count);
	/* number 3 is in use, but not below the limit 3 */
	assert_int_equal(flow_next(t, 1, 3), FLOW_NONE);
	assert_int_equal(flow_next(t, 1, 4), 3);
	assert_int_equal(flow_next(t, 3, 3), FLOW_NONE);
	assert_int_equal(flow_next(t, 199, UINT32_MAX), FLOW_NONE);
	flow_remove(t, 1); /* removing an extension that is not in use has no effect */
	assert_int_equal(seen, t->count);
}

static void
the_ring_of_extensions_takes_the_oldest_from_its_owner(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct tcp_ext *ext;
	uint32_t i;

	fixture_build(f, 4, 200);
	assert_int_equal(t->ext_count, 64);
	for (i = 0; i < 200; i++)
		insert_key(t, i);
	for (i = 0; i < 64; i++) {
		assert_null(flow_ext(t, flow_cold(t, flow_conn(t, i))));
		ext = flow_ext_take(t, i);
		assert_ptr_equal(ext, flow_ext(t, flow_cold(t, flow_conn(t, i))));
		assert_ptr_not_equal(ext, &t->exts[0]);
		ext->rate[0] = i + 1;
	}
	assert_ptr_equal(flow_ext_take(t, 7), flow_ext(t, flow_cold(t, flow_conn(t, 7))));
	assert_int_equal(flow_ext_take(t, 7)->rate[0], 8);

	ext = flow_ext_take(t, 100); /* the ring is full */
	assert_int_equal(ext->rate[0], 0);
	assert_null(flow_ext(t, flow_cold(t, flow_conn(t, 0))));
	assert_non_null(flow_ext(t, flow_cold(t, flow_conn(t, 1))));

	/*
	 * an owner that was removed is not accessed again, even when its number is reused
	 */
	flow_remove(t, 1);
	assert_int_equal(insert_key(t, 500), 1);
	assert_non_null(flow_ext_take(t, 101));
	assert_int_equal(flow_cold(t, flow_conn(t, 1))->track.ext_index, 0);
	flow_ext_give_back(t, 1); /* it has no extension, so this has no effect */
	assert_non_null(flow_ext(t, flow_cold(t, flow_conn(t, 101))));

	for (i = 102; i < 200; i++)
		assert_non_null(flow_ext_take(t, i));
	assert_null(flow_ext(t, flow_cold(t, flow_conn(t, 100))));
	for (i = 0; i <= 200 - 64; i++)
		assert_true(i == 1 || i >= 136 ||
			    flow_cold(t, flow_conn(t, i))->track.ext_index == 0);
}

static void
one_secret_and_one_order_give_one_table(void **state)
{
	struct fixture *f = *state, g = {0};
	uint32_t i;

	fixture_build(f, 4, 5000);
	fixture_build(&g, 4, 5000);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(insert_key(&f->table, i), insert_key(&g.table, i));
		if (i % 3 == 0) {
			flow_remove(&f->table, i / 2);
			flow_remove(&g.table, i / 2);
		}
	}
	assert_memory_equal(f->memory, g.memory, f->bytes);
	free(g.memory);
}

static void
a_table_of_none_finds_nothing_and_takes_nothing(void **state)
{
	uint8_t family;

	(void)state;
	for (family = 4; family <= 6; family += 2) {
		struct flow_table t;

		flow_table_none(&t, family);
		/* a lookup loads its tags as an aligned vector */
		assert_int_equal((uintptr_t)t.buckets % 64, 0);
		assert_int_equal(insert_key(&t, 1), FLOW_NONE);
		assert_int_equal(find_key(&t, 1), FLOW_NONE);
		assert_int_equal(flow_next(&t, 0, UINT32_MAX), FLOW_NONE);
		assert_int_equal(t.count, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_fills_to_its_capacity_and_finds_each),
		cmocka_unit_test(ipv6_fills_to_its_capacity_and_finds_each),
		cmocka_unit_test(small_tables_fill_to_their_capacity_too),
		cmocka_unit_test(random_use_agrees_with_the_model),
		cmocka_unit_test(the_key_of_a_stored_connection_is_given_back),
		cmocka_unit_test(a_new_connection_is_zero_but_for_key_and_id),
		cmocka_unit_test(next_walks_over_all_in_use),
		cmocka_unit_test(the_ring_of_extensions_takes_the_oldest_from_its_owner),
		cmocka_unit_test(one_secret_and_one_order_give_one_table),
		cmocka_unit_test(a_table_of_none_finds_nothing_and_takes_nothing),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
