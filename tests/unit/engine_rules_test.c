/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules and connections: which packets are evaluated, what a refusal does to a
 * connection, and how a new ruleset affects existing connections.
 */
#include "engine_fixture.h"

static void
rules_drop_reject_and_accept_a_new_connection(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;
	struct packet p;

	WITH(f, FORWARD("drop", ACCEPT_ESTABLISHED
			"tcp dport 22 reject with tcp reset\n"
			"tcp dport 23 reject with icmpx admin-prohibited\n"
			"tcp dport 80 accept\n"));
	frame.dport = 25;
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(left_count(&f, LAN), 0);
	frame.dport = 22;
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_RST);
	p = left(&f, LAN, 0);
	assert_int_equal(p.reason, REASON_NONE);
	assert_int_equal(p.seg.flags, TCP_RST | TCP_ACK);
	assert_int_equal(p.seg.seq, 0);
	assert_int_equal(p.seg.ack, 1001);
	frame.dport = 23;
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_ICMP);
	p = left(&f, LAN, 0);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(p.icmp_type, 3);
	assert_int_equal(p.icmp_code, 13);
	assert_int_equal(stats(&f).connections, 0);
	frame.dport = 80;
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

static void
outside_may_answer_but_not_begin(void **state)
{
	struct frame frame = segment(WAN, FRAME_SYN, 1, 0);

	WITH(f, OFFICE);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	handshake(&f);
	frame = segment(WAN, FRAME_ACK, 5001, 1001);
	frame.payload_len = 10;
	assert_passed(inject(&f, WAN, &frame));
	fixture_end(&f);
}

/*
 * MODEL-2: a packet that the rules drop, here because of its length, must not change the
 * connection.
 */
static void
what_the_rules_drop_leaves_the_connection_as_it_was(void **state)
{
	struct frame frame, large;
	struct engine_record r;

	WITH(f,
	     FORWARD("drop", "meta length > 500 drop\n" ACCEPT_ESTABLISHED ACCEPT_LAN));
	handshake(&f);
	large = segment(LAN, FRAME_ACK, 1001, 5001);
	large.payload_len = 600;
	assert_dropped(inject(&f, LAN, &large), REASON_POLICY_DROP);
	/* the receiver cannot have got that data */
	frame = segment(WAN, FRAME_ACK, 5001, 1601);
	assert_dropped(inject(&f, WAN, &frame), REASON_TCP_ACK_UNSENT);
	large.flags |= FRAME_FIN;
	r = inject(&f, LAN, &large);
	assert_dropped(r, REASON_POLICY_DROP);
	assert_states(r, "ESTABLISHED", "ESTABLISHED");
	large.payload_len = 100;
	r = inject(&f, LAN, &large);
	assert_passed(r);
	assert_states(r, "FIN_WAIT_1", "CLOSE_WAIT");
	fixture_end(&f);
}

static void
retransmitted_syn_is_new_to_the_rules(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct policy_state *closed_state;
	struct policy *closed;

	WITH(f, FORWARD("drop", ACCEPT_ESTABLISHED "iifname \"lan\" counter accept\n"));
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(counter_of(&f, 0).packets, 2);
	closed = fixture_policy(FORWARD("drop", ACCEPT_ESTABLISHED));
	closed_state = fixture_state(closed);
	engine_set_policy(f.e, closed, closed_state);
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	/* a connection with a reply continues */
	frame = segment(WAN, FRAME_SYN | FRAME_ACK, 5000, 1001);
	assert_passed(inject(&f, WAN, &frame));
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	assert_passed(inject(&f, LAN, &frame));
	policy_free(f.policy);
	f.policy = closed;
	policy_state_free(closed_state);
	fixture_end(&f);
}

/*
 * Two rulesets without `ct state`, both with cacheable verdicts. ONE_WAY drops replies.
 */
#define BOTH_WAYS                                                                        \
	FORWARD("drop", "tcp dport 80 accept\n"                                          \
			"tcp sport 80 accept\n")
#define ONE_WAY FORWARD("drop", "tcp dport 80 accept\n")

static void
reload(struct fixture *f, const char *json)
{
	struct policy *policy = fixture_policy(json);

	engine_set_policy(f->e, policy, NULL);
	policy_free(f->policy);
	f->policy = policy;
}

