/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection table: lookups find exactly the keys that were inserted, the index is
 * consistent, and a connection keeps its number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include <rte_byteorder.h>

#include <flow/table.h>

struct fixture {
	struct flow_table table;
	void *memory;
	size_t bytes;
	uint8_t secret[KEY_SECRET_BYTES];
	uint64_t random;
};

static uint32_t
random_below(struct fixture *f, uint32_t below)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (uint32_t)(((f->random >> 32) * below) >> 32);
}

static void
build(struct fixture *f, uint8_t family, uint32_t connections)
{
	struct flow_config config = {.family = family,
				     .connections = connections,
				     .now = 0,
				     .secret = f->secret};
	unsigned i;

	f->random = 88172645463325252u;
	for (i = 0; i < sizeof(f->secret); i++)
		f->secret[i] = (uint8_t)random_below(f, 256);
	free(f->memory);
	f->bytes = flow_table_bytes(&config);
	f->memory = aligned_alloc(64, f->bytes);
	assert_non_null(f->memory);
	memset(f->memory, 0, f->bytes);
	assert_int_equal(flow_table_init(&f->table, f->memory, &config), 0);
}

/* Return the n-th key. Bytes after an IPv4 key are random and must not be read. */
static struct flow_key
key_of(const struct flow_table *t, uint32_t n)
{
	struct flow_key key;

	memset(&key, t->family == 4 ? 0xa5 : 0, sizeof(key));
	key.id = (struct flow_id){.port = {rte_cpu_to_be_16((uint16_t)(1024 + n % 50000)),
					   RTE_BE16(443)},
				  .network = flow_network((uint16_t)(n % 3), 0, 0) |
					     FLOW_TCP};
	if (t->family == 4) {
		key.addr.v4[0] = rte_cpu_to_be_32(0x0a000000 + n / 7);
		key.addr.v4[1] = rte_cpu_to_be_32(0xc0000200 + n % 7);
	} else {
		key.addr.v6[0][0] = 0x20;
		memcpy(&key.addr.v6[0][12], &n, sizeof(n));
		key.addr.v6[1][15] = (uint8_t)n;
	}
	return key;
}

static uint32_t
insert(struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(t, n);

	return flow_insert(t, &key, flow_table_hash(t, &key));
}

/*
 * Look up key n in stages. Assert that flow_lookup(), and the stages without
 * flow_probe_second(), give the same result.
 */
static uint32_t
find(const struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(t, n);
	uint64_t hash = flow_table_hash(t, &key);
	uint32_t first, second, index;

	flow_prefetch_bucket(t, hash);
	first = flow_probe(t, hash);
	second = flow_probe_second(t, hash, first);
	index = flow_find(t, &key, hash, second);
	assert_int_equal(index, flow_find(t, &key, hash, first));
	assert_int_equal(index, flow_lookup(t, &key, hash));
	if (index != FLOW_NONE)
		assert_true(flow_hash_of(t, index) == hash);
	return index;
}

/*
 * Assert that masks and overflow counters of the index are right, by counting again.
 * Returns how many entries are in their alternate bucket.
 */
