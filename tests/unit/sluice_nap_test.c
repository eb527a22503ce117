/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a worker with `poll: adaptive` sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nap.h"

static void
no_sleep_before_many_turns_without_a_packet(void **state)
{
	struct nap nap = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < NAP_TURNS; i++)
		assert_int_equal(nap_next(&nap, true), 0);
	assert_int_equal(nap_next(&nap, true), NAP_MIN_NS);
}

static void
sleeps_grow_up_to_a_bound(void **state)
{
	struct nap nap = {.turns = NAP_TURNS};
	uint32_t last = NAP_MIN_NS / 2, ns;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++) {
		ns = nap_next(&nap, true);
		assert_true(ns == 2 * last || ns == NAP_MAX_NS);
		last = ns;
	}
	assert_int_equal(last, NAP_MAX_NS);
	/* with 30 us to wake up, a packet is less than 200 us late */
	assert_true(NAP_MAX_NS + NAP_SLACK_NS + 30000 < 200000);
}

static void
a_packet_ends_the_sleeps(void **state)
{
	struct nap nap = {.turns = NAP_TURNS, .ns = NAP_MAX_NS};
	unsigned i;

	(void)state;
	assert_int_equal(nap_next(&nap, false), 0);
	for (i = 0; i < NAP_TURNS; i++)
		assert_int_equal(nap_next(&nap, true), 0);
	assert_int_equal(nap_next(&nap, true), NAP_MIN_NS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sleep_before_many_turns_without_a_packet),
		cmocka_unit_test(sleeps_grow_up_to_a_bound),
		cmocka_unit_test(a_packet_ends_the_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
