/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of one burst: their verdicts, and the order and place of what is sent. */
#include "engine_fixture.h"
#include "rules_store.h"

static void
port_without_a_wire_drops(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	WITH(f, OFFICE);
	assert_dropped(inject(&f, 2, &frame), REASON_NO_WIRE);
	fixture_end(&f);
}

/* 3,000 rules, as JSON: each accepts and counts an even port up to 6,000. */
static char *
many_rules(void)
{
	char *head = rules_store_json(FORWARD("drop", ACCEPT_ESTABLISHED));
	/* length without the closing "]}" */
	size_t room = 1 << 20, used = strlen(head) - 2;
	char *text = malloc(room);
	unsigned port;

	assert_non_null(text);
	snprintf(text, room, "%.*s", (int)used, head);
	free(head);
	for (port = 2; port <= 6000; port += 2)
		used += (size_t)snprintf(
			text + used, room - used,
			",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":"
			"\"forward\",\"expr\":[{\"match\":{\"op\":\"==\",\"left\":"
			"{\"payload\":{\"protocol\":\"th\",\"field\":\"dport\"}},"
			"\"right\":%u}},{\"counter\":null},{\"accept\":null}]}}",
			port);
	assert_true(used + 3 < room);
	memcpy(text + used, "]}", 3);
	return text;
}

/* Rules are classified once for all packets of a burst. */
static void
new_packets_of_a_burst_get_their_own_answers_from_many_rules(void **state)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	struct engine_record records[ENGINE_BURST_MAX];
	uint64_t counted = 0;
	struct frame frame;
	char *text = many_rules();
	unsigned i;

	WITH(f, text);
	free(text);
	handshake(&f);
	drain(&f);
	for (i = 0; i < ENGINE_BURST_MAX; i++) {
		/* a quarter are datagrams, an eighth belong to the open connection */
		frame = i % 4 == 3 ? datagram(LAN, 2000, (uint16_t)(1000 + i / 2))
				   : segment(LAN, FRAME_SYN, 1000, 0);
		frame.dport = (uint16_t)(1000 + i / 2);
		frame.sport = (uint16_t)(2000 + i / 16);
		if (i % 8 == 0)
			frame = segment(LAN, FRAME_ACK, 1001, 5001);
		if (i % 8 == 4)
			frame.flags = FRAME_ACK;
		pkts[i] = mbuf_of(&frame);
	}
	engine_burst(f.e, LAN, pkts, ENGINE_BURST_MAX, START, records);
	for (i = 0; i < ENGINE_BURST_MAX; i++) {
		if (i % 8 == 0) {
			assert_passed(records[i]);
		} else if (i % 8 == 4) {
			assert_dropped(records[i], REASON_TCP_NO_CONNECTION);
		} else if (i / 2 % 2 == 0) {
			assert_passed(records[i]);
			counted++;
		} else {
			assert_dropped(records[i], REASON_POLICY_DROP);
		}
	}
	assert_true(counted > ENGINE_BURST_MAX / 8);
	for (i = 0; i < policy_counters(f.policy); i++)
		counted -= counter_of(&f, i).packets;
	assert_int_equal(counted, -1); /* the SYN of handshake() was counted too */
	fixture_end(&f);
}

static void
generated_segments_stand_right_behind_their_cause(void **state)
{
	struct rte_mbuf *pkts[3];
	struct engine_record records[3];
	struct frame frame;

	WITH(f, OFFICE);
	handshake(&f);
	drain(&f);
	/* RST-6: dropped, and the receiver is probed, between the two data segments */
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	frame.payload_len = 100;
	pkts[0] = mbuf_of(&frame);
	frame = segment(LAN, FRAME_RST, 1001 + 5000, 0);
	pkts[1] = mbuf_of(&frame);
	frame = segment(LAN, FRAME_ACK, 1101, 5001);
	frame.payload_len = 100;
	pkts[2] = mbuf_of(&frame);
	engine_burst(f.e, LAN, pkts, 3, START, records);
	assert_passed(records[0]);
	assert_dropped(records[1], REASON_TCP_RST_INEXACT);
	assert_int_equal(records[1].action, ACTION_PROBE);
	assert_passed(records[2]);
	assert_int_equal(left_count(&f, WAN), 3);
	assert_int_equal(left(&f, WAN, 0).seg.seq, 1001);
	assert_int_equal(left(&f, WAN, 1).seg.seq, 1000);
	assert_int_equal(left(&f, WAN, 2).seg.seq, 1101);
	fixture_end(&f);
}

static void
full_transmit_buffer_drops_and_says_so(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct engine_record r = {0};
	struct rte_mbuf *m;
	unsigned i;

	WITH(f, OFFICE);
	for (i = 0; i <= ENGINE_TX_MAX; i++) {
		m = mbuf_of(&frame);
		engine_burst(f.e, LAN, &m, 1, START, &r);
	}
	assert_dropped(r, REASON_TX_FULL);
	assert_int_equal(left_count(&f, WAN), ENGINE_TX_MAX);
	/* packets that the port did not accept are counted too */
	engine_tx_done(f.e, engine_tx(f.e, WAN), 0, 0);
	assert_int_equal(left_count(&f, WAN), 0);
	assert_int_equal(stats(&f).drops[REASON_TX_FULL], 1 + ENGINE_TX_MAX);
	fixture_end(&f);
}

static void
bad_frames_are_dropped_with_the_parsers_reason(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record record;
	struct rte_mbuf *m;

	WITH(f, OFFICE);
	frame.bad_l4_checksum = true;
	assert_dropped(inject(&f, LAN, &frame), REASON_L4_CHECKSUM);
	m = rte_pktmbuf_alloc(pool);
	engine_burst(f.e, LAN, &m, 1, START, &record);
	assert_dropped(record, REASON_FRAME_SHORT);
	assert_int_equal(stats(&f).connections, 0);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_without_a_wire_drops),
		cmocka_unit_test(
			new_packets_of_a_burst_get_their_own_answers_from_many_rules),
		cmocka_unit_test(generated_segments_stand_right_behind_their_cause),
		cmocka_unit_test(full_transmit_buffer_drops_and_says_so),
		cmocka_unit_test(bad_frames_are_dropped_with_the_parsers_reason),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