static void
new_rules_are_asked_again_for_old_connections(void **state)
{
	struct frame out = segment(LAN, FRAME_ACK, 1001, 5001);
	struct frame in = segment(WAN, FRAME_ACK, 5001, 1001);

	WITH(f, BOTH_WAYS);
	handshake(&f);
	assert_passed(inject(&f, WAN, &in));
	reload(&f, ONE_WAY);
	assert_passed(inject(&f, LAN, &out));
	assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
	reload(&f, BOTH_WAYS);
	assert_passed(inject(&f, WAN, &in));
	fixture_end(&f);
}

/* Both as the kernel: nf_reject_verify_csum(). */
static void
reject_answers_a_reset_by_icmp_and_unknown_protocols_by_nothing(void **state)
{
	static const uint8_t silent[] = {4, 41, 99, 254};
	struct frame frame = segment(LAN, FRAME_RST, 1001, 0);
	struct engine_record r;
	size_t i;

	WITH(f, OFFICE);
	handshake(&f);
	reload(&f, FORWARD("drop", "reject\n"));
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_ICMP);
	frame = datagram(LAN, 1, 2);
	for (i = 0; i < RTE_DIM(silent); i++) {
		frame.proto = silent[i];
		r = inject(&f, LAN, &frame);
		assert_dropped(r, REASON_POLICY_REJECT);
		assert_int_equal(r.action, ACTION_NONE);
	}
	frame.proto = IPPROTO_ESP;
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_ICMP);
	fixture_end(&f);
}

static void
reject_answers_within_a_connection_but_never_a_reset(void **state)
{
	struct frame frame = segment(LAN, FRAME_RST, 1001, 0);
	struct engine_record r;
	struct packet p;

	WITH(f, OFFICE);
	handshake(&f);
	reload(&f, FORWARD("drop", "tcp dport 80 reject with tcp reset\n"));
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_NONE);
	assert_states(r, "ESTABLISHED", "ESTABLISHED");
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	r = inject(&f, LAN, &frame);
	assert_dropped(r, REASON_POLICY_REJECT);
	assert_int_equal(r.action, ACTION_RST);
	p = left(&f, LAN, 0);
	assert_int_equal(p.seg.flags, TCP_RST);
	assert_int_equal(p.seg.seq, 5001);
	fixture_end(&f);
}

static void
generation_that_comes_round_is_not_taken_for_the_old(void **state)
{
	struct frame in = segment(WAN, FRAME_ACK, 5001, 1001);
	int i;

	WITH(f, BOTH_WAYS);
	handshake(&f);
	for (i = 0; i < 253; i++)
		reload(&f, BOTH_WAYS);
	for (i = 0; i < 255; i++) {
		reload(&f, ONE_WAY);
		assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
		engine_expire(f.e, START, ENGINE_EXPIRE_MAX);
		assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
	}
	fixture_end(&f);
}

/*
 * Set new rules so often that generation numbers are used again. The old numbers are
 * cleared from the connections in pieces; that of handshake() is the last in the table.
 */
static void
rules_hold_while_connections_forget_the_old(void **state)
{
	struct frame in = segment(WAN, FRAME_ACK, 5001, 1001);
	struct frame other = segment(LAN, FRAME_SYN, 1000, 0);
	unsigned i;

	WITH(f, BOTH_WAYS);
	for (i = 0; i < 900; i++) {
		other.sport = (uint16_t)(1000 + i);
		assert_passed(inject(&f, LAN, &other));
	}
	handshake(&f);
	for (i = 0; i < 254; i++)
		reload(&f, BOTH_WAYS);
	for (i = 0; i < 10; i++) {
		reload(&f, BOTH_WAYS);
		assert_passed(inject(&f, WAN, &in));
		reload(&f, ONE_WAY);
		assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
		engine_expire(f.e, START, ENGINE_EXPIRE_MAX);
		assert_dropped(inject(&f, WAN, &in), REASON_POLICY_DROP);
	}
	fixture_end(&f);
}

