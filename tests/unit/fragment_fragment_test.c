/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual reassembly alone: what is held, what is returned, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <base/ticks.h>
#include <fragment/fragment.h>

#define TICKS 30000u
#define NOW 0xfffffff0u /* the clock wraps soon */

static const uint8_t secret[KEY_SECRET_BYTES] = {1, 2, 3};
static struct fragment_group gone;
static struct rte_mbuf mbuf; /* of one segment */

static struct fragment_table *
table(uint32_t buffers)
{
	const struct fragment_config config = {
		.buffers = buffers,
		.ticks = TICKS,
		.secret = secret,
	};
	void *memory = calloc(1, fragment_bytes(&config));

	assert_non_null(memory);
	mbuf.nb_segs = 1;
	return fragment_init(memory, &config);
}

static enum fragment_fate
add_at(struct fragment_table *t, uint32_t id, uint16_t off, uint16_t len, bool more,
       uint32_t now)
{
	const struct fragment_key key = {.id = id};
	const struct fragment f = {.piece = {.m = &mbuf, .off = off, .len = len},
				   .more = more};

	return fragment_add(t, &key, &f, now, &gone);
}

static enum fragment_fate
add(struct fragment_table *t, uint32_t id, uint16_t off, uint16_t len, bool more)
{
	return add_at(t, id, off, len, more, NOW);
}

static void
a_datagram_comes_back_whole_in_the_order_of_arrival(void **state)
{
	/* all orders of four fragments */
	static const uint16_t off[4] = {0, 8, 24, 32};
	static const uint16_t len[4] = {8, 16, 8, 5};
	struct fragment_table *t = table(8);
	unsigned order, i, pick[4];

	(void)state;
	for (order = 0; order < 256; order++) {
		for (i = 0; i < 4; i++)
			pick[i] = order >> 2 * i & 3;
		if ((1u << pick[0] | 1u << pick[1] | 1u << pick[2] | 1u << pick[3]) != 15)
			continue;
		for (i = 0; i < 4; i++)
			assert_int_equal(add(t, 1, off[pick[i]], len[pick[i]],
					     pick[i] != 3),
					 i == 3 ? FRAGMENT_WHOLE : FRAGMENT_HELD);
		assert_int_equal(gone.n, 4);
		for (i = 0; i < 4; i++)
			assert_int_equal(gone.piece[i].off, off[pick[i]]);
		assert_int_equal(fragment_count(t), 0);
		assert_false(fragment_oldest(t, &gone));
	}
	free(t);
}

static void
a_duplicate_is_refused_alone(void **state)
{
	struct fragment_table *t = table(8);

	(void)state;
	assert_int_equal(add(t, 1, 8, 8, false), FRAGMENT_HELD);
	assert_int_equal(add(t, 1, 8, 8, false), FRAGMENT_DUPLICATE);
	assert_int_equal(gone.n, 1);
	assert_int_equal(fragment_count(t), 1);
	assert_int_equal(add(t, 1, 0, 8, true), FRAGMENT_WHOLE);
	assert_int_equal(gone.n, 2);
	free(t);
}

/*
 * Assert that after the second fragment, which contradicts the first one, the datagram is
 * dropped, with every later fragment of it.
 */
static void
condemned(uint16_t off, uint16_t len, bool more, uint16_t off2, uint16_t len2, bool more2)
{
	struct fragment_table *t = table(8);

	assert_int_equal(add(t, 1, off, len, more), FRAGMENT_HELD);
	assert_int_equal(add(t, 1, off2, len2, more2), FRAGMENT_OVERLAP);
	assert_int_equal(gone.n, 2);
	assert_int_equal(gone.piece[1].off, off2);
	assert_int_equal(fragment_count(t), 0);
	assert_int_equal(add(t, 1, 800, 8, true), FRAGMENT_OVERLAP);
	assert_int_equal(gone.n, 1);
	/* other datagrams are unaffected, and after its timeout this one is too */
	assert_int_equal(add(t, 2, 800, 8, true), FRAGMENT_HELD);
	assert_true(fragment_expire(t, NOW + TICKS, &gone));
	assert_int_equal(gone.n, 0);
	assert_int_equal(add_at(t, 1, 800, 8, true, NOW + TICKS), FRAGMENT_HELD);
	free(t);
}

static void
what_overlaps_or_contradicts_is_condemned(void **state)
{
	(void)state;
	condemned(0, 16, true, 8, 16, true);
	condemned(8, 16, true, 0, 16, true);
	condemned(0, 32, true, 8, 8, true);
	condemned(8, 8, true, 0, 32, true);
	condemned(8, 8, true, 8, 16, true);
	/* two ends: one fragment without and one with More Fragments */
	condemned(8, 8, false, 8, 8, true);
	condemned(8, 8, true, 8, 8, false);
	condemned(8, 8, false, 24, 8, true); /* beyond the end */
	condemned(24, 8, true, 8, 8, false);
	condemned(8, 8, false, 24, 8, false); /* two ends */
}

