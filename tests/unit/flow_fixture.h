/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection table in memory of its own, keys that are numbered, and a check of the
 * whole index. The fixture is cmocka's state of a group of tests.
 *
 *	struct fixture *f = *state;
 *
 *	fixture_build(f, 4, 1000);
 *	assert_int_equal(insert_key(&f->table, 7), 0);
 *	assert_int_equal(find_key(&f->table, 7), 0);
 *	check_index(&f->table);
 */
#ifndef UNIT_FLOW_FIXTURE_H
#define UNIT_FLOW_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <flow/table.h>

struct fixture {
	struct flow_table table;
	void *memory;
	size_t bytes;
	uint8_t secret[KEY_SECRET_BYTES];
	uint64_t random;
};

/* cmocka's functions for a group of tests. */
int fixture_start(void **state);
int fixture_end(void **state);

/* Return a random number below a bound; the same series after each fixture_build(). */
uint32_t fixture_random(struct fixture *f, uint32_t below);

/* Create an empty table for a number of connections, in place of the one before. */
void fixture_build(struct fixture *f, uint8_t family, uint32_t connections);

/* Return the n-th key. Bytes after an IPv4 key are random and must not be read. */
struct flow_key key_of(const struct flow_table *t, uint32_t n);

/* Insert key n. Returns as flow_insert(). */
uint32_t insert_key(struct flow_table *t, uint32_t n);

/*
 * Look up key n in stages. Assert that flow_lookup(), and the stages without
 * flow_probe_second(), give the same result. Returns as flow_lookup().
 */
uint32_t find_key(const struct flow_table *t, uint32_t n);

/*
 * Assert that masks and overflow counters of the index are right, by counting again.
 * Returns how many entries are in their alternate bucket.
 */
uint32_t check_index(const struct flow_table *t);

#endif
