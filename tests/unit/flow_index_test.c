/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index of the connection table: the two buckets of a key, entries that are moved to
 * their second one, and keys with equal hashes or tags.
 */
#include "flow_fixture.h"

static void
the_other_bucket_of_the_other_one_is_the_first(void **state)
{
	static const uint32_t counts[] = {1, 2, 3, 16, 157, 163840, 163841, 167772160};
	struct flow_table t = {.family = 4};
	struct fixture *f = *state;
	uint32_t i, n, bucket, other;
	uint16_t tag;

	f->random = 1;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		t.bucket_count = counts[i];
		for (n = 0; n < 100000; n++) {
			bucket = fixture_random(f, counts[i]);
			tag = flow_tag(fixture_random(f, UINT32_MAX));
			assert_int_not_equal(tag, 0);
			other = flow_alternate(&t, bucket, tag);
			assert_true(other < counts[i]);
			assert_int_equal(flow_alternate(&t, other, tag), bucket);
		}
		assert_int_equal(flow_primary(&t, UINT64_MAX), counts[i] - 1);
		assert_int_equal(flow_primary(&t, 0), 0);
	}
	assert_int_equal(flow_tag(UINT64_C(0xffff0000)), 1);
}

/* An index can be filled to 97 % only by moving entries to their alternate buckets. */
static void
displacement_keeps_everything_findable(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t n, i;

	fixture_build(f, 4, 20000);
	t->bucket_count = 20000 / 8 - 1; /* fewer index slots than connections */
	for (n = 0; insert_key(t, n) != FLOW_NONE; n++)
		;
	assert_in_range(n, t->bucket_count * 8 * 96 / 100, t->bucket_count * 8);
	assert_int_equal(t->count, n);
	check_index(t);
	for (i = 0; i < n; i++)
		assert_int_equal(find_key(t, i), i);
	/* the failed insertion has left no entry behind */
	assert_int_equal(find_key(t, n), FLOW_NONE);
}

static void
after_long_use_few_live_in_their_second_bucket(void **state)
{
	enum { N = 100000 };
	static uint32_t where[N];
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t i, n, fresh, after;

	fixture_build(f, 4, N);
	for (i = 0; i < N; i++)
		where[i] = insert_key(t, i);
	fresh = check_index(t);
	for (i = 0; i < 5 * N; i++) {
		n = fixture_random(f, N);
		flow_remove(t, where[n]);
		where[n] = insert_key(t, N + i);
		assert_int_not_equal(where[n], FLOW_NONE);
	}
	after = check_index(t);
	print_message("# at 80 in 100 full: %u of %u in the second bucket, %u later\n",
		      fresh, N, after);
	assert_true(fresh < N / 5 && after < N / 5);
}

static void
keys_that_differ_in_one_byte_are_different(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct flow_key key, other;
	unsigned family, i, bytes;

	for (family = 4; family <= 6; family += 2) {
		fixture_build(f, (uint8_t)family, 100);
		bytes = family == 4 ? KEY4_BYTES : KEY6_BYTES;
		key = key_of(t, 1);
		assert_int_equal(insert_key(t, 1), 0);
		for (i = 0; i < bytes; i++) {
			other = key;
			((uint8_t *)&other)[i] ^= 1;
			/* even with equal hash and tag */
			assert_int_equal(flow_find(t, &other, flow_table_hash(t, &key),
						   0),
					 FLOW_NONE);
			assert_int_equal(flow_lookup(t, &other,
						     flow_table_hash(t, &other)),
					 FLOW_NONE);
		}
	}
}

static void
keys_with_one_hash_are_all_found_up_to_sixteen(void **state)
{
	const uint64_t hash = UINT64_C(0x1234567890abcdef);
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct flow_key key;
	uint32_t n;

	fixture_build(f, 4, 1000);
	assert_int_not_equal(flow_alternate(t, flow_primary(t, hash), flow_tag(hash)),
			     flow_primary(t, hash));
	for (n = 0; n < 16; n++) {
		key = key_of(t, n);
		assert_int_equal(flow_insert(t, &key, hash), n);
	}
	key = key_of(t, n);
	assert_int_equal(flow_insert(t, &key, hash), FLOW_NONE);
	assert_int_equal(t->count, 16);
	assert_int_equal(flow_lookup(t, &key, hash), FLOW_NONE);
	for (n = 0; n < 16; n++) {
		key = key_of(t, n);
		assert_int_equal(flow_lookup(t, &key, hash), n);
		assert_int_equal(flow_find(t, &key, hash, flow_probe(t, hash)), n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_other_bucket_of_the_other_one_is_the_first),
		cmocka_unit_test(displacement_keeps_everything_findable),
		cmocka_unit_test(after_long_use_few_live_in_their_second_bucket),
		cmocka_unit_test(keys_that_differ_in_one_byte_are_different),
		cmocka_unit_test(keys_with_one_hash_are_all_found_up_to_sixteen),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
