/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections in the engine: states from SYN to TIME_WAIT, answers to refused packets,
 * tables of both families, limits, accounting.
 */
#include "engine_fixture.h"

static void
handshake_data_and_close_pass_with_both_states(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;

	WITH(f, OFFICE);
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	assert_states(r, "SYN_SENT", "LISTEN");
	assert_int_equal(r.conn, 1);
	assert_int_equal(r.orig, LAN);
	assert_int_equal(left_count(&f, WAN), 1);
	assert_int_equal(left_count(&f, LAN), 0);
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	r = inject(&f, WAN, &frame);
	assert_states(r, "ESTABLISHED", "SYN_RECEIVED");
	assert_int_equal(left_count(&f, LAN), 1);
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	r = inject(&f, LAN, &frame);
	assert_states(r, "ESTABLISHED", "ESTABLISHED");
	frame = segment(LAN, FRAME_ACK | FRAME_PSH, 1001, 5001);
	frame.payload_len = 100;
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	frame = segment(WAN, FRAME_ACK | FRAME_FIN, 5001, 1101);
	r = inject(&f, WAN, &frame);
	assert_states(r, "CLOSE_WAIT", "FIN_WAIT_1");
	frame = segment(LAN, FRAME_ACK | FRAME_FIN, 1101, 5002);
	r = inject(&f, LAN, &frame);
	assert_states(r, "LAST_ACK", "TIME_WAIT");
	frame = segment(WAN, FRAME_ACK, 5002, 1102);
	r = inject(&f, WAN, &frame);
	assert_states(r, "CLOSED", "TIME_WAIT");
	assert_int_equal(stats(&f).passed, 7);
	assert_int_equal(stats(&f).created, 1);
	fixture_end(&f);
}

static void
segment_of_no_connection_is_dropped_in_silence(void **state)
{
	struct frame frame = segment(LAN, FRAME_ACK, 1, 1);
	struct engine_record r;

	WITH(f, OFFICE);
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_TCP_NO_CONNECTION);
	assert_int_equal(r.action, ACTION_NONE);
	assert_false(r.has_conn);
	assert_int_equal(left_count(&f, LAN) + left_count(&f, WAN), 0);
	assert_int_equal(stats(&f).drops[REASON_TCP_NO_CONNECTION], 1);
	fixture_end(&f);
}

static void
segment_of_no_connection_is_reset_if_wanted(void **state)
{
	struct frame frame = segment(LAN, FRAME_ACK, 77, 99);
	struct fixture f = {.config = fixture_config()};
	struct engine_record r;
	struct packet p;

	(void)state;
	f.config.track.tcp_unknown_reset = true;
	fixture_start(&f, OFFICE);
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_TCP_NO_CONNECTION);
	assert_int_equal(r.action, ACTION_RST);
	p = left(&f, LAN, 0);
	assert_int_equal(p.seg.flags, TCP_RST);
	assert_int_equal(p.seg.seq, 99);
	frame.flags = FRAME_RST;
	r = inject(&f, LAN, &frame);
	assert_int_equal(r.action, ACTION_NONE);
	assert_int_equal(left_count(&f, LAN), 0);
	assert_int_equal(stats(&f).generated[ACTION_RST], 1);
	fixture_end(&f);
}

static void
segment_past_the_window_is_challenged(void **state)
{
	struct frame frame;
	struct engine_record r;
	struct packet p;

	WITH(f, OFFICE);
	handshake(&f);
	frame = segment(LAN, FRAME_ACK, 1001 + 1000000, 5001);
	frame.payload_len = 10;
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_TCP_SEQ_RIGHT);
	assert_true(r.has_conn);
	assert_int_equal(r.action, ACTION_CHALLENGE_ACK);
	assert_int_equal(left_count(&f, WAN), 0);
	p = left(&f, LAN, 0);
	assert_int_equal(p.seg.flags, TCP_ACK);
	assert_int_equal(p.seg.seq, 5001);
	assert_int_equal(p.seg.ack, 1001);
	fixture_end(&f);
}

static void
vlan_tags_are_crossed_and_kept(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;

	WITH(f, FORWARD("drop", "tcp dport 80 accept\n"
				"tcp dport 22 reject with tcp reset\n"));
	frame.tags = 2;
	frame.tag[0] = (struct frame_tag){0x88a8, 5};
	frame.tag[1] = (struct frame_tag){0x8100, 6};
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	assert_int_equal(left(&f, WAN, 0).vlans, 2);
	frame.dport = 22;
	r = inject(&f, LAN, &frame);
	assert_int_equal(r.action, ACTION_RST);
	assert_int_equal(left(&f, LAN, 0).vlans, 2);
	fixture_end(&f);
}

static void
ipv6_is_tracked_in_its_own_table(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;

	WITH(f, OFFICE);
	frame.src = HOST6;
	frame.dst = SERVER6;
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	assert_states(r, "SYN_SENT", "LISTEN");
	assert_int_equal(stats(&f).connections, 0);
	assert_int_equal(stats(&f).connections6, 1);
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	frame.src = SERVER6;
	frame.dst = HOST6;
	assert_states(inject(&f, WAN, &frame), "ESTABLISHED", "SYN_RECEIVED");
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	r = inject(&f, LAN, &frame);
	assert_int_equal(r.conn, 2);
	fixture_end(&f);
}