static uint32_t
check_index(const struct flow_table *t)
{
	uint8_t *overflow = calloc(t->bucket_count, 16);
	uint32_t b, index, entries = 0, seconds = 0;
	const struct flow_bucket *bucket;
	struct flow_key key;
	uint64_t hash;
	unsigned slot, i;

	assert_non_null(overflow);
	for (b = 0; b < t->bucket_count; b++) {
		bucket = &t->buckets[b];
		for (slot = 0; slot < FLOW_BUCKET_SLOTS; slot++) {
			bool used = bucket->used >> slot & 1;
			bool secondary = bucket->secondary >> slot & 1;

			assert_int_equal(bucket->tag[slot] != 0, used);
			if (!used) {
				assert_false(secondary);
				continue;
			}
			entries++;
			index = bucket->index[slot];
			assert_true(flow_cold(t, flow_conn(t, index))->meta.id != 0);
			flow_key_of(t, index, &key);
			hash = flow_table_hash(t, &key);
			assert_int_equal(bucket->tag[slot], flow_tag(hash));
			assert_int_equal(secondary, flow_primary(t, hash) != b);
			if (secondary) {
				assert_int_equal(flow_alternate(t, b, flow_tag(hash)),
						 flow_primary(t, hash));
				overflow[flow_primary(t, hash) * 16 +
					 (flow_tag(hash) >> 12)]++;
				seconds++;
			}
		}
	}
	assert_int_equal(entries, t->count);
	for (b = 0; b < t->bucket_count; b++)
		for (i = 0; i < 16; i++)
			assert_int_equal(t->buckets[b].overflow >> (4 * i) & 0xf,
					 overflow[b * 16 + i]);
	free(overflow);
	return seconds;
}

static void
numbers_out_of_range_are_refused(void **state)
{
	struct fixture *f = *state;
	struct flow_config bad[] = {
		{.family = 4, .connections = 0, .secret = f->secret},
		{.family = 4,
		 .connections = FLOW_MAX_CONNECTIONS + 1,
		 .secret = f->secret},
		{.family = 5, .connections = 10, .secret = f->secret},
	};
	struct flow_config largest = {.family = 6, .connections = FLOW_MAX_CONNECTIONS};
	unsigned i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(flow_table_bytes(&bad[i]), 0);
		assert_int_equal(flow_table_init(&f->table, NULL, &bad[i]), -EINVAL);
	}
	assert_true(flow_table_bytes(&largest) > (UINT64_C(170) << 30));
}

static void
a_million_connections_cost_144_bytes_and_192_of_ipv6(void **state)
{
	struct flow_config config = {.family = 4, .connections = 1000000};

	(void)state;
	assert_true(flow_table_bytes(&config) <= 144u * 1000000);
	config.connections = 1048576;
	assert_true(flow_table_bytes(&config) <= 144u * 1048576);
	config.family = 6;
	assert_true(flow_table_bytes(&config) <= 192u * 1048576);
}

static void
sizes_of_its_parts_add_up(void **state)
{
	struct flow_config config = {.family = 4, .connections = 1048576};
	struct flow_sizes sizes;

	(void)state;
	flow_table_sizes(&config, &sizes);
	assert_int_equal(sizes.connections, FLOW_CONN4_BYTES * UINT64_C(1048576));
	assert_int_equal(sizes.index, 10u * 1048576);
	assert_int_equal(sizes.index + sizes.connections + sizes.exts,
			 flow_table_bytes(&config));
	config.family = 6;
	flow_table_sizes(&config, &sizes);
	assert_int_equal(sizes.connections, FLOW_CONN6_BYTES * UINT64_C(1048576));
	config.family = 5;
	flow_table_sizes(&config, &sizes);
	assert_int_equal(sizes.index + sizes.connections + sizes.exts, 0);
}

static void
the_memory_is_used_to_its_end_and_lines_are_whole(void **state)
{
	static const uint32_t sizes[] = {1, 63, 64, 1000, 8193};
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	unsigned i, family;

	for (i = 0; i < 5; i++)
		for (family = 4; family <= 6; family += 2) {
			build(f, (uint8_t)family, sizes[i]);
			assert_int_equal((uintptr_t)t->buckets % 64, 0);
			assert_int_equal((uintptr_t)t->slab % 64, 0);
			assert_true((char *)(t->buckets + t->bucket_count) <= t->slab);
			assert_true((char *)flow_conn(t, sizes[i]) <= (char *)t->exts);
			assert_true((char *)(t->exts + t->ext_count + 1) <=
				    (char *)t->ext_owner);
			assert_in_range((char *)f->memory + f->bytes -
						(char *)(t->ext_owner + t->ext_count + 1),
					0, 63);
		}
}

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
			bucket = random_below(f, counts[i]);
			tag = flow_tag(random_below(f, UINT32_MAX));
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

