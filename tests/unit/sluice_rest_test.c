/* SPDX-License-Identifier: BSD-3-Clause */
/* How a worker that shares a wire with another one waits, and is woken by it. */
#include "engine_fixture.h"

#include <poll.h>

#include "handoff_internal.h"
#include "rest.h"
#include "worker.h"

#define WORKERS 2u

struct pair {
	struct steer steer;
	struct handoff *h[WORKERS];
	struct worker waiting; /* the second one; it has no port of its own */
};

static void
pair_start(struct pair *p, bool sleepy)
{
	static const int nodes[WORKERS] = {SOCKET_ID_ANY, SOCKET_ID_ANY};
	static const uint8_t secret[KEY_SECRET_BYTES], sender[2] = {0, 1};
	unsigned i;

	memset(p, 0, sizeof(*p));
	steer_init_keyed(&p->steer, 0, WORKERS, secret);
	for (i = 0; i < WORKERS; i++) {
		p->h[i] = rte_zmalloc(NULL, sizeof(struct handoff), RTE_CACHE_LINE_SIZE);
		assert_non_null(p->h[i]);
	}
	assert_int_equal(handoff_init(p->h, &p->steer, nodes, sender), 0);
	if (sleepy)
		assert_int_equal(handoff_sleepy(p->h, WORKERS), 0);
	p->waiting.sleeps = true;
	p->waiting.handoff = p->h[1];
	rest_prepare(&p->waiting);
}

static void
pair_end(struct pair *p)
{
	unsigned i;

	rest_end(&p->waiting);
	for (i = 0; i < WORKERS; i++) {
		handoff_free(p->h[i]);
		rte_free(p->h[i]);
	}
}

/* Give the worker idle turns, up to the one before it would wait. */
static void
turns_before_a_wait(struct pair *p)
{
	unsigned i;

	for (i = 0; i < NAP_TURNS; i++) {
		rest_turn(&p->waiting, true);
		assert_false(p->waiting.rest.armed);
	}
	rest_turn(&p->waiting, true);
}

static bool
is_ready(int fd)
{
	struct pollfd event = {.fd = fd, .events = POLLIN};

	return poll(&event, 1, 0) == 1;
}

static void
what_comes_before_the_wait_ends_it(void **state)
{
	static struct pair p;

	(void)state;
	pair_start(&p, true);
	turns_before_a_wait(&p);
	/* it has not waited yet: one more turn looks at the rings */
	assert_true(p.waiting.rest.armed);
	assert_true(p.h[1]->dozes);
	link_mark(p.h[0], 1, 0);
	assert_true(is_ready(p.h[1]->wake));
	rest_turn(&p.waiting, true); /* the mark came after that turn */
	assert_true(p.waiting.rest.nap.woken);
	assert_false(p.waiting.rest.armed);
	assert_false(is_ready(p.h[1]->wake));
	rest_turn(&p.waiting, false);
	assert_int_equal(p.waiting.rest.nap.turns, 0);
	pair_end(&p);
}

static void
a_packet_in_the_turn_before_the_wait_prevents_it(void **state)
{
	static struct pair p;

	(void)state;
	pair_start(&p, true);
	turns_before_a_wait(&p);
	assert_true(p.waiting.rest.armed);
	rest_turn(&p.waiting, false);
	assert_false(p.waiting.rest.armed);
	assert_false(p.h[1]->dozes);
	turns_before_a_wait(&p); /* from the beginning */
	assert_true(p.waiting.rest.armed);
	pair_end(&p);
}

static void
without_descriptors_it_sleeps(void **state)
{
	static struct pair p;

	(void)state;
	pair_start(&p, false);
	assert_int_equal(p.waiting.rest.nap.count, 0);
	turns_before_a_wait(&p);
	assert_false(p.waiting.rest.armed);
	assert_int_equal(p.waiting.rest.nap.ns, NAP_MIN_NS);
	pair_end(&p);
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