static void
full_table_refuses_new_connections_and_keeps_the_old(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct frame frame;
	uint16_t i;

	(void)state;
	f.config.max = 16;
	f.config.max6 = 0;
	fixture_start(&f, OFFICE);
	for (i = 0; i < 16; i++)
		handshake_from(&f, 1000 + i);
	frame = datagram(LAN, 2000, 53);
	assert_dropped(inject(&f, LAN, &frame), REASON_TABLE_FULL);
	for (i = 0; i < 16; i++) {
		frame = segment(LAN, FRAME_ACK, 1001, 5001);
		frame.sport = 1000 + i;
		assert_passed(inject(&f, LAN, &frame));
	}
	frame = segment(LAN, FRAME_SYN, 1000, 0);
	frame.src = HOST6;
	frame.dst = SERVER6;
	assert_dropped(inject(&f, LAN, &frame), REASON_TABLE_FULL);
	assert_int_equal(stats(&f).drops[REASON_TABLE_FULL], 2);
	fixture_end(&f);
}

static void
packets_and_bytes_are_counted_if_wanted(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f = {.config = fixture_config()};
	struct conn_view view;
	uint64_t cursor = 0;

	(void)state;
	f.config.acct = true;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(inject(&f, LAN, &frame));
	frame = datagram(WAN, 1000, 53);
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
	assert_int_equal(view.packets[LAN], 2);
	assert_int_equal(view.bytes[LAN], 2 * 48);
	assert_int_equal(view.packets[WAN], 1);
	assert_int_equal(view.bytes[WAN], 48);
	fixture_end(&f);
}

static void
dropped_packets_of_a_connection_are_counted_if_wanted(void **state)
{
	struct frame lost = segment(LAN, FRAME_ACK, 1001 + 1000000, 5001);
	struct frame frame = segment(WAN, FRAME_ACK, 5001, 1001 + 1000000);
	struct fixture f = {.config = fixture_config()};
	struct conn_view view;
	uint64_t cursor = 0;
	unsigned acct;

	(void)state;
	for (acct = 0; acct < 2; acct++) {
		f.config = fixture_config();
		f.config.acct = acct;
		fixture_start(&f, OFFICE);
		handshake(&f);
		cursor = 0;
		assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
		assert_int_equal(view.drop_reason, REASON_NONE);
		assert_dropped(inject(&f, LAN, &lost), REASON_TCP_SEQ_RIGHT);
		assert_dropped(inject(&f, LAN, &lost), REASON_TCP_SEQ_RIGHT);
		assert_dropped(inject(&f, WAN, &frame), REASON_TCP_ACK_UNSENT);
		cursor = 0;
		assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
		assert_int_equal(view.dropped[LAN], acct ? 2 : 0);
		assert_int_equal(view.dropped[WAN], acct ? 1 : 0);
		assert_int_equal(view.drop_reason,
				 acct ? REASON_TCP_ACK_UNSENT : REASON_NONE);
		assert_int_equal(view.packets[LAN], acct ? 2 : 0);
		/* the next connection in its place begins with none */
		assert_true(engine_delete(f.e, &view.key, 4, false, CONN_END_DELETED));
		handshake(&f);
		cursor = 0;
		assert_int_equal(engine_list(f.e, START, &cursor, &view, 1), 1);
		assert_int_equal(view.dropped[LAN], 0);
		assert_int_equal(view.drop_reason, REASON_NONE);
		fixture_end(&f);
	}
}

static void
configuration_out_of_range_is_refused(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct engine *e;

	WITH(ok, OFFICE);
	f.config.wires = 0;
	assert_int_equal(engine_init(ok.memory, &f.config, ok.policy, NULL, 0, &e),
			 -EINVAL);
	f.config.wires = ENGINE_MAX_WIRES + 1;
	assert_int_equal(engine_init(ok.memory, &f.config, ok.policy, NULL, 0, &e),
			 -EINVAL);
	f.config.wires = 1;
	f.config.max = FLOW_MAX_CONNECTIONS + 1;
	assert_int_equal(engine_init(ok.memory, &f.config, ok.policy, NULL, 0, &e),
			 -EINVAL);
	fixture_end(&ok);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_data_and_close_pass_with_both_states),
		cmocka_unit_test(segment_of_no_connection_is_dropped_in_silence),
		cmocka_unit_test(segment_of_no_connection_is_reset_if_wanted),
		cmocka_unit_test(segment_past_the_window_is_challenged),
		cmocka_unit_test(vlan_tags_are_crossed_and_kept),
		cmocka_unit_test(ipv6_is_tracked_in_its_own_table),
		cmocka_unit_test(full_table_refuses_new_connections_and_keeps_the_old),
		cmocka_unit_test(packets_and_bytes_are_counted_if_wanted),
		cmocka_unit_test(dropped_packets_of_a_connection_are_counted_if_wanted),
		cmocka_unit_test(configuration_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
