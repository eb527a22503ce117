/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of the connection table: how large it is, and that the table uses all of it.
 */
#include <errno.h>

#include "flow_fixture.h"

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
			fixture_build(f, (uint8_t)family, sizes[i]);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(a_million_connections_cost_144_bytes_and_192_of_ipv6),
		cmocka_unit_test(sizes_of_its_parts_add_up),
		cmocka_unit_test(the_memory_is_used_to_its_end_and_lines_are_whole),
	};

	return cmocka_run_group_tests(tests, fixture_start, fixture_end);
}
