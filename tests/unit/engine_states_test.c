/* SPDX-License-Identifier: BSD-3-Clause */
/* engine/states.h: counts of endpoints by state, and of transitions. */
#include <engine/states.h>

#include "engine_fixture.h"

#define TCP_SYN_ACK (FRAME_SYN | FRAME_ACK)

/* Ask until all connections have been walked over. */
static struct engine_states
counts(struct fixture *f)
{
	struct engine_states states;
	unsigned calls;

	for (calls = 0; !engine_states(f->e, &states); calls++)
		assert_true(calls < 1000);
	return states;
}

/* The counts have to be those of a list. */
static void
assert_as_listed(struct fixture *f)
{
	const struct engine_states states = counts(f);
	uint64_t listed[2][ENGINE_STATES] = {{0}}, cursor = 0;
	struct conn_view views[64];
	unsigned n, i;

	while (cursor != ENGINE_CURSOR_END) {
		n = engine_list(f->e, START, &cursor, views, RTE_DIM(views));
		for (i = 0; i < n; i++) {
			if (!views[i].has_states)
				continue;
			listed[0][views[i].state[0]]++;
			listed[1][views[i].state[1]]++;
		}
	}
	assert_memory_equal(states.now, listed, sizeof(listed));
}

static uint64_t
moved(const struct engine_states *states, unsigned side, unsigned from, unsigned to)
{
	return states->moved[side][from][to];
}

static void
a_handshake_and_a_close_are_counted(void **state)
{
	struct engine_states states;
	struct frame frame;

	WITH(f, OFFICE);
	states = counts(&f);
	assert_int_equal(states.now[LAN][TCP_STATE_ESTABLISHED], 0);
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	assert_passed(inject(&f, LAN, &frame));
	states = counts(&f);
	assert_int_equal(states.now[LAN][TCP_STATE_SYN_SENT], 1);
	assert_int_equal(states.now[WAN][TCP_STATE_LISTEN], 1);
	frame = segment(WAN, TCP_SYN_ACK, 5000, 1001);
	assert_passed(inject(&f, WAN, &frame));
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	assert_passed(inject(&f, LAN, &frame));
	states = counts(&f);
	assert_int_equal(states.now[LAN][TCP_STATE_ESTABLISHED], 1);
	assert_int_equal(states.now[WAN][TCP_STATE_ESTABLISHED], 1);
	assert_int_equal(states.now[LAN][TCP_STATE_SYN_SENT], 0);
	assert_int_equal(moved(&states, LAN, ENGINE_STATE_NONE, TCP_STATE_SYN_SENT), 1);
	assert_int_equal(moved(&states, WAN, TCP_STATE_LISTEN, TCP_STATE_SYN_RECEIVED),
			 1);
	assert_int_equal(moved(&states, WAN, TCP_STATE_SYN_RECEIVED,
			       TCP_STATE_ESTABLISHED),
			 1);
	frame = segment(LAN, FRAME_FIN | FRAME_ACK, 1001, 5001);
	assert_passed(inject(&f, LAN, &frame));
	frame = segment(WAN, FRAME_FIN | FRAME_ACK, 5001, 1002);
	assert_passed(inject(&f, WAN, &frame));
	assert_as_listed(&f);
	frame = segment(LAN, FRAME_ACK, 1002, 5002);
	assert_passed(inject(&f, LAN, &frame));
	states = counts(&f);
	assert_int_equal(states.now[LAN][TCP_STATE_TIME_WAIT], 1);
	assert_int_equal(moved(&states, LAN, TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT_1),
			 1);
	engine_expire(f.e, START + 1000 * S, 1000);
	states = counts(&f);
	assert_int_equal(stats(&f).connections, 0);
	assert_int_equal(states.now[LAN][TCP_STATE_TIME_WAIT], 0);
	assert_int_equal(moved(&states, LAN, TCP_STATE_TIME_WAIT, ENGINE_STATE_NONE), 1);
	fixture_end(&f);
}

static void
connections_that_exist_already_are_walked_over(void **state)
{
	struct frame udp = datagram(LAN, 1000, 53);
	struct engine_states states;
	uint16_t i;

	WITH(f, OFFICE);
	for (i = 0; i < 20; i++)
		handshake_from(&f, (uint16_t)(40000 + i));
	assert_passed(inject(&f, LAN, &udp));
	states = counts(&f);
	assert_int_equal(states.now[LAN][TCP_STATE_ESTABLISHED], 20);
	assert_int_equal(states.now[WAN][TCP_STATE_ESTABLISHED], 20);
	assert_int_equal(moved(&states, WAN, TCP_STATE_SYN_RECEIVED,
			       TCP_STATE_ESTABLISHED),
			 0);
	assert_as_listed(&f);
	fixture_end(&f);
}

/* Connections are opened, reset and removed while the walk is between two pieces. */
static void
changes_during_the_walk_are_counted_once(void **state)
{
	const uint16_t many = 2 * ENGINE_WALK_PLACES;
	struct fixture f = {.config = fixture_config()};
	struct engine_states states;
	uint64_t cursor = 0;
	struct frame rst;
	uint16_t i;

	(void)state;
	f.config.max = 4 * ENGINE_WALK_PLACES;
	fixture_start(&f, OFFICE);
	for (i = 0; i < many; i++)
		handshake_from(&f, (uint16_t)(1000 + i));
	assert_false(engine_states(f.e, &states));
	assert_int_equal(states.now[LAN][TCP_STATE_ESTABLISHED], ENGINE_WALK_PLACES);
	for (i = 0; i < many; i += 100) {
		rst = segment(LAN, FRAME_RST | FRAME_ACK, 1001, 5001);
		rst.sport = (uint16_t)(1000 + i);
		assert_passed(inject(&f, LAN, &rst));
		handshake_from(&f, (uint16_t)(30000 + i));
	}
	assert_as_listed(&f);
	assert_int_equal(engine_flush(f.e, &cursor, 50), 50);
	assert_as_listed(&f);
	fixture_end(&f);
}

static void
counting_begins_anew_after_its_end(void **state)
{
	struct engine_states states;

	WITH(f, OFFICE);
	counts(&f);
	handshake_from(&f, 40000);
	engine_states_end(f.e);
	handshake_from(&f, 40001);
	states = counts(&f);
	assert_int_equal(states.now[WAN][TCP_STATE_ESTABLISHED], 2);
	assert_int_equal(moved(&states, WAN, TCP_STATE_SYN_RECEIVED,
			       TCP_STATE_ESTABLISHED),
			 0);
	handshake_from(&f, 40002);
	assert_as_listed(&f);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_and_a_close_are_counted),
		cmocka_unit_test(connections_that_exist_already_are_walked_over),
		cmocka_unit_test(changes_during_the_walk_are_counted_once),
		cmocka_unit_test(counting_begins_anew_after_its_end),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
