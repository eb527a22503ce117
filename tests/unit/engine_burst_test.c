/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of packets: passed, dropped, answered; and that bursts make no difference.
 */
#include "engine_fixture.h"

#include <rte_random.h>

#define WITH(f, json)                                                                    \
	struct fixture f = {.config = fixture_config()};                                 \
	(void)state;                                                                     \
	fixture_start(&f, json)

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
rules_drop_reject_and_accept_a_new_connection(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;
	struct packet p;

	WITH(f, RULESET("drop", RULE(ESTABLISHED ACCEPT) RULE(TCP_DPORT(22) REJECT_RESET)
					RULE(TCP_DPORT(23) REJECT_ICMP)
						RULE(TCP_DPORT(80) ACCEPT)));
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

/* MODEL-2: large packets are the rules' to drop, each time. */
static void
what_the_rules_drop_leaves_the_connection_as_it_was(void **state)
{
	struct frame frame, large;
	struct engine_record r;

	WITH(f, RULESET("drop", RULE("{\"match\":{\"op\":\">\","
				     "\"left\":{\"meta\":{\"key\":\"length\"}},"
				     "\"right\":500}}," DROP) RULE(ESTABLISHED ACCEPT)
					RULE(FROM_LAN ACCEPT)));
	handshake(&f);
	large = segment(LAN, FRAME_ACK, 1001, 5001);
	large.payload_len = 600;
	assert_dropped(inject(&f, LAN, &large), REASON_POLICY_DROP);
	/* the receiver cannot have it */
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

static struct policy_counter
counter_of(const struct fixture *f, unsigned number)
{
	struct policy_counter counter;

	policy_counters_read(f->state, number, 1, &counter);
	return counter;
}

static void
retransmitted_syn_is_new_to_the_rules(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct policy_state *closed_state;
	struct policy *closed;

	WITH(f, RULESET("drop", RULE(ESTABLISHED ACCEPT) RULE(FROM_LAN COUNTER ACCEPT)));
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(counter_of(&f, 0).packets, 2);
	closed = fixture_policy(RULESET("drop", RULE(ESTABLISHED ACCEPT)));
	closed_state = fixture_state(closed);
	engine_set_policy(f.e, closed, closed_state);
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	/* but what has been answered goes on */
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
 * Rules that are the connection's own, and remembered in it; and such that refuse
 * answers.
 */
#define BOTH_WAYS RULESET("drop", RULE(TCP_DPORT(80) ACCEPT) RULE(TCP_SPORT(80) ACCEPT))
#define ONE_WAY RULESET("drop", RULE(TCP_DPORT(80) ACCEPT))

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

static void
reject_answers_within_a_connection_but_never_a_reset(void **state)
{
	struct frame frame = segment(LAN, FRAME_RST, 1001, 0);
	struct engine_record r;
	struct packet p;

	WITH(f, OFFICE);
	handshake(&f);
	reload(&f, RULESET("drop", RULE(TCP_DPORT(80) REJECT_RESET)));
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

/* The connection of handshake() lies behind so many others that it forgets last. */
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

	WITH(f, RULESET("drop", RULE(ESTABLISHED COUNTER ACCEPT) RULE(FROM_LAN ACCEPT)));
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
		      RULESET("drop", RULE(ESTABLISHED ACCEPT)
					      RULE(CT_STATE("invalid") FROM_LAN ACCEPT)
						      RULE(FROM_LAN ACCEPT)));
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
udp_answers_pass_and_questions_from_outside_do_not(void **state)
{
	struct frame frame = datagram(WAN, 5353, 53);
	struct engine_record r;

	WITH(f, OFFICE);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	frame = datagram(LAN, 5353, 53);
	r = inject(&f, LAN, &frame);
	assert_passed(r);
	assert_true(r.has_conn);
	assert_false(r.has_states);
	frame = datagram(WAN, 5353, 53);
	assert_passed(inject(&f, WAN, &frame));
	frame = datagram(WAN, 5353, 54);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
echo_replies_pass_only_to_who_has_asked(void **state)
{
	struct frame frame = echo(WAN, 0, 7);

	WITH(f, OFFICE);
	assert_dropped(inject(&f, WAN, &frame), REASON_ICMP_NO_REQUEST);
	frame = echo(LAN, 8, 7);
	assert_passed(inject(&f, LAN, &frame));
	frame = echo(WAN, 0, 7);
	assert_passed(inject(&f, WAN, &frame));
	/* the key is known, but this side may not ask, and nobody may answer it */
	frame = echo(WAN, 8, 7);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	frame = echo(LAN, 0, 7);
	assert_dropped(inject(&f, LAN, &frame), REASON_ICMP_NO_REQUEST);
	fixture_end(&f);
}

static void
echo_from_both_sides_under_one_identifier_is_answered(void **state)
{
	struct frame frame = echo(LAN, 8, 7);

	WITH(f, RULESET("accept", ""));
	assert_passed(inject(&f, LAN, &frame));
	frame = echo(WAN, 8, 7);
	assert_passed(inject(&f, WAN, &frame));
	frame = echo(LAN, 0, 7);
	assert_passed(inject(&f, LAN, &frame));
	frame = echo(WAN, 0, 7);
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(stats(&f).connections, 1);
	fixture_end(&f);
}

/* An ICMP error from a router outside about a frame that went out. */
static struct engine_record
error_about(struct fixture *f, const struct frame *about)
{
	uint8_t bytes[FRAME_MAX];
	size_t length = frame_build(about, bytes, sizeof(bytes));
	struct frame frame = {
		.src = "198.51.100.1",
		.dst = HOST,
		.proto = IPPROTO_ICMP,
		.icmp_type = 3,
		.icmp_code = 4,
		.payload = bytes + 14,
		.payload_len = length - 14,
	};

	return inject(f, WAN, &frame);
}

static void
icmp_errors_pass_when_related_and_plausible(void **state)
{
	struct frame frame;
	struct engine_record r;

	WITH(f, OFFICE);
	handshake(&f);
	frame = segment(LAN, FRAME_ACK, 1001, 5001);
	frame.payload_len = 8;
	assert_passed(inject(&f, LAN, &frame));
	r = error_about(&f, &frame);
	assert_passed(r);
	assert_true(r.has_conn);
	assert_states(r, "ESTABLISHED", "ESTABLISHED");
	frame.seq += 100000;
	assert_dropped(error_about(&f, &frame), REASON_ICMP_INNER_SEQ);
	frame.sport = 40001;
	assert_dropped(error_about(&f, &frame), REASON_ICMP_UNRELATED);
	frame = datagram(LAN, 1000, 33434);
	assert_dropped(error_about(&f, &frame), REASON_ICMP_UNRELATED);
	assert_passed(inject(&f, LAN, &frame));
	assert_passed(error_about(&f, &frame));
	fixture_end(&f);
}

static void
icmp_errors_are_the_rules_to_refuse(void **state)
{
	struct frame frame = datagram(LAN, 1000, 33434);

	WITH(f,
	     RULESET("drop", RULE(CT_STATE("established") ACCEPT) RULE(FROM_LAN ACCEPT)));
	assert_passed(inject(&f, LAN, &frame));
	assert_dropped(error_about(&f, &frame), REASON_POLICY_DROP);
	fixture_end(&f);
}

static void
listed_protocols_bypass_the_rules_and_others_do_not(void **state)
{
	struct frame frame = {.ether_type = 0x0806, .payload_len = 28};

	WITH(f, OFFICE);
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(left_count(&f, LAN), 1);
	frame.ether_type = 0x88cc;
	assert_passed(inject(&f, WAN, &frame));
	frame = (struct frame){.ether_type = 38,
			       .payload = "\x42\x42\x03",
			       .payload_len = 3};
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(stats(&f).bypassed, 3);
	frame.payload = "\xaa\xaa\x03\0\0\0\x08"; /* SNAP, which may carry IP */
	assert_dropped(inject(&f, WAN, &frame), REASON_NON_IP);
	frame.ether_type = 0x88f7;
	assert_dropped(inject(&f, WAN, &frame), REASON_NON_IP);
	assert_int_equal(stats(&f).bypassed, 3);
	fixture_end(&f);
}

static void
neighbour_discovery_bypasses_or_is_untracked(void **state)
{
	struct frame frame = {
		.src = "fe80::1",
		.dst = "ff02::1:ff00:2",
		.proto = IPPROTO_ICMPV6,
		.icmp_type = 135,
		.ttl = 255,
		.payload_len = 20,
	};
	struct fixture f = {.config = fixture_config()};

	(void)state;
	fixture_start(&f, OFFICE);
	assert_passed(inject(&f, WAN, &frame));
	frame.ttl = 254; /* routed, so it is none: RFC 4861 6.1 */
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	frame.ttl = 255;
	fixture_end(&f);
	f.config.bypass = 0;
	fixture_start(&f, OFFICE);
	assert_dropped(inject(&f, WAN, &frame), REASON_POLICY_DROP);
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).connections6, 0);
	fixture_end(&f);
}

static void
vlan_tags_are_crossed_and_kept(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct engine_record r;

	WITH(f, RULESET("drop",
			RULE(TCP_DPORT(80) ACCEPT) RULE(TCP_DPORT(22) REJECT_RESET)));
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
port_without_a_wire_drops(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);

	WITH(f, OFFICE);
	assert_dropped(inject(&f, 2, &frame), REASON_NO_WIRE);
	fixture_end(&f);
}

/* Rules that let in the even ports up to 6,000. */
static char *
many_rules(void)
{
	static const char head[] = RULESET("drop", RULE(ESTABLISHED ACCEPT));
	size_t room = 1 << 20, used = sizeof(head) - 3; /* without "]}" */
	char *text = malloc(room);
	unsigned port;

	assert_non_null(text);
	memcpy(text, head, used);
	for (port = 2; port <= 6000; port += 2)
		used += (size_t)snprintf(
			text + used, room - used,
			",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":"
			"\"forward\",\"expr\":[{\"match\":{\"op\":\"==\",\"left\":"
			"{\"payload\":{\"protocol\":\"th\",\"field\":\"dport\"}},"
			"\"right\":%u}}," COUNTER ACCEPT "]}}",
			port);
	assert_true(used + 3 < room);
	memcpy(text + used, "]}", 3);
	return text;
}

/* The engine looks at the rules of several beforehand: each gets its own answer. */
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
		/*
		 * every fourth is a datagram, every eighth of the handshake's connection
		 */
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
	assert_int_equal(counted, -1); /* and the handshake's SYN */
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
	/* what the port does not take is counted, too */
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

/*
 * Random traffic of a few hosts, legal and hostile: all flags, numbers near and far, both
 * families, UDP, pings and their answers. Enough of one connection to have several
 * packets of it in a burst.
 */
#define MIX 6400
#define GROUP 64 /* packets of one port and one time: a multiple of all burst sizes */

struct mix {
	struct frame frame;
	uint16_t port;
	uint64_t at;
};

static uint32_t
upto(uint32_t n)
{
	return (uint32_t)rte_rand_max(n);
}

static void
mix_tcp(struct frame *frame, uint16_t port)
{
	static const uint8_t flags[] = {
		FRAME_SYN, FRAME_SYN | FRAME_ACK, FRAME_ACK,
		FRAME_ACK, FRAME_ACK | FRAME_PSH, FRAME_ACK | FRAME_FIN,
		FRAME_RST, FRAME_RST | FRAME_ACK, FRAME_SYN,
		FRAME_ACK,
	};
	uint32_t seq = port == LAN ? 1000 : 5000, ack = port == LAN ? 5000 : 1000;

	*frame = segment(port, flags[upto(RTE_DIM(flags))], seq + upto(4), ack + upto(4));
	if (upto(50) == 0)
		frame->flags = (uint8_t)upto(64);
	if (upto(20) == 0)
		frame->seq = upto(UINT32_MAX);
	if (upto(20) == 0)
		frame->ack = upto(UINT32_MAX);
	if (upto(4) == 0)
		frame->payload_len = upto(100);
	if (upto(10) == 0)
		frame->win = 0;
	*(port == LAN ? &frame->sport : &frame->dport) = (uint16_t)(40000 + upto(40));
	if (upto(10) == 0)
		*(port == LAN ? &frame->dport : &frame->sport) = 22;
}

static void
mix_one(struct mix *mix, uint16_t port, uint64_t at)
{
	struct frame *frame = &mix->frame;
	uint32_t kind = upto(20);

	mix->port = port;
	mix->at = at;
	if (kind < 14)
		mix_tcp(frame, port);
	else if (kind < 17)
		*frame = datagram(port, (uint16_t)(1000 + upto(100)), 53);
	else if (kind < 19)
		*frame = echo(port, upto(2) ? 8 : 0, (uint16_t)upto(20));
	else
		*frame = (struct frame){.ether_type = 0x0806, .payload_len = 28};
	if (kind < 17 && upto(3) == 0) {
		frame->src = port == LAN ? HOST6 : SERVER6;
		frame->dst = port == LAN ? SERVER6 : HOST6;
	}
	if (upto(100) == 0)
		frame->bad_l4_checksum = frame->src != NULL;
}

static struct mix *
mix_make(void)
{
	struct mix *mix = calloc(MIX, sizeof(*mix));
	uint64_t at = START;
	uint16_t port = LAN;
	unsigned i;

	assert_non_null(mix);
	rte_srand(42);
	for (i = 0; i < MIX; i++) {
		if (i % GROUP == 0) {
			port = (uint16_t)upto(2);
			at += upto(3) == 0 ? upto(5000) * MS : upto(3) * MS;
		}
		mix_one(&mix[i], port, at);
	}
	return mix;
}

struct outcome {
	struct engine_record records[MIX];
	struct engine_view views[200];
	unsigned connections;
	uint16_t sent[MIX / GROUP][2]; /* after each group */
	struct engine_stats stats;
};

static struct outcome *
mix_run(const struct mix *mix, const char *rules, uint16_t burst)
{
	struct outcome *out = calloc(1, sizeof(*out));
	struct fixture f = {.config = fixture_config()};
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t cursor = 0;
	unsigned i, j;

	assert_non_null(out);
	f.config.max = 100; /* full now and then */
	f.config.max6 = 30;
	f.config.acct = true;
	fixture_start(&f, rules);
	for (i = 0; i < MIX; i += burst) {
		for (j = 0; j < burst; j++)
			pkts[j] = mbuf_of(&mix[i + j].frame);
		engine_burst(f.e, mix[i].port, pkts, burst, mix[i].at, &out->records[i]);
		if ((i + burst) % GROUP != 0)
			continue;
		out->sent[i / GROUP][LAN] = left_count(&f, LAN);
		out->sent[i / GROUP][WAN] = left_count(&f, WAN);
		drain(&f);
		while (engine_expire(f.e, mix[i].at, ENGINE_EXPIRE_MAX) ==
		       ENGINE_EXPIRE_MAX)
			;
		drain(&f);
	}
	out->connections = engine_list(f.e, mix[MIX - 1].at, &cursor, out->views, 200);
	out->stats = stats(&f);
	fixture_end(&f);
	return out;
}

static bool
same_record(const struct engine_record *a, const struct engine_record *b)
{
	return a->verdict == b->verdict && a->reason == b->reason &&
	       a->action == b->action && a->has_conn == b->has_conn &&
	       a->has_states == b->has_states && a->held == b->held &&
	       a->orig == b->orig && a->state[0] == b->state[0] &&
	       a->state[1] == b->state[1] && a->conn == b->conn;
}

static void
same_outcome(const struct outcome *a, const struct outcome *b)
{
	unsigned i;

	for (i = 0; i < MIX; i++)
		if (!same_record(&a->records[i], &b->records[i])) {
			print_error("packet %u: %s and %s\n", i,
				    reason_name(a->records[i].reason),
				    reason_name(b->records[i].reason));
			fail();
		}
	assert_int_equal(a->connections, b->connections);
	assert_memory_equal(a->views, b->views, sizeof(a->views));
	assert_memory_equal(a->sent, b->sent, sizeof(a->sent));
	assert_memory_equal(&a->stats, &b->stats, sizeof(a->stats));
}

static void
bursts_of_1_32_and_64_are_equal(const char *rules)
{
	struct mix *mix = mix_make();
	struct outcome *one = mix_run(mix, rules, 1);
	struct outcome *half = mix_run(mix, rules, 32);
	struct outcome *full = mix_run(mix, rules, 64);

	/* the mix is one: much passes, much does not, and the table fills up */
	assert_true(one->stats.passed > MIX / 5);
	assert_true(one->stats.evicted > 0);
	assert_true(one->stats.drops[REASON_TCP_SEQ_RIGHT] > 0);
	assert_true(one->stats.removed > 0);
	assert_true(one->connections > 10);
	same_outcome(one, half);
	same_outcome(one, full);
	free(one);
	free(half);
	free(full);
	free(mix);
}

static void
burst_size_makes_no_difference(void **state)
{
	(void)state;
	bursts_of_1_32_and_64_are_equal(OFFICE);
}

static void
burst_size_makes_no_difference_to_rules_of_each_packet(void **state)
{
	(void)state;
	bursts_of_1_32_and_64_are_equal(RULESET(
		"accept",
		RULE("{\"match\":{\"op\":\">\",\"left\":{\"meta\":{\"key\":\"length\"}},"
		     "\"right\":100}}," DROP) RULE(TCP_DPORT(22) COUNTER REJECT_RESET)
			RULE(UDP_DPORT(53) COUNTER ACCEPT)));
}

static void
packets_and_bytes_are_counted_if_wanted(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f = {.config = fixture_config()};
	struct engine_view view;
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
		cmocka_unit_test(rules_drop_reject_and_accept_a_new_connection),
		cmocka_unit_test(outside_may_answer_but_not_begin),
		cmocka_unit_test(segment_past_the_window_is_challenged),
		cmocka_unit_test(what_the_rules_drop_leaves_the_connection_as_it_was),
		cmocka_unit_test(retransmitted_syn_is_new_to_the_rules),
		cmocka_unit_test(new_rules_are_asked_again_for_old_connections),
		cmocka_unit_test(reject_answers_within_a_connection_but_never_a_reset),
		cmocka_unit_test(generation_that_comes_round_is_not_taken_for_the_old),
		cmocka_unit_test(rules_hold_while_connections_forget_the_old),
		cmocka_unit_test(constant_rules_still_count),
		cmocka_unit_test(rules_may_judge_what_is_invalid_if_told_so),
		cmocka_unit_test(udp_answers_pass_and_questions_from_outside_do_not),
		cmocka_unit_test(echo_replies_pass_only_to_who_has_asked),
		cmocka_unit_test(echo_from_both_sides_under_one_identifier_is_answered),
		cmocka_unit_test(icmp_errors_pass_when_related_and_plausible),
		cmocka_unit_test(icmp_errors_are_the_rules_to_refuse),
		cmocka_unit_test(listed_protocols_bypass_the_rules_and_others_do_not),
		cmocka_unit_test(neighbour_discovery_bypasses_or_is_untracked),
		cmocka_unit_test(vlan_tags_are_crossed_and_kept),
		cmocka_unit_test(ipv6_is_tracked_in_its_own_table),
		cmocka_unit_test(full_table_refuses_new_connections_and_keeps_the_old),
		cmocka_unit_test(port_without_a_wire_drops),
		cmocka_unit_test(
			new_packets_of_a_burst_get_their_own_answers_from_many_rules),
		cmocka_unit_test(generated_segments_stand_right_behind_their_cause),
		cmocka_unit_test(full_transmit_buffer_drops_and_says_so),
		cmocka_unit_test(bad_frames_are_dropped_with_the_parsers_reason),
		cmocka_unit_test(burst_size_makes_no_difference),
		cmocka_unit_test(burst_size_makes_no_difference_to_rules_of_each_packet),
		cmocka_unit_test(packets_and_bytes_are_counted_if_wanted),
		cmocka_unit_test(configuration_out_of_range_is_refused),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
