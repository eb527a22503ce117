/* SPDX-License-Identifier: BSD-3-Clause */
/* How a worker that shares a wire with another one waits, and is woken by it. */
#include "handoff_internal.h"
#include "rest.h"
#include "steer_fixture.h"
#include "worker.h"

static struct worker waiting; /* the second of the pair; it has no port of its own */

static void
wait_start(struct pair *p, bool sleepy)
{
	pair_start(p, sleepy);
	waiting = (struct worker){.sleeps = true, .handoff = p->h[1]};
	rest_prepare(&waiting);
}

static void
wait_end(struct pair *p)
{
	rest_end(&waiting);
	pair_end(p);
}

/* Give the worker idle turns, up to the one before it would wait. */
static void
turns_before_a_wait(void)
{
	unsigned i;

	for (i = 0; i < NAP_TURNS; i++) {
		rest_turn(&waiting, true);
		assert_false(waiting.rest.armed);
	}
	rest_turn(&waiting, true);
}

static void
what_comes_before_the_wait_ends_it(void **state)
{
	struct pair p;

	(void)state;
	wait_start(&p, true);
	turns_before_a_wait();
	/* it has not waited yet: one more turn looks at the rings */
	assert_true(waiting.rest.armed);
	assert_true(p.h[1]->dozes);
	link_mark(p.h[0], 1, 0);
	assert_true(is_woken(p.h[1]));
	rest_turn(&waiting, true); /* the mark came after that turn */
	assert_true(waiting.rest.nap.woken);
	assert_false(waiting.rest.armed);
	assert_false(is_woken(p.h[1]));
	rest_turn(&waiting, false);
	assert_int_equal(waiting.rest.nap.turns, 0);
	wait_end(&p);
}

static void
a_packet_in_the_turn_before_the_wait_prevents_it(void **state)
{
	struct pair p;

	(void)state;
	wait_start(&p, true);
	turns_before_a_wait();
	assert_true(waiting.rest.armed);
	rest_turn(&waiting, false);
	assert_false(waiting.rest.armed);
	assert_false(p.h[1]->dozes);
	turns_before_a_wait(); /* from the beginning */
	assert_true(waiting.rest.armed);
	wait_end(&p);
}

static void
without_descriptors_it_sleeps(void **state)
{
	struct pair p;

	(void)state;
	wait_start(&p, false);
	assert_int_equal(waiting.rest.nap.count, 0);
	turns_before_a_wait();
	assert_false(waiting.rest.armed);
	assert_int_equal(waiting.rest.nap.ns, NAP_MIN_NS);
	wait_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_before_the_wait_ends_it),
		cmocka_unit_test(a_packet_in_the_turn_before_the_wait_prevents_it),
		cmocka_unit_test(without_descriptors_it_sleeps),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
