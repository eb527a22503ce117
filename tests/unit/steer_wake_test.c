/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers of a wire that sleep are woken by those that hand something to them. */
#include "handoff_internal.h"
#include "steer_fixture.h"

static void
packets_wake_a_worker_that_dozes(void **state)
{
	struct pair p;

	(void)state;
	pair_start(&p, true);
	link_mark(p.h[0], 1, 0);
	assert_false(is_woken(p.h[1])); /* it runs */
	handoff_doze(p.h[1]);
	link_mark(p.h[0], 1, 1);
	assert_true(is_woken(p.h[1]));
	assert_false(is_woken(p.h[0]));
	assert_false(p.h[1]->dozes); /* further packets cost no system call */
	handoff_wake_up(p.h[1]);
	assert_false(is_woken(p.h[1]));
	link_mark(p.h[0], 1, 0);
	assert_false(is_woken(p.h[1]));
	pair_end(&p);
}

static void
frames_to_transmit_wake_their_sender(void **state)
{
	struct rte_mbuf mbuf, *frame = &mbuf;
	struct pair p;

	(void)state;
	pair_start(&p, true);
	handoff_doze(p.h[1]);
	assert_int_equal(handoff_send(p.h[0], 1, &frame, 1), 1);
	assert_true(is_woken(p.h[1]));
	pair_end(&p);
}

static void
a_worker_that_goes_on_by_itself_is_not_woken(void **state)
{
	struct pair p;

	(void)state;
	pair_start(&p, true);
	handoff_doze(p.h[1]);
	handoff_wake_up(p.h[1]);
	link_mark(p.h[0], 1, 0);
	assert_false(is_woken(p.h[1]));
	pair_end(&p);
}

static void
workers_that_never_sleep_have_no_descriptors(void **state)
{
	struct pair p;

	(void)state;
	pair_start(&p, false);
	assert_int_equal(p.h[0]->wake, -1);
	assert_int_equal(p.h[1]->wake, -1);
	link_mark(p.h[0], 1, 0);
	assert_int_equal(handoff_ready(p.h[1], 0), 1);
	pair_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_wake_a_worker_that_dozes),
		cmocka_unit_test(frames_to_transmit_wake_their_sender),
		cmocka_unit_test(a_worker_that_goes_on_by_itself_is_not_woken),
		cmocka_unit_test(workers_that_never_sleep_have_no_descriptors),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