static void
constant_rules_still_count(void **state)
{
	struct frame frame;

	WITH(f,
	     FORWARD("drop", "ct state established,related counter accept\n" ACCEPT_LAN));
	handshake(&f);
	assert_int_equal(counter_of(&f, 0).packets, 2);
	assert_int_equal(counter_of(&f, 0).bytes, 80);
	frame = segment(LAN, FRAME_ACK, 1001 + 1000000, 5001);
	assert_dropped(inject(&f, LAN, &frame), REASON_TCP_SEQ_RIGHT);
	assert_int_equal(counter_of(&f, 0).packets, 2);
	fixture_end(&f);
}

static void
rules_may_judge_what_is_invalid_if_told_so(void **state)
{
	struct frame frame = segment(LAN, FRAME_ACK, 1, 1);
	struct fixture f = {.config = fixture_config()};
	struct engine_record r;

	(void)state;
	f.config.enforce_ruleset = true;
	fixture_start(&f,
		      FORWARD("drop", ACCEPT_ESTABLISHED
			      "ct state invalid iifname \"lan\" accept\n" ACCEPT_LAN));
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).connections, 0);
	frame = segment(WAN, FRAME_ACK, 1, 1);
	assert_dropped(inject(&f, WAN, &frame), REASON_TCP_NO_CONNECTION);
	handshake(&f);
	frame = segment(LAN, FRAME_ACK, 1001 + 1000000, 5001);
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	assert_int_equal(r.action, ACTION_NONE);
	assert_int_equal(left_count(&f, WAN), 1);
	fixture_end(&f);
}

static void
vlans_can_be_interfaces_of_their_own(void **state)
{
	static uint16_t interfaces[2 * ENGINE_VIDS];
	static const struct {
		const char *name;
		uint16_t tags[2];
		uint16_t sport;
		bool passes;
	} rows[] = {
		{"untagged", {0, 0}, 1, false},
		{"another VLAN", {20, 0}, 2, false},
		{"the VLAN", {10, 0}, 3, true},
		{"the VLAN outside", {10, 20}, 4, true},
		{"the VLAN inside", {20, 10}, 5, false},
		{"the VLAN again, by the verdict cache", {10, 0}, 3, true},
	};
	struct fixture f = {.config = fixture_config()};
	struct engine_record r;
	struct frame frame;
	size_t i;
	unsigned t;

	(void)state;
	for (i = 0; i < 2 * ENGINE_VIDS; i++)
		interfaces[i] = (uint16_t)(i / ENGINE_VIDS);
	interfaces[LAN * ENGINE_VIDS + 10] = 4; /* interface "lan3" */
	interfaces[WAN * ENGINE_VIDS + 10] = 5; /* interface "wan3" */
	f.config.interfaces = interfaces;
	fixture_start(&f, FORWARD("drop", "iifname \"lan3\" oifname \"wan3\" accept\n"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		frame = datagram(LAN, rows[i].sport, 53);
		for (t = 0; t < 2 && rows[i].tags[t] != 0; t++)
			frame.tag[frame.tags++] = (struct frame_tag){0x8100,
								     rows[i].tags[t]};
		r = inject(&f, LAN, &frame);
		if ((r.verdict == VERDICT_PASS) != rows[i].passes)
			fail_msg("%s: %s", rows[i].name, reason_name(r.reason));
	}
	frame = datagram(WAN, 3, 53); /* the rule matches one direction only */
	frame.tag[frame.tags++] = (struct frame_tag){0x8100, 10};
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vlans_can_be_interfaces_of_their_own),
		cmocka_unit_test(rules_drop_reject_and_accept_a_new_connection),
		cmocka_unit_test(outside_may_answer_but_not_begin),
		cmocka_unit_test(what_the_rules_drop_leaves_the_connection_as_it_was),
		cmocka_unit_test(retransmitted_syn_is_new_to_the_rules),
		cmocka_unit_test(new_rules_are_asked_again_for_old_connections),
		cmocka_unit_test(
			reject_answers_a_reset_by_icmp_and_unknown_protocols_by_nothing),
		cmocka_unit_test(reject_answers_within_a_connection_but_never_a_reset),
		cmocka_unit_test(generation_that_comes_round_is_not_taken_for_the_old),
		cmocka_unit_test(rules_hold_while_connections_forget_the_old),
		cmocka_unit_test(constant_rules_still_count),
		cmocka_unit_test(rules_may_judge_what_is_invalid_if_told_so),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