static void
time_counts_from_the_first_fragment(void **state)
{
	struct fragment_table *t = table(8);
	uint32_t at;

	(void)state;
	assert_false(fragment_next(t, &at));
	assert_int_equal(add(t, 1, 0, 8, true), FRAGMENT_HELD);
	assert_int_equal(add_at(t, 2, 0, 8, true, NOW + 5), FRAGMENT_HELD);
	assert_int_equal(add_at(t, 1, 8, 8, true, NOW + 20000), FRAGMENT_HELD);
	assert_true(fragment_next(t, &at));
	assert_int_equal(at, NOW + TICKS);
	assert_false(fragment_expire(t, NOW + TICKS - 1, &gone));
	assert_true(fragment_expire(t, NOW + TICKS, &gone));
	assert_int_equal(gone.n, 2);
	assert_false(fragment_expire(t, NOW + TICKS, &gone));
	assert_true(fragment_expire(t, NOW + TICKS + 5, &gone));
	assert_int_equal(gone.n, 1);
	assert_false(fragment_next(t, &at));
	free(t);
}

static void
a_datagram_has_64_fragments_at_most(void **state)
{
	struct fragment_table *t = table(200);
	unsigned i;

	(void)state;
	for (i = 0; i < FRAGMENT_MAX; i++)
		assert_int_equal(add(t, 1, (uint16_t)(8 * i), 8, i + 1 < FRAGMENT_MAX),
				 i + 1 < FRAGMENT_MAX ? FRAGMENT_HELD : FRAGMENT_WHOLE);
	assert_int_equal(gone.n, FRAGMENT_MAX);
	for (i = 0; i < FRAGMENT_MAX; i++)
		assert_int_equal(add(t, 1, (uint16_t)(8 * i), 8, true), FRAGMENT_HELD);
	assert_int_equal(add(t, 1, 8 * FRAGMENT_MAX, 8, true), FRAGMENT_MANY);
	assert_int_equal(gone.n, FRAGMENT_MAX + 1);
	assert_int_equal(fragment_count(t), 0);
	free(t);
}

static void
the_oldest_makes_room_and_a_flood_spares_what_comes_together(void **state)
{
	struct fragment_table *t = table(100);
	uint32_t id, lost = 0;

	(void)state;
	for (id = 1000; id < 101000; id++) {
		while (fragment_evict(t, 1, &gone)) {
			assert_int_equal(gone.n, 1);
			lost++;
		}
		assert_int_equal(add(t, id, 0, 8, true), FRAGMENT_HELD);
		assert_in_range(fragment_count(t), 1, 100);
		if (id % 64 == 0) {
			while (fragment_evict(t, 1, &gone))
				lost++;
			assert_int_equal(add(t, 1, 0, 8, true), FRAGMENT_HELD);
		}
		if (id % 64 == 32 && id > 1024) {
			while (fragment_evict(t, 1, &gone))
				lost++;
			assert_int_equal(add(t, 1, 8, 8, false), FRAGMENT_WHOLE);
		}
	}
	/* one fragment of the datagram remains held */
	assert_int_equal(lost, 100001 - fragment_count(t));
	free(t);
}

static void
buffers_count_by_segment(void **state)
{
	struct fragment_table *t = table(10);
	unsigned n;

	(void)state;
	mbuf.nb_segs = 4;
	assert_int_equal(add(t, 1, 0, 8, true), FRAGMENT_HELD);
	assert_false(fragment_evict(t, 4, &gone));
	assert_int_equal(add(t, 2, 0, 8, true), FRAGMENT_HELD);
	assert_true(fragment_evict(t, 4, &gone));
	assert_int_equal(gone.n, 1);
	assert_false(fragment_evict(t, 4, &gone));
	/* invalid datagrams hold no mbufs, but occupy entries */
	assert_int_equal(add(t, 2, 0, 16, true), FRAGMENT_OVERLAP);
	for (n = 0; n < 9; n++) {
		assert_false(fragment_evict(t, 1, &gone));
		mbuf.nb_segs = 1;
		assert_int_equal(add(t, 10 + n, 0, 8, true), FRAGMENT_HELD);
		assert_int_equal(add(t, 10 + n, 0, 16, true), FRAGMENT_OVERLAP);
	}
	assert_true(fragment_evict(t, 1, &gone));
	assert_int_equal(gone.n, 0);
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_comes_back_whole_in_the_order_of_arrival),
		cmocka_unit_test(a_duplicate_is_refused_alone),
		cmocka_unit_test(what_overlaps_or_contradicts_is_condemned),
		cmocka_unit_test(time_counts_from_the_first_fragment),
		cmocka_unit_test(a_datagram_has_64_fragments_at_most),
		cmocka_unit_test(
			the_oldest_makes_room_and_a_flood_spares_what_comes_together),
		cmocka_unit_test(buffers_count_by_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
