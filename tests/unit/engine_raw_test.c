/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Base chains of hook prerouting and postrouting: what is evaluated before tracking, what
 * is not tracked, and how marks reach the forward chain.
 */
#include "engine_fixture.h"

#define BASE(name, hook, rules)                                                          \
	"chain " name " { type filter hook " hook "; policy accept;\n" rules "}\n"
#define TABLE(chains) "table inet t {\n" chains "}\n"
#define FORWARD_CHAIN(rules)                                                             \
	"chain forward { type filter hook forward priority 0; policy drop;\n" rules "}\n"

#define DNS_UNTRACKED                                                                    \
	BASE("raw", "prerouting priority raw",                                           \
	     "udp dport 53 notrack\nudp sport 53 "                                       \
	     "notrack\n")

static struct frame
dns(uint16_t port)
{
	return datagram(port, 40000, 53);
}

static void
notrack_before_tracking_makes_packets_untracked(void **state)
{
	struct frame out = dns(LAN), in = dns(WAN), other = datagram(LAN, 40000, 54);

	WITH(f, TABLE(DNS_UNTRACKED FORWARD_CHAIN("ct state untracked accept\n"
						  "ct state established accept\n"
						  "iifname \"lan\" accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_passed(inject(&f, WAN, &in));
	assert_int_equal(stats(&f).connections, 0);
	assert_passed(inject(&f, LAN, &other));
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

static void
each_direction_of_untracked_packets_needs_a_rule(void **state)
{
	struct frame out = dns(LAN), in = dns(WAN);

	WITH(f, TABLE(DNS_UNTRACKED FORWARD_CHAIN("ct state established accept\n"
						  "iifname \"lan\" accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
notrack_after_tracking_does_nothing(void **state)
{
	struct frame out = dns(LAN), in = dns(WAN);

	WITH(f, TABLE(BASE("late", "prerouting priority mangle", "notrack\n")
			      FORWARD_CHAIN("ct state untracked drop\n"
					    "ct state established accept\n"
					    "iifname \"lan\" accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_passed(inject(&f, WAN, &in));
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

static void
an_untracked_segment_passes_whatever_its_numbers(void **state)
{
	struct frame ack = segment(WAN, FRAME_ACK, 77, 99);

	WITH(f, TABLE(BASE("raw", "prerouting priority -300", "tcp sport 80 notrack\n")
			      FORWARD_CHAIN("ct state untracked accept\n")));
	assert_passed(inject(&f, WAN, &ack));
	ack = segment(LAN, FRAME_ACK, 99, 77);
	assert_dropped(inject(&f, LAN, &ack), REASON_TCP_NO_CONNECTION);
	fixture_end(&f);
}

static void
a_chain_before_tracking_sees_ct_state_invalid_then_untracked(void **state)
{
	struct frame out = dns(LAN);

	WITH(f, TABLE(BASE("a", "prerouting priority -320",
			   "ct state new drop\n"
			   "ct state untracked drop\n"
			   "notrack\n") BASE("b", "prerouting priority -310",
					     "ct state invalid drop\n"
					     "ct state untracked counter\n")
			      FORWARD_CHAIN("ct state untracked accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_int_equal(counter_of(&f, 0).packets, 1);
	fixture_end(&f);
}

static void
a_mark_of_prerouting_decides_in_forward(void **state)
{
	static const char *const priorities[] = {
		TABLE(BASE("pre", "prerouting priority mangle",
			   "tcp dport 80 meta mark set 7\n"
			   "tcp sport 80 meta mark set 7\n")
			      FORWARD_CHAIN("meta mark 7 accept\n")),
		TABLE(BASE("pre", "prerouting priority raw",
			   "tcp dport 80 meta mark set 7\n"
			   "tcp sport 80 meta mark set 7\n")
			      FORWARD_CHAIN("meta mark 7 accept\n")),
	};
	struct frame frame, other;
	size_t i;

	for (i = 0; i < 2; i++) {
		WITH(f, priorities[i]);
		handshake(&f);
		frame = segment(LAN, FRAME_ACK, 1001, 5001);
		frame.payload_len = 10;
		assert_passed(inject(&f, LAN, &frame));
		frame = segment(WAN, FRAME_ACK, 5001, 1011);
		assert_passed(inject(&f, WAN, &frame));
		other = segment(LAN, FRAME_SYN, 1, 0);
		other.dport = 81;
		assert_dropped(inject(&f, LAN, &other), REASON_POLICY_DROP);
		fixture_end(&f);
	}
}

/* The verdict of the small segments must not be remembered for the large one. */
static void
a_mark_that_differs_between_packets_is_not_remembered(void **state)
{
	static const char *const priorities[] = {
		TABLE(BASE("pre", "prerouting priority mangle",
			   "meta length > 500 meta mark set 7\n")
			      FORWARD_CHAIN("meta mark 7 drop\naccept\n")),
		TABLE(BASE("pre", "prerouting priority raw",
			   "meta length > 500 meta mark set 7\n")
			      FORWARD_CHAIN("meta mark 7 drop\naccept\n")),
		/* without a match that sees the difference at first */
		TABLE(BASE("pre", "prerouting priority raw",
			   "tcp flags & ack == ack meta length > 500 drop\n")
			      FORWARD_CHAIN("accept\n")),
	};
	struct frame frame;
	size_t i;

	for (i = 0; i < 3; i++) {
		WITH(f, priorities[i]);
		handshake(&f);
		frame = segment(LAN, FRAME_ACK, 1001, 5001);
		frame.payload_len = 100;
		assert_passed(inject(&f, LAN, &frame));
		frame = segment(LAN, FRAME_ACK, 1101, 5001);
		frame.payload_len = 600;
		assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
		frame.payload_len = 100;
		assert_passed(inject(&f, LAN, &frame));
		fixture_end(&f);
	}
}

/* Rule number 1, in the order of the file, and how many packets it has matched. */
static uint64_t
first_rule_hits(const struct fixture *f)
{
	struct policy_rule_info info;

	policy_rule(f->policy, 1, &info);
	return counter_of(f, info.hits).packets;
}

static void
what_is_the_same_for_a_connection_is_evaluated_once(void **state)
{
	struct frame frame;
	uint64_t hits;
	uint32_t seq;

	WITH(f, TABLE(BASE("pre", "prerouting priority raw",
			   "tcp dport 80 meta mark set 7\n"
			   "tcp sport 80 meta mark set 7\n")
			      FORWARD_CHAIN("meta mark 7 accept\n")));
	handshake(&f);
	hits = first_rule_hits(&f);
	assert_true(hits > 0);
	for (seq = 1001; seq < 1101; seq += 10) {
		frame = segment(LAN, FRAME_ACK, seq, 5001);
		frame.payload_len = 10;
		assert_passed(inject(&f, LAN, &frame));
	}
	assert_int_equal(first_rule_hits(&f), hits);
	/* a SYN of the same ports is new to the rules: they need the mark again */
	frame = segment(LAN, FRAME_SYN, 90000, 0);
	inject(&f, LAN, &frame);
	assert_int_equal(first_rule_hits(&f), hits + 1);
	fixture_end(&f);
}

static void
new_rules_can_end_the_tracking_of_a_connection(void **state)
{
	struct frame frame = segment(WAN, FRAME_ACK, 1u << 30, 1001);
	struct policy *policy;

	WITH(f, FORWARD("drop", ACCEPT_ESTABLISHED ACCEPT_LAN));
	handshake(&f);
	assert_dropped(inject(&f, WAN, &frame), REASON_TCP_SEQ_RIGHT);
	policy = fixture_policy(TABLE(BASE("raw", "prerouting priority raw", "notrack\n")
					      FORWARD_CHAIN("ct state untracked "
							    "accept\n")));
	engine_set_policy(f.e, policy, NULL);
	assert_passed(inject(&f, WAN, &frame));
	policy_free(f.policy);
	f.policy = policy;
	fixture_end(&f);
}

static void
prerouting_does_not_know_the_port_that_a_packet_leaves_by(void **state)
{
	struct frame frame = datagram(LAN, 40000, 53);

	WITH(f, TABLE(BASE("raw", "prerouting priority raw",
			   "oifname \"wan\" drop\n"
			   "oif \"lan\" drop\n"
			   "oifname \"w*\" drop\n")
			      BASE("pre", "prerouting priority 0",
				   "oifname { \"lan\", \"wan\" } drop\n"
				   "oifname != \"wan\" counter\n")
				      FORWARD_CHAIN("oifname \"wan\" accept\n")));
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(counter_of(&f, 0).packets, 1);
	fixture_end(&f);
}

static void
postrouting_is_evaluated_after_forward(void **state)
{
	struct frame out = datagram(LAN, 40000, 1900), in = datagram(WAN, 40000, 53);

	WITH(f, TABLE(BASE("post", "postrouting priority -500",
			   "udp dport 1900 meta mark 5 drop\n"
			   "iifname \"wan\" udp sport 53 counter\n")
			      FORWARD_CHAIN("meta mark set 5 accept\n")));
	assert_dropped(inject(&f, LAN, &out), REASON_POLICY_DROP);
	assert_int_equal(stats(&f).connections, 0);
	assert_passed(inject(&f, WAN, &in));
	assert_int_equal(counter_of(&f, 0).packets, 1);
	fixture_end(&f);
}

static void
a_reject_before_tracking_is_answered(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;

	WITH(f, TABLE(BASE("raw", "prerouting priority raw",
			   "tcp dport 80 reject with tcp reset\n")
			      FORWARD_CHAIN("accept\n")));
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_RST);
	assert_int_equal(left(&f, LAN, 0).seg.flags, TCP_RST | TCP_ACK);
	fixture_end(&f);
}

static void
a_zone_of_the_packet_can_be_matched(void **state)
{
	struct frame out = datagram(LAN, 40000, 53), other = datagram(LAN, 40000, 54);

	WITH(f,
	     TABLE(BASE("raw", "prerouting priority raw", "udp dport 53 ct zone set 5\n")
			   FORWARD_CHAIN("ct zone set 9\nct zone 5 accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_dropped(inject(&f, LAN, &other), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
a_connection_mark_of_prerouting_opens_with_the_connection(void **state)
{
	struct frame out = datagram(LAN, 40000, 53), in = datagram(WAN, 40000, 53);

	WITH(f, TABLE(BASE("pre", "prerouting priority mangle",
			   "udp dport 53 ct mark set 3\n"
			   "meta mark set ct mark\n")
			      FORWARD_CHAIN("meta mark 3 accept\n")));
	assert_passed(inject(&f, LAN, &out));
	assert_passed(inject(&f, WAN, &in));
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notrack_before_tracking_makes_packets_untracked),
		cmocka_unit_test(each_direction_of_untracked_packets_needs_a_rule),
		cmocka_unit_test(notrack_after_tracking_does_nothing),
		cmocka_unit_test(an_untracked_segment_passes_whatever_its_numbers),
		cmocka_unit_test(
			a_chain_before_tracking_sees_ct_state_invalid_then_untracked),
		cmocka_unit_test(a_mark_of_prerouting_decides_in_forward),
		cmocka_unit_test(a_mark_that_differs_between_packets_is_not_remembered),
		cmocka_unit_test(what_is_the_same_for_a_connection_is_evaluated_once),
		cmocka_unit_test(new_rules_can_end_the_tracking_of_a_connection),
		cmocka_unit_test(
			prerouting_does_not_know_the_port_that_a_packet_leaves_by),
		cmocka_unit_test(postrouting_is_evaluated_after_forward),
		cmocka_unit_test(a_reject_before_tracking_is_answered),
		cmocka_unit_test(a_zone_of_the_packet_can_be_matched),
		cmocka_unit_test(
			a_connection_mark_of_prerouting_opens_with_the_connection),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
