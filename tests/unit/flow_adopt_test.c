/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table in the memory of another one: its connections are found, whatever the owner of
 * the other one was doing when it was killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>

#include <flow/adopt.h>

#define CONNECTIONS 4000u
#define REMOVED_EACH 7u /* of the connections, each seventh was removed */

struct fixture {
	struct flow_table table;
	struct flow_config config;
	void *memory;
	uint8_t secret[KEY_SECRET_BYTES];
};

static struct flow_key
key_of(uint32_t n)
{
	struct flow_key key = {.id = {.port = {rte_cpu_to_be_16((uint16_t)(1024 + n)),
					       RTE_BE16(443)},
				      .network = flow_network(0, 0, 0) | FLOW_TCP},
			       .addr.v4 = {RTE_BE32(0x0a000001), RTE_BE32(0xc0000201)}};

	return key;
}

static uint32_t
insert(struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(n);

	return flow_insert(t, &key, flow_table_hash(t, &key));
}

static uint32_t
find(const struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(n);

	return flow_lookup(t, &key, flow_table_hash(t, &key));
}

static bool
was_removed(uint32_t n)
{
	return n % REMOVED_EACH == 3;
}

/* A full table, some connections of which were removed again; two have extensions. */
static void
build(struct fixture *f)
{
	uint32_t n;

	memset(f->secret, 0x5a, sizeof(f->secret));
	f->config = (struct flow_config){.family = 4,
					 .connections = CONNECTIONS,
					 .secret = f->secret,
					 .shared = true};
	f->memory = aligned_alloc(64, flow_table_bytes(&f->config));
	assert_non_null(f->memory);
	memset(f->memory, 0, flow_table_bytes(&f->config));
	assert_int_equal(flow_table_init(&f->table, f->memory, &f->config), 0);
	for (n = 0; n < CONNECTIONS; n++)
		assert_int_equal(insert(&f->table, n), n);
	for (n = 0; n < CONNECTIONS; n++)
		if (was_removed(n))
			flow_remove(&f->table, n);
	for (n = 0; n < CONNECTIONS; n++)
		wheel_arm(&f->table.wheel, n, 1000 + n);
	assert_non_null(flow_ext_take(&f->table, 1));
	assert_non_null(flow_ext_take(&f->table, 2));
}

static uint32_t
adopt(struct fixture *f)
{
	assert_int_equal(flow_table_init(&f->table, f->memory, &f->config), 0);
	return flow_table_adopt(&f->table);
}

static struct flow_bucket *
bucket_of(struct flow_table *t, uint32_t index, unsigned *slot)
{
	uint32_t number;

	for (number = 0; number < t->bucket_count; number++)
		for (*slot = 0; *slot < FLOW_BUCKET_SLOTS; ++*slot)
			if ((t->buckets[number].used >> *slot & 1) != 0 &&
			    t->buckets[number].index[*slot] == index)
				return &t->buckets[number];
	return NULL;
}

/* Each connection but `lost` is found, and the table can be filled up and emptied. */
static void
assert_works(struct fixture *f, uint32_t lost)
{
	uint32_t n, count = 0;

	for (n = 0; n < CONNECTIONS; n++) {
		assert_int_equal(find(&f->table, n),
				 was_removed(n) || n == lost ? FLOW_NONE : n);
		count += !was_removed(n) && n != lost;
		assert_false(wheel_is_armed(&f->table.wheel, n));
	}
	assert_int_equal(f->table.count, count);
	for (n = 0; n < CONNECTIONS; n++)
		if (was_removed(n) || n == lost)
			assert_int_not_equal(insert(&f->table, n), FLOW_NONE);
	assert_int_equal(f->table.count, CONNECTIONS);
	assert_int_equal(insert(&f->table, CONNECTIONS), FLOW_NONE);
	for (n = 0; n < CONNECTIONS; n++)
		flow_remove(&f->table, n);
	assert_int_equal(f->table.count, 0);
	for (n = 0; n < f->table.bucket_count; n++)
		assert_int_equal(f->table.buckets[n].used, 0);
	free(f->memory);
}

static void
connections_are_found_in_the_next_table(void **state)
{
	struct fixture f;

	(void)state;
	build(&f);
	assert_int_equal(adopt(&f), f.table.count);
	assert_non_null(flow_ext(&f.table, flow_cold(&f.table, flow_conn(&f.table, 1))));
	assert_int_equal(f.table.ext_owner[flow_cold(&f.table, flow_conn(&f.table, 2))
						   ->track.ext_index],
			 2);
	assert_works(&f, FLOW_NONE);
}

static void
locks_of_the_killed_owner_are_released(void **state)
{
	struct fixture f;
	uint32_t n;

	(void)state;
	build(&f);
	for (n = 0; n < f.table.bucket_count; n++)
		f.table.buckets[n].lock = n & 1 ? FLOW_LOCK_ENGINE : 0;
	adopt(&f);
	for (n = 0; n < f.table.bucket_count; n++)
		assert_int_equal(f.table.buckets[n].lock, 0);
	assert_works(&f, FLOW_NONE);
}

/* flow_insert() has filled the slot, and not yet made the entry. */
static void
a_half_inserted_connection_is_removed(void **state)
{
	struct fixture f;

	(void)state;
	build(&f);
	flow_cold(&f.table, flow_conn(&f.table, 5))->meta.id = 0;
	adopt(&f);
	assert_works(&f, 5);
}

/* flow_remove() has cleared the slot, and the entry still has its id. */
static void
a_connection_that_is_not_in_the_index_is_removed(void **state)
{
	struct flow_bucket *bucket;
	struct fixture f;
	unsigned slot;

	(void)state;
	build(&f);
	bucket = bucket_of(&f.table, 6, &slot);
	bucket->tag[slot] = 0;
	bucket->used &= (uint8_t) ~(1u << slot);
	adopt(&f);
	assert_works(&f, 6);
}

/* A move has written the new slot, and has not cleared the old one. */
static void
a_connection_in_two_slots_stays_in_one(void **state)
{
	struct flow_bucket *bucket = NULL, *other = NULL;
	struct fixture f;
	unsigned slot = 0, free_slot;
	uint32_t n;

	(void)state;
	build(&f);
	for (n = 0; n < CONNECTIONS; n++) {
		bucket = was_removed(n) ? NULL : bucket_of(&f.table, n, &slot);
		if (bucket == NULL)
			continue;
		other = &f.table.buckets
				 [flow_bucket_alternate((uint32_t)(bucket -
								   f.table.buckets),
							bucket->tag[slot],
							f.table.bucket_count)];
		if (other != bucket && other->used != 0xff)
			break;
	}
	assert_true(n < CONNECTIONS && other != NULL && bucket != NULL);
	if (other == NULL || bucket == NULL)
		return;
	free_slot = (unsigned)__builtin_ctz(~(uint32_t)other->used);
	other->tag[free_slot] = bucket->tag[slot];
	other->index[free_slot] = n;
	other->used |= (uint8_t)(1u << free_slot);
	adopt(&f);
	assert_works(&f, FLOW_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_found_in_the_next_table),
		cmocka_unit_test(locks_of_the_killed_owner_are_released),
		cmocka_unit_test(a_half_inserted_connection_is_removed),
		cmocka_unit_test(a_connection_that_is_not_in_the_index_is_removed),
		cmocka_unit_test(a_connection_in_two_slots_stays_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