static void
fill_and_empty(struct fixture *f, uint8_t family, uint32_t n)
{
	struct flow_table *t = &f->table;
	struct flow_key key, copy;
	uint32_t i;

	build(f, family, n);
	for (i = 0; i < n; i++)
		assert_int_equal(insert(t, i), i);
	assert_int_equal(insert(t, n), FLOW_NONE); /* the table is full */
	assert_int_equal(t->count, n);
	check_index(t);

	for (i = 0; i < n; i++) {
		assert_int_equal(find(t, i), i);
		flow_key_of(t, i, &copy);
		key = key_of(t, i);
		assert_memory_equal(&copy, &key, family == 4 ? KEY4_BYTES : KEY6_BYTES);
	}
	for (; i < 2 * n; i++)
		assert_int_equal(find(t, i), FLOW_NONE);

	for (i = 0; i < n; i += 2)
		flow_remove(t, i);
	check_index(t);
	for (i = 0; i < n; i++)
		assert_int_equal(find(t, i), i % 2 ? i : FLOW_NONE);
	for (i = 0; i < n; i += 2)
		assert_int_not_equal(insert(t, n + i), FLOW_NONE);
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

/* An index can be filled to 97 % only by moving entries to their alternate buckets. */
static void
displacement_keeps_everything_findable(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t n, i;

	build(f, 4, 20000);
	t->bucket_count = 20000 / 8 - 1; /* fewer index slots than connections */
	for (n = 0; insert(t, n) != FLOW_NONE; n++)
		;
	assert_in_range(n, t->bucket_count * 8 * 96 / 100, t->bucket_count * 8);
	assert_int_equal(t->count, n);
	check_index(t);
	for (i = 0; i < n; i++)
		assert_int_equal(find(t, i), i);
	/* the failed insertion has left no entry behind */
	assert_int_equal(find(t, n), FLOW_NONE);
}

static void
random_use_agrees_with_the_model(void **state)
{
	enum { KEYS = 6000, CONNECTIONS = 4000, ROUNDS = 600000 };
	static uint32_t where[KEYS];
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t round, n, count = 0;

	build(f, 4, CONNECTIONS);
	memset(where, 0xff, sizeof(where));
	for (round = 0; round < ROUNDS; round++) {
		n = random_below(f, KEYS);
		assert_int_equal(find(t, n), where[n]);
		if (where[n] != FLOW_NONE) {
			if (random_below(f, 3) != 0)
				continue;
			flow_remove(t, where[n]);
			where[n] = FLOW_NONE;
			count--;
		} else if (count < CONNECTIONS) {
			where[n] = insert(t, n);
			assert_true(where[n] < CONNECTIONS);
			count++;
		} else {
			assert_int_equal(insert(t, n), FLOW_NONE);
		}
		assert_int_equal(t->count, count);
		if (round % 20000 == 0)
			check_index(t);
	}
	check_index(t);
}

static void
after_long_use_few_live_in_their_second_bucket(void **state)
{
	enum { N = 100000 };
	static uint32_t where[N];
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	uint32_t i, n, fresh, after;

	build(f, 4, N);
	for (i = 0; i < N; i++)
		where[i] = insert(t, i);
	fresh = check_index(t);
	for (i = 0; i < 5 * N; i++) {
		n = random_below(f, N);
		flow_remove(t, where[n]);
		where[n] = insert(t, N + i);
		assert_int_not_equal(where[n], FLOW_NONE);
	}
	after = check_index(t);
	print_message("# at 80 in 100 full: %u of %u in the second bucket, %u later\n",
		      fresh, N, after);
	assert_true(fresh < N / 5 && after < N / 5);
}

static void
the_key_of_a_stored_connection_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct flow_key key, wanted;

	build(f, 4, 100);
	assert_int_equal(insert(t, 5), 0);
	assert_int_equal(find(t, 5), 0);
	flow_key_of(t, 0, &key);
	wanted = key_of(t, 5);
	assert_true(flow_key4_equal(&key, &wanted));
	assert_int_equal(key.addr.v6[1][15], 0); /* unused bytes */
	flow_remove(t, 0);
	assert_int_equal(find(t, 5), FLOW_NONE);
	check_index(t);
}

