/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wires of a group share connections: they are links of a LAG, and each end chooses a
 * link on its own.
 */
#include "engine_fixture.h"

#define LAN2 2
#define WAN2 3
#define LAN3 4
#define WAN3 5

/* Configure wires 0 to 2; the first `grouped` wires are in group 1. */
static struct engine_config
config_of(unsigned grouped)
{
	struct engine_config config = fixture_config();
	unsigned w;

	config.wires = 3;
	for (w = 0; w < grouped; w++)
		config.group[w] = 1;
	return config;
}

static void
each_direction_may_take_any_wire(void **state)
{
	struct fixture f = {.config = config_of(3)};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	(void)state;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(left_count(&f, WAN), 1);
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	assert_passed(inject(&f, WAN2, &frame));
	assert_int_equal(left_count(&f, LAN2), 1);
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	assert_states(inject(&f, LAN3, &frame), "ESTABLISHED", "ESTABLISHED");
	assert_int_equal(left_count(&f, WAN3), 1);
	frame.payload_len = 100;
	assert_passed(inject(&f, LAN2, &frame));
	assert_int_equal(left_count(&f, WAN2), 1);
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

static void
a_wire_that_is_in_no_group_shares_nothing(void **state)
{
	struct fixture f = {.config = config_of(2)};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	(void)state;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	assert_dropped(inject(&f, WAN3, &frame), REASON_TCP_NO_CONNECTION);
	assert_passed(inject(&f, WAN2, &frame));
	/* the side is still part of the key */
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	assert_dropped(inject(&f, WAN2, &frame), REASON_TCP_NO_CONNECTION);
	fixture_end(&f);
}

static void
two_groups_share_nothing(void **state)
{
	struct fixture f = {.config = fixture_config()};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	(void)state;
	f.config.wires = 3;
	f.config.group[0] = 2;
	f.config.group[1] = 1;
	f.config.group[2] = 2;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	assert_dropped(inject(&f, WAN2, &frame), REASON_TCP_NO_CONNECTION);
	assert_passed(inject(&f, WAN3, &frame));
	fixture_end(&f);
}

static void
an_error_over_another_wire_is_related(void **state)
{
	struct fixture f = {.config = config_of(3)};
	struct frame inner, error = {.src = "10.9.9.9",
				     .dst = HOST,
				     .proto = IPPROTO_ICMP,
				     .icmp_type = 3,
				     .icmp_code = 1};
	uint8_t bytes[FRAME_MAX];

	(void)state;
	fixture_start(&f, OFFICE);
	handshake(&f);
	inner = segment(LAN, FRAME_ACK, 1001, 5001);
	frame_build(&inner, bytes, sizeof(bytes));
	error.payload = bytes + 14;
	error.payload_len = 40;
	assert_passed(inject(&f, WAN3, &error));
	assert_int_equal(left_count(&f, LAN3), 1);
	fixture_end(&f);
}

/*
 * A datagram is complete with fragments of both wires. Each fragment leaves by the wire
 * on which it arrived.
 */
static void
fragments_may_come_over_both_wires(void **state)
{
	struct fixture f = {.config = config_of(2)};
	struct frame frame = datagram(LAN, 1000, 53);
	struct rte_mbuf *m[2];

	(void)state;
	fixture_start(&f, FORWARD("accept", ""));
	frame.payload_len = 792;
	m[0] = piece_of(&frame, 0, 400, true);
	m[1] = piece_of(&frame, 400, 400, false);
	engine_burst(f.e, LAN2, &m[0], 1, START, NULL);
	assert_int_equal(left_count(&f, WAN2), 0);
	engine_burst(f.e, LAN, &m[1], 1, START, NULL);
	assert_int_equal(left_count(&f, WAN2), 1);
	assert_int_equal(left_count(&f, WAN), 1);
	assert_ptr_equal(engine_tx(f.e, WAN2)->pkts[0], m[0]);
	fixture_end(&f);
}

/*
 * The rules accept packets from the port of one wire only. The cached verdict of that
 * wire must not be used for the other one.
 */
static void
rules_see_the_port_that_a_packet_came_in_on(void **state)
{
	struct fixture f = {.config = config_of(2)};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	(void)state;
	fixture_start(&f, FORWARD("drop", ACCEPT_LAN "iifname \"wan\" accept\n"));
	assert_dropped(inject(&f, LAN2, &frame), REASON_POLICY_DROP);
	assert_passed(inject(&f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	assert_dropped(inject(&f, WAN2, &frame), REASON_POLICY_DROP);
	assert_passed(inject(&f, WAN, &frame));
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	assert_passed(inject(&f, LAN, &frame));
	/* the verdict for lan is cached now */
	frame.payload_len = 10;
	assert_dropped(inject(&f, LAN2, &frame), REASON_POLICY_DROP);
	assert_passed(inject(&f, LAN, &frame));
	fixture_end(&f);
}

static void
lacp_crosses_each_wire_for_itself(void **state)
{
	struct fixture f = {.config = config_of(2)};
	struct frame lacp = {.ether_type = 0x8809, .payload_len = 110};

	(void)state;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, WAN2, &lacp));
	assert_int_equal(left_count(&f, LAN2), 1);
	assert_passed(inject(&f, WAN, &lacp));
	assert_int_equal(left_count(&f, LAN), 1);
	fixture_end(&f);
}

static void
vlans_of_a_group_are_networks_of_their_own(void **state)
{
	struct fixture f = {.config = config_of(2)};
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	(void)state;
	fixture_start(&f, OFFICE);
	frame.tags = 1;
	frame.tag[0].tci = 10;
	assert_passed(inject(&f, LAN, &frame));
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	frame.tags = 1;
	frame.tag[0].tci = 20;
	assert_dropped(inject(&f, WAN2, &frame), REASON_TCP_NO_CONNECTION);
	frame.tag[0].tci = 10;
	assert_passed(inject(&f, WAN2, &frame));
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_direction_may_take_any_wire),
		cmocka_unit_test(a_wire_that_is_in_no_group_shares_nothing),
		cmocka_unit_test(two_groups_share_nothing),
		cmocka_unit_test(an_error_over_another_wire_is_related),
		cmocka_unit_test(fragments_may_come_over_both_wires),
		cmocka_unit_test(rules_see_the_port_that_a_packet_came_in_on),
		cmocka_unit_test(lacp_crosses_each_wire_for_itself),
		cmocka_unit_test(vlans_of_a_group_are_networks_of_their_own),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
