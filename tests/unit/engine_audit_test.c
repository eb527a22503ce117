/* SPDX-License-Identifier: BSD-3-Clause */
/* Audit mode: what would be dropped passes, and is counted and recorded. */
#include "engine_fixture.h"

#include <engine/records.h>

#define RULES                                                                            \
	"ct state vmap { established : accept, invalid : drop }\n"                       \
	"tcp dport 22 reject\n"                                                          \
	"tcp dport 80 accept\n"

static struct recorder recorder;

static void
start(struct fixture *f, const char *rules)
{
	*f = (struct fixture){.config = fixture_config()};
	f->config.audit = true;
	fixture_start(f, rules);
	recorder_init(&recorder);
	engine_set_recorder(f->e, &recorder);
}

/* The packets that a rule would have dropped; of 1 KiB at most each. */
static uint64_t
audited_of(const struct fixture *f, unsigned rule)
{
	struct policy_counter counter;
	struct policy_rule_info info;

	policy_rule(f->policy, rule, &info);
	policy_counters_read(f->state, info.audited, 1, &counter);
	assert_true(counter.bytes >= counter.packets);
	return counter.packets;
}

static void
what_the_rules_refuse_passes_without_an_answer(void **state)
{
	struct frame frame = segment(LAN, FRAME_SYN, 1000, 0);
	struct packet_record record;
	struct fixture f;

	(void)state;
	start(&f, FORWARD("drop", RULES));
	frame.dport = 22;
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(left_count(&f, WAN), 1);
	assert_int_equal(left_count(&f, LAN), 0); /* no answer of the reject */
	assert_int_equal(audited_of(&f, 2), 1);
	assert_int_equal(stats(&f).audited[REASON_POLICY_REJECT], 1);
	assert_int_equal(stats(&f).drops[REASON_POLICY_REJECT], 0);
	assert_int_equal(stats(&f).passed, 1);
	/* the record is that of a drop, by this rule */
	assert_int_equal(recorder_last(&recorder, REASON_POLICY_REJECT, &record, 1), 1);
	assert_true(record.audited);
	assert_true(record.has_rule);
	assert_int_equal(record.rule, 2);
	/* by the chain's policy */
	frame.dport = 25;
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	assert_int_equal(audited_of(&f, 2), 1);
	/* what the rules accept is not counted */
	frame.dport = 80;
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	fixture_end(&f);
}

/* The connection goes on as if the rules had accepted it, so its answers are known. */
static void
a_refused_connection_is_tracked(void **state)
{
	struct frame frame;
	struct fixture f;

	(void)state;
	start(&f, FORWARD("drop", "ct state established accept\n"));
	handshake(&f);
	assert_int_equal(stats(&f).connections, 1);
	/* the SYN only; the rest is established */
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	frame = segment(WAN, FRAME_ACK, 5001, 1001);
	frame.payload_len = 10;
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	fixture_end(&f);
}

static void
each_packet_that_would_be_dropped_is_counted(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;
	unsigned i;

	(void)state;
	start(&f, FORWARD("accept", "udp dport 53 drop\n"));
	for (i = 0; i < 5; i++)
		assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 5);
	assert_int_equal(audited_of(&f, 1), 5);
	fixture_end(&f);
}

/* What the tracker or the parser refuses passes too, and changes no connection. */
static void
what_the_tracker_refuses_passes(void **state)
{
	struct frame frame = segment(WAN, FRAME_ACK, 5001 + 2000000, 1001);
	struct packet_record record;
	struct fixture f;

	(void)state;
	start(&f, OFFICE);
	handshake(&f);
	frame.payload_len = 10;
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(left_count(&f, LAN), 1);
	assert_int_equal(left_count(&f, WAN), 0); /* no challenge ACK */
	assert_int_equal(stats(&f).audited[REASON_TCP_SEQ_RIGHT], 1);
	assert_int_equal(recorder_last(&recorder, REASON_TCP_SEQ_RIGHT, &record, 1), 1);
	assert_true(record.audited);
	frame = segment(WAN, FRAME_ACK, 5001, 1001);
	frame.payload_len = 10;
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_TCP_SEQ_RIGHT], 1);
	frame.bad_l4_checksum = true;
	assert_passed(inject(&f, WAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_L4_CHECKSUM], 1);
	fixture_end(&f);
}

static void
fragments_of_a_refused_datagram_pass(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct rte_mbuf *m[2];
	struct fixture f;

	(void)state;
	start(&f, FORWARD("drop", "tcp dport 80 accept\n"));
	frame.payload_len = 100;
	m[0] = piece_of(&frame, 0, 48, true);
	m[1] = piece_of(&frame, 48, 60, false);
	engine_burst(f.e, LAN, m, 2, START, NULL);
	assert_int_equal(left_count(&f, WAN), 2);
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	drain(&f);
	/* an overlap: all fragments that have come pass */
	m[0] = piece_of(&frame, 0, 48, true);
	m[1] = piece_of(&frame, 40, 68, false);
	engine_burst(f.e, LAN, m, 2, START, NULL);
	assert_int_equal(left_count(&f, WAN), 2);
	fixture_end(&f);
}

static void
chains_before_tracking_are_audited_once(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct fixture f;

	(void)state;
	start(&f, "table inet t {\n"
		  "chain pre { type filter hook prerouting priority -300;\n"
		  "udp dport 53 drop\n}\n"
		  "chain forward { type filter hook forward priority 0;\n"
		  "udp dport 53 drop\n}\n}\n");
	assert_passed(inject(&f, LAN, &frame));
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 1);
	assert_int_equal(audited_of(&f, 1) + audited_of(&f, 2), 1);
	fixture_end(&f);
}

/* From audit to enforcement, as a reload does it. */
static void
the_mode_can_change(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);
	struct engine_config config;
	struct fixture f;

	(void)state;
	start(&f, FORWARD("accept", "udp dport 53 drop\n"));
	assert_passed(inject(&f, LAN, &frame));
	assert_true(stats(&f).audit);
	config = f.config;
	config.audit = false;
	engine_set_config(f.e, &config);
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	assert_false(stats(&f).audit);
	fixture_end(&f);
}

static void
without_audit_nothing_is_counted(void **state)
{
	struct frame frame = datagram(LAN, 1000, 53);

	WITH(f, FORWARD("accept", "udp dport 53 drop\n"));
	assert_dropped(inject(&f, LAN, &frame), REASON_POLICY_DROP);
	assert_int_equal(stats(&f).audited[REASON_POLICY_DROP], 0);
	assert_int_equal(audited_of(&f, 1), 0);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_rules_refuse_passes_without_an_answer),
		cmocka_unit_test(a_refused_connection_is_tracked),
		cmocka_unit_test(each_packet_that_would_be_dropped_is_counted),
		cmocka_unit_test(what_the_tracker_refuses_passes),
		cmocka_unit_test(fragments_of_a_refused_datagram_pass),
		cmocka_unit_test(chains_before_tracking_are_audited_once),
		cmocka_unit_test(the_mode_can_change),
		cmocka_unit_test(without_audit_nothing_is_counted),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