static void
keys_that_differ_in_one_byte_are_different(void **state)
{
	struct fixture *f = *state;
	struct flow_table *t = &f->table;
	struct flow_key key, other;
	unsigned family, i, bytes;

	for (family = 4; family <= 6; family += 2) {
		build(f, (uint8_t)family, 100);
		bytes = family == 4 ? KEY4_BYTES : KEY6_BYTES;
		key = key_of(t, 1);
		assert_int_equal(insert(t, 1), 0);
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

	build(f, 4, 1000);
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
		build(f, (uint8_t)family, 10);
		assert_int_equal(insert(t, 0), 0);
		flow_ext_take(t, 0);
		wheel_arm(&t->wheel, 0, 100);
		memset(&flow_conn(t, 0)->hot, 0xff, sizeof(struct track_hot));
		flow_remove(t, 0);
		assert_int_equal(t->wheel.armed, 0);

		assert_int_equal(insert(t, 1), 0);
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

	build(f, 6, 300);
	assert_int_equal(flow_next(t, 0, UINT32_MAX), FLOW_NONE);
	for (i = 0; i < 200; i++)
		insert(t, i);
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

	build(f, 4, 200);
	assert_int_equal(t->ext_count, 64);
	for (i = 0; i < 200; i++)
		insert(t, i);
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
	assert_int_equal(insert(t, 500), 1);
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

	build(f, 4, 5000);
	build(&g, 4, 5000);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(insert(&f->table, i), insert(&g.table, i));
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
		assert_int_equal(insert(&t, 1), FLOW_NONE);
		assert_int_equal(find(&t, 1), FLOW_NONE);
		assert_int_equal(flow_next(&t, 0, UINT32_MAX), FLOW_NONE);
		assert_int_equal(t.count, 0);
	}
}

static int
start(void **state)
{
	*state = aligned_alloc(64, sizeof(struct fixture));
	if (*state == NULL)
		return -1;
	memset(*state, 0, sizeof(struct fixture));
	return 0;
}

static int
end(void **state)
{
	struct fixture *f = *state;

	free(f->memory);
	free(f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(a_million_connections_cost_144_bytes_and_192_of_ipv6),
		cmocka_unit_test(sizes_of_its_parts_add_up),
		cmocka_unit_test(the_memory_is_used_to_its_end_and_lines_are_whole),
		cmocka_unit_test(the_other_bucket_of_the_other_one_is_the_first),
		cmocka_unit_test(ipv4_fills_to_its_capacity_and_finds_each),
		cmocka_unit_test(ipv6_fills_to_its_capacity_and_finds_each),
		cmocka_unit_test(small_tables_fill_to_their_capacity_too),
		cmocka_unit_test(displacement_keeps_everything_findable),
		cmocka_unit_test(random_use_agrees_with_the_model),
		cmocka_unit_test(after_long_use_few_live_in_their_second_bucket),
		cmocka_unit_test(the_key_of_a_stored_connection_is_given_back),
		cmocka_unit_test(keys_that_differ_in_one_byte_are_different),
		cmocka_unit_test(keys_with_one_hash_are_all_found_up_to_sixteen),
		cmocka_unit_test(a_new_connection_is_zero_but_for_key_and_id),
		cmocka_unit_test(next_walks_over_all_in_use),
		cmocka_unit_test(the_ring_of_extensions_takes_the_oldest_from_its_owner),
		cmocka_unit_test(one_secret_and_one_order_give_one_table),
		cmocka_unit_test(a_table_of_none_finds_nothing_and_takes_nothing),
	};

	return cmocka_run_group_tests(tests, start, end);
}
