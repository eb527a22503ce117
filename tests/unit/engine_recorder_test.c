/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of dropped packets: the flight recorder, and the ring for other threads. */
#include "engine_fixture.h"

#include <rte_ring_elem.h>

#include <engine/records.h>

static struct recorder recorder;

static void
start(struct fixture *f)
{
	*f = (struct fixture){.config = fixture_config()};
	fixture_start(f, OFFICE);
	recorder_init(&recorder);
	engine_set_recorder(f->e, &recorder);
}

static struct rte_ring *
follow(const char *name, unsigned records)
{
	recorder.ring = rte_ring_create_elem(name, sizeof(struct packet_record), records,
					     SOCKET_ID_ANY,
					     RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(recorder.ring);
	recorder.follow = true;
	return recorder.ring;
}

static void
a_drop_by_the_policy_has_its_rule_and_frame(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct packet_record record;
	uint8_t bytes[FRAME_MAX];
	struct fixture f;
	size_t length;

	(void)state;
	start(&f);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(recorder_last(&recorder, REASON_POLICY_DROP, &record, 1), 1);
	length = frame_build(&frame, bytes, sizeof(bytes));
	assert_int_equal(record.kind, RECORD_DROP);
	assert_int_equal(record.reason, REASON_POLICY_DROP);
	assert_int_equal(record.at_ns, START);
	assert_int_equal(record.port, WAN);
	assert_true(record.has_rule);
	assert_int_equal(record.rule, 0);
	assert_int_equal(record.ct, POLICY_CT_NEW);
	assert_false(record.has_conn);
	assert_int_equal(record.frame_bytes, length);
	assert_int_equal(record.head_bytes, length);
	assert_memory_equal(record.head, bytes, length);
	fixture_end(&f);
}

static void
a_drop_by_the_tracker_has_the_states_of_both_endpoints(void **state)
{
	struct packet_record record;
	struct frame frame;
	struct fixture f;

	(void)state;
	start(&f);
	handshake(&f);
	frame = segment(WAN, FRAME_ACK, 900000, 1001);
	frame.payload_len = 10;
	assert_dropped(inject(&f, WAN, &frame), REASON_TCP_SEQ_RIGHT);
	assert_int_equal(recorder_last(&recorder, REASON_TCP_SEQ_RIGHT, &record, 1), 1);
	assert_false(record.has_rule);
	assert_true(record.has_conn);
	assert_int_equal(record.conn, 1);
	assert_int_equal(record.orig, LAN);
	assert_true(record.has_states);
	assert_int_equal(record.before[LAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(record.before[WAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(record.after[LAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(record.after[WAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(record.numbers.una[WAN], 5001);
	fixture_end(&f);
}

static void
the_last_drops_of_each_reason_are_kept_newest_first(void **state)
{
	const unsigned drops = RECORDER_KEPT + 5;
	struct packet_record records[RECORDER_KEPT + 5];
	struct frame frame = datagram(WAN, 53, 5353);
	struct frame bad = datagram(WAN, 53, 5353);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	bad.bad_l4_checksum = true;
	assert_dropped(inject_at(&f, WAN, &bad, START), REASON_L4_CHECKSUM);
	for (i = 0; i < drops; i++)
		inject_at(&f, WAN, &frame, START + i);
	assert_int_equal(recorder_last(&recorder, REASON_POLICY_DROP, records, drops),
			 RECORDER_KEPT);
	for (i = 0; i < RECORDER_KEPT; i++)
		assert_int_equal(records[i].at_ns, START + drops - 1 - i);
	assert_int_equal(recorder_last(&recorder, REASON_L4_CHECKSUM, records, drops), 1);
	assert_int_equal(records[0].at_ns, START);
	assert_int_equal(recorder_last(&recorder, REASON_MTU, records, drops), 0);
	assert_int_equal(recorder.history[REASON_POLICY_DROP].count, drops);
	fixture_end(&f);
}

static void
packets_that_pass_make_no_record(void **state)
{
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	follow("pass", 16);
	handshake(&f);
	for (i = 0; i < REASON_COUNT; i++)
		assert_int_equal(recorder.history[i].count, 0);
	assert_int_equal(rte_ring_count(recorder.ring), 0);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

/* Take the oldest record from the ring. */
static struct packet_record
taken(void)
{
	struct packet_record record;

	assert_int_equal(rte_ring_sc_dequeue_elem(recorder.ring, &record, sizeof(record)),
			 0);
	return record;
}

static void
packets_that_pass_are_recorded_while_they_are_selected(void **state)
{
	const struct conn_match any = CONN_MATCH_ANY;
	struct frame frame = datagram(WAN, 53, 5353);
	struct packet_record record;
	struct fixture f;

	(void)state;
	start(&f);
	follow("any", 16);
	engine_record_passed(f.e, &any, 1);
	handshake(&f);
	record = taken();
	assert_int_equal(record.kind, RECORD_PASS);
	assert_int_equal(record.reason, REASON_NONE);
	assert_true(record.opened && record.has_states && record.has_rule);
	assert_int_equal(record.rule, 2);
	assert_int_equal(record.policy, policy_id(f.policy));
	assert_int_equal(record.after[LAN], TCP_STATE_SYN_SENT);
	record = taken();
	assert_int_equal(record.port, WAN);
	assert_false(record.opened);
	assert_int_equal(record.before[LAN], TCP_STATE_SYN_SENT);
	assert_int_equal(record.after[LAN], TCP_STATE_ESTABLISHED);
	assert_int_equal(record.after[WAN], TCP_STATE_SYN_RECEIVED);
	assert_int_equal(taken().after[WAN], TCP_STATE_ESTABLISHED);
	/* a drop is none of them */
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(recorder.counts[RECORD_PASS].made, 3);
	engine_record_passed(f.e, &any, 0);
	frame = datagram(LAN, 5353, 53);
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 3);
	assert_int_equal(recorder.counts[RECORD_DROP].made, 1);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

/* While there is a reader, packets that reach `meta nftrace set 1` have a record each. */
static void
rules_name_the_packets_to_trace(void **state)
{
	struct frame frame = datagram(LAN, 5353, 53);
	struct packet_record record;
	unsigned i;

	WITH(f, FORWARD("accept", "udp dport 53 meta nftrace set 1\n"));
	recorder_init(&recorder);
	engine_set_recorder(f.e, &recorder);
	follow("trace", 16);
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 0);
	recorder.trace = true;
	/* each packet of the connection, since the verdict is not cached */
	for (i = 0; i < 3; i++)
		assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 3);
	record = taken();
	assert_int_equal(record.kind, RECORD_PASS);
	assert_true(record.traced);
	assert_int_equal(record.ct, POLICY_CT_NEW);
	frame = datagram(LAN, 5353, 54);
	assert_passed(inject(&f, LAN, &frame));
	frame = datagram(WAN, 5353, 53); /* the answer does not match the rule */
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 3);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
segments_on_the_fast_path_are_recorded_with_their_frames(void **state)
{
	const struct conn_match any = CONN_MATCH_ANY;
	struct frame frame = segment(LAN, FRAME_ACK, 1001, 5001);
	struct packet_record record;
	uint8_t bytes[FRAME_MAX];
	struct rte_mbuf *m;
	struct fixture f;
	size_t length;
	unsigned i;

	(void)state;
	start(&f);
	follow("fast", 16);
	handshake(&f);
	engine_record_passed(f.e, &any, 1);
	frame.payload_len = 10;
	for (i = 0; i < 2; i++) {
		length = frame_build(&frame, bytes, sizeof(bytes));
		m = mbuf_of(&frame);
		drain(&f);
		/* without records for the caller */
		engine_burst(f.e, LAN, &m, 1, START, NULL);
		assert_int_equal(engine_tx(f.e, WAN)->count, 1);
		record = taken();
		assert_int_equal(record.conn, 1);
		assert_int_equal(record.port, LAN);
		assert_false(record.opened);
		assert_int_equal(record.rule, 2);
		assert_int_equal(record.before[LAN], TCP_STATE_ESTABLISHED);
		assert_int_equal(record.after[WAN], TCP_STATE_ESTABLISHED);
		assert_int_equal(record.frame_bytes, length);
		assert_memory_equal(record.head, bytes, length);
		frame.seq += 10;
	}
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
only_selected_packets_count_against_the_limit(void **state)
{
	struct conn_match match[2] = {CONN_MATCH_ANY, CONN_MATCH_ANY};
	struct frame dns = datagram(LAN, 5353, 53), ntp = datagram(LAN, 5353, 123);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	follow("select", 64);
	recorder.rate = 500; /* at most 5 in each hundredth of a second */
	match[0].dport = 53;
	match[1].proto = IPPROTO_TCP;
	engine_record_passed(f.e, match, 2);
	handshake(&f);
	for (i = 0; i < 20; i++)
		assert_passed(inject(&f, LAN, &ntp));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 3);
	assert_int_equal(recorder.counts[RECORD_PASS].limited, 0);
	for (i = 0; i < 5; i++)
		assert_passed(inject(&f, LAN, &dns));
	assert_int_equal(recorder.counts[RECORD_PASS].made, 5);
	assert_int_equal(recorder.counts[RECORD_PASS].limited, 3);
	for (i = 0; i < 5; i++)
		assert_int_equal(taken().has_states, i < 3);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
each_fragment_of_a_datagram_that_passes_is_recorded(void **state)
{
	const struct conn_match any = CONN_MATCH_ANY;
	struct frame frame = datagram(LAN, 5353, 53);
	struct rte_mbuf *pieces[2];
	struct fixture f;

	(void)state;
	start(&f);
	follow("pieces", 16);
	engine_record_passed(f.e, &any, 1);
	frame.payload_len = 32;
	pieces[0] = piece_of(&frame, 0, 24, true);
	pieces[1] = piece_of(&frame, 24, 16, false);
	engine_burst(f.e, LAN, pieces, 2, START, NULL);
	assert_int_equal(stats(&f).passed, 2);
	assert_int_equal(rte_ring_count(recorder.ring), 2);
	assert_int_equal(taken().frame_bytes, 14 + 20 + 24);
	assert_int_equal(taken().conn, 1);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
drops_go_into_the_ring_only_while_they_are_followed(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct packet_record record;
	struct rte_ring *ring;
	struct fixture f;

	(void)state;
	start(&f);
	ring = follow("follow", 16);
	recorder.follow = false;
	inject(&f, WAN, &frame);
	assert_int_equal(rte_ring_count(ring), 0);
	recorder.follow = true;
	inject(&f, WAN, &frame);
	assert_int_equal(rte_ring_sc_dequeue_elem(ring, &record, sizeof(record)), 0);
	assert_int_equal(record.reason, REASON_POLICY_DROP);
	assert_int_equal(record.head_bytes, record.frame_bytes);
	assert_int_equal(recorder.counts[RECORD_DROP].made, 1);
	rte_ring_free(ring);
	fixture_end(&f);
}

static void
records_that_the_ring_has_no_room_for_are_counted(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	follow("full", 4);
	for (i = 0; i < 10; i++)
		inject(&f, WAN, &frame);
	assert_int_equal(rte_ring_count(recorder.ring), 3);
	assert_int_equal(recorder.counts[RECORD_DROP].made, 3);
	assert_int_equal(recorder.counts[RECORD_DROP].lost, 7);
	assert_int_equal(recorder.counts[RECORD_DROP].limited, 0);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
the_rate_of_records_is_limited_and_the_history_is_not(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f);
	follow("rate", 64);
	recorder.rate = 500; /* at most 5 in each hundredth of a second */
	for (i = 0; i < 8; i++)
		inject_at(&f, WAN, &frame, START);
	assert_int_equal(recorder.counts[RECORD_DROP].made, 5);
	assert_int_equal(recorder.counts[RECORD_DROP].limited, 3);
	assert_int_equal(recorder.history[REASON_POLICY_DROP].count, 8);
	for (i = 0; i < 8; i++)
		inject_at(&f, WAN, &frame, START + 10 * MS);
	assert_int_equal(recorder.counts[RECORD_DROP].made, 10);
	assert_int_equal(recorder.counts[RECORD_DROP].limited, 6);
	rte_ring_free(recorder.ring);
	fixture_end(&f);
}

static void
a_long_frame_is_recorded_with_its_beginning_and_length(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct packet_record record;
	struct fixture f;

	(void)state;
	start(&f);
	frame.payload_len = 900;
	inject(&f, WAN, &frame);
	assert_int_equal(recorder_last(&recorder, REASON_POLICY_DROP, &record, 1), 1);
	assert_int_equal(record.head_bytes, RECORD_HEAD_BYTES);
	assert_int_equal(record.frame_bytes, 14 + 20 + 8 + 900);
	fixture_end(&f);
}

static void
each_fragment_of_a_dropped_datagram_is_recorded(void **state)
{
	struct frame frame = datagram(WAN, 53, 5353);
	struct packet_record records[RECORDER_KEPT];
	struct rte_mbuf *pieces[2];
	struct fixture f;

	(void)state;
	start(&f);
	frame.payload_len = 32;
	pieces[0] = piece_of(&frame, 0, 24, true);
	pieces[1] = piece_of(&frame, 24, 16, false);
	engine_burst(f.e, WAN, pieces, 2, START, NULL);
	assert_int_equal(stats(&f).drops[REASON_POLICY_DROP], 2);
	assert_int_equal(recorder_last(&recorder, REASON_POLICY_DROP, records,
				       RECORDER_KEPT),
			 2);
	assert_true(records[0].port == WAN && records[1].port == WAN);
	fixture_end(&f);
}

static void
a_frame_that_the_port_does_not_take_is_recorded(void **state)
{
	struct frame frame = datagram(LAN, 5353, 53);
	struct packet_record record;
	struct rte_mbuf *m;
	struct fixture f;

	(void)state;
	start(&f);
	m = mbuf_of(&frame);
	m->port = LAN;
	engine_burst(f.e, LAN, &m, 1, START, NULL);
	engine_tx_done(f.e, engine_tx(f.e, WAN), 0, 0);
	assert_int_equal(stats(&f).drops[REASON_TX_FULL], 1);
	assert_int_equal(recorder_last(&recorder, REASON_TX_FULL, &record, 1), 1);
	assert_int_equal(record.port, LAN);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_name_the_packets_to_trace),
		cmocka_unit_test(a_drop_by_the_policy_has_its_rule_and_frame),
		cmocka_unit_test(a_drop_by_the_tracker_has_the_states_of_both_endpoints),
		cmocka_unit_test(the_last_drops_of_each_reason_are_kept_newest_first),
		cmocka_unit_test(packets_that_pass_make_no_record),
		cmocka_unit_test(packets_that_pass_are_recorded_while_they_are_selected),
		cmocka_unit_test(
			segments_on_the_fast_path_are_recorded_with_their_frames),
		cmocka_unit_test(only_selected_packets_count_against_the_limit),
		cmocka_unit_test(each_fragment_of_a_datagram_that_passes_is_recorded),
		cmocka_unit_test(drops_go_into_the_ring_only_while_they_are_followed),
		cmocka_unit_test(records_that_the_ring_has_no_room_for_are_counted),
		cmocka_unit_test(the_rate_of_records_is_limited_and_the_history_is_not),
		cmocka_unit_test(a_long_frame_is_recorded_with_its_beginning_and_length),
		cmocka_unit_test(each_fragment_of_a_dropped_datagram_is_recorded),
		cmocka_unit_test(a_frame_that_the_port_does_not_take_is_recorded),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
