/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a worker with `poll: adaptive` sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

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

/* A pipe that is as a socket without a packet; ready: with one. */
static void
open_pipe(int ends[2], bool ready)
{
	assert_int_equal(pipe(ends), 0);
	if (ready)
		assert_int_equal(write(ends[1], "", 1), 1);
}

static void
close_pipe(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void
a_packet_at_a_socket_ends_the_wait(void **state)
{
	struct nap nap = {.turns = NAP_TURNS};
	int quiet[2], ready[2];

	(void)state;
	open_pipe(quiet, false);
	open_pipe(ready, true);
	assert_true(nap_add(&nap, &quiet[0], 1));
	nap_rest(&nap, nap_next(&nap, true));
	assert_false(nap.woken);
	assert_true(nap_add(&nap, &ready[0], 1));
	nap_rest(&nap, nap_next(&nap, true));
	assert_true(nap.woken);
	assert_int_equal(nap_next(&nap, false), 0);
	assert_false(nap.woken);
	assert_int_equal(nap.count, 2);
	close_pipe(quiet);
	close_pipe(ready);
}

/* The socket of an interface that is down is always ready. */
static void
a_socket_without_a_packet_is_left_for_a_sleep(void **state)
{
	struct nap nap = {.turns = NAP_TURNS};
	int ready[2];
	unsigned i;

	(void)state;
	open_pipe(ready, true);
	assert_true(nap_add(&nap, &ready[0], 1));
	for (i = 0; i < 4; i++) {
		nap_rest(&nap, nap_next(&nap, true));
		assert_true(nap.woken);
		nap_rest(&nap, nap_next(&nap, true));
		assert_false(nap.woken);
	}
	assert_true(nap.ns > NAP_MIN_NS);
	close_pipe(ready);
}

static void
more_sockets_than_fit_are_refused(void **state)
{
	struct nap nap = {0};
	int sockets[NAP_SOCKETS] = {0};

	(void)state;
	assert_true(nap_add(&nap, sockets, NAP_SOCKETS - 1));
	assert_false(nap_add(&nap, sockets, 2));
	assert_true(nap_add(&nap, sockets, 1));
	assert_false(nap_add(&nap, sockets, 1));
	assert_true(nap_add(&nap, sockets, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sleep_before_many_turns_without_a_packet),
		cmocka_unit_test(sleeps_grow_up_to_a_bound),
		cmocka_unit_test(a_packet_ends_the_sleeps),
		cmocka_unit_test(a_packet_at_a_socket_ends_the_wait),
		cmocka_unit_test(a_socket_without_a_packet_is_left_for_a_sleep),
		cmocka_unit_test(more_sockets_than_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
