/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timeouts with time as an argument: which connections expire, when, and which probes are
 * sent before.
 */
#include "engine_fixture.h"

static void
start(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	fixture_start(f, OFFICE);
}

static uint32_t
connections(const struct fixture *f)
{
	struct engine_stats s = stats(f);

	return s.connections + s.connections6;
}

/* Jump from timer to timer up to a time, as replay does; discard what is sent. */
static void
run_until(struct fixture *f, uint64_t end_ns)
{
	uint64_t at;

	while (engine_next_ns(f->e, &at) && at <= end_ns) {
		drain(f);
		engine_expire(f->e, at, ENGINE_EXPIRE_MAX);
	}
	engine_expire(f->e, end_ns, ENGINE_EXPIRE_MAX);
}

static void
nothing_is_due_without_connections(void **state)
{
	struct fixture f;
	uint64_t at;

	(void)state;
	start(&f);
	assert_false(engine_next_ns(f.e, &at));
	assert_int_equal(engine_expire(f.e, START + 1000 * S, 64), 0);
	fixture_end(&f);
}

static void
udp_is_gone_after_its_timeout_and_not_before(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	run_until(&f, START + 29999 * MS);
	assert_int_equal(connections(&f), 1);
	run_until(&f, START + 30000 * MS);
	assert_int_equal(connections(&f), 0);
	assert_int_equal(stats(&f).removed, 1);
	fixture_end(&f);
}

static void
packet_puts_the_timeout_off(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	run_until(&f, START + 20 * S);
	assert_passed(inject_at(&f, LAN, &frame, START + 20 * S));
	run_until(&f, START + 49999 * MS);
	assert_int_equal(connections(&f), 1);
	run_until(&f, START + 50 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
dropped_packet_does_not(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	uint64_t at;
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	/*
	 * not 1001: a segment that continues the SYN would be evidence of an answer
	 * (ACC-10)
	 */
	frame = segment(LAN, FRAME_ACK, 1002, 1);
	for (at = 0; at < 120 * S; at += 10 * S) {
		run_until(&f, START + at);
		assert_dropped(inject_at(&f, LAN, &frame, START + at),
			       REASON_TCP_NO_HANDSHAKE);
	}
	run_until(&f, START + 120 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
unanswered_syn_expires_from_the_first_on(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	run_until(&f, START + 100 * S);
	assert_passed(inject_at(&f, LAN, &frame, START + 100 * S));
	run_until(&f, START + 119999 * MS);
	assert_int_equal(connections(&f), 1);
	run_until(&f, START + 120 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
shorter_timeout_moves_the_timer(void **state)
{
	struct frame frame;
	struct fixture f;

	(void)state;
	start(&f);
	handshake(&f);
	frame = segment(WAN, FRAME_RST | FRAME_ACK, 5001, 1001);
	assert_states(inject(&f, WAN, &frame), "CLOSED", "CLOSED");
	run_until(&f, START + 9999 * MS);
	assert_int_equal(connections(&f), 1);
	run_until(&f, START + 10 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

/* TIM-1: timeouts of each state */
static void
idle_connection_is_probed_three_times_and_then_removed(void **state)
{
	struct fixture f;
	struct packet p;
	uint64_t at = START + 7440 * S;
	int i;

	(void)state;
	start(&f);
	handshake(&f);
	run_until(&f, at - MS);
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 0);
	for (i = 0; i < 3; i++) {
		drain(&f);
		engine_expire(f.e, at + i * S, 64);
		assert_int_equal(left_count(&f, LAN), 1);
		assert_int_equal(left_count(&f, WAN), 1);
		p = left(&f, LAN, 0);
		assert_int_equal(p.reason, REASON_NONE);
		assert_int_equal(p.seg.seq, 5000);
		assert_int_equal(p.seg.ack, 1001);
		p = left(&f, WAN, 0);
		assert_int_equal(p.seg.seq, 1000);
		assert_int_equal(p.seg.ack, 5001);
	}
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 6);
	assert_int_equal(connections(&f), 1);
	run_until(&f, at + 3 * S);
	assert_int_equal(connections(&f), 0);
	fixture_end(&f);
}

static void
probed_connection_that_answers_lives_on(void **state)
{
	struct frame frame;
	struct fixture f;
	uint64_t at = START + 7440 * S;

	(void)state;
	start(&f);
	handshake(&f);
	run_until(&f, at);
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 2);
	frame = segment(WAN, FRAME_ACK, 5001, 1001);
	assert_passed(inject_at(&f, WAN, &frame, at + 100 * MS));
	run_until(&f, at + 7440 * S);
	assert_int_equal(connections(&f), 1);
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 2);
	fixture_end(&f);
}

/* Open a connection from HOST behind station n, then remove it. */
static void
come_and_go(struct fixture *f, unsigned n)
{
	const uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	uint64_t cursor = 0;

	memcpy(frame.src_mac, mac, sizeof(mac));
	assert_passed(inject(f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	memcpy(frame.dst_mac, mac, sizeof(mac));
	assert_passed(inject(f, WAN, &frame));
	assert_int_equal(engine_flush(f->e, &cursor, 1), 1);
}

static void
link_layers_of_dead_connections_make_room(void **state)
{
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	for (i = 0; i < 5000; i++)
		come_and_go(&f, i);
	handshake(&f);
	run_until(&f, START + 7440 * S);
	assert_int_equal(stats(&f).generated[ACTION_PROBE], 2);
	fixture_end(&f);
}

static void
mass_expiry_comes_in_pieces(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	for (i = 0; i < 150; i++) {
		frame.sport = (uint16_t)(1000 + i);
		assert_passed(inject(&f, LAN, &frame));
	}
	frame.src = HOST6;
	frame.dst = SERVER6;
	for (i = 0; i < 50; i++) {
		frame.sport = (uint16_t)(1000 + i);
		assert_passed(inject(&f, LAN, &frame));
	}
	assert_int_equal(engine_expire(f.e, START + 31 * S, 10), 10);
	assert_true(connections(&f) >= 190);
	for (i = 0; i < 100 && connections(&f) != 0; i++)
		assert_true(engine_expire(f.e, START + 31 * S, 10) <= 10);
	assert_int_equal(connections(&f), 0);
	assert_int_equal(engine_expire(f.e, START + 31 * S, 10), 0);
	fixture_end(&f);
}

static void
clock_that_goes_back_stands_still(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	start(&f);
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(inject_at(&f, LAN, &frame, START - 50 * S));
	run_until(&f, START + 29999 * MS);
	assert_int_equal(connections(&f), 1);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_due_without_connections),
		cmocka_unit_test(udp_is_gone_after_its_timeout_and_not_before),
		cmocka_unit_test(packet_puts_the_timeout_off),
		cmocka_unit_test(dropped_packet_does_not),
		cmocka_unit_test(unanswered_syn_expires_from_the_first_on),
		cmocka_unit_test(shorter_timeout_moves_the_timer),
		cmocka_unit_test(idle_connection_is_probed_three_times_and_then_removed),
		cmocka_unit_test(probed_connection_that_answers_lives_on),
		cmocka_unit_test(link_layers_of_dead_connections_make_room),
		cmocka_unit_test(mass_expiry_comes_in_pieces),
		cmocka_unit_test(clock_that_goes_back_stands_still),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
