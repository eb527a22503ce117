/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP, ICMP queries, and ICMP errors about connections. */
#include "engine_fixture.h"

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
	/*
	 * A connection has the key, but wan may not send queries, and lan has no query to
	 * reply to.
	 */
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

	WITH(f, FORWARD("accept", ""));
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

/* Inject an ICMP error about a forwarded frame, from a router on wan. */
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

	WITH(f, FORWARD("drop", "ct state established accept\n" ACCEPT_LAN));
	assert_passed(inject(&f, LAN, &frame));
	assert_dropped(error_about(&f, &frame), REASON_POLICY_DROP);
	fixture_end(&f);
}

/* RFC 1256's router advertisement and solicitation, and an unassigned type. */
static const uint8_t other_types[] = {9, 10, 1, 19, 42};

static void
icmp_that_is_neither_a_query_nor_an_error_is_invalid(void **state)
{
	struct frame frame = echo(LAN, 9, 7);
	struct fixture f = {.config = fixture_config()};
	size_t i;

	(void)state;
	fixture_start(&f, FORWARD("accept", ""));
	for (i = 0; i < RTE_DIM(other_types); i++) {
		frame.icmp_type = other_types[i];
		assert_dropped(inject(&f, LAN, &frame), REASON_ICMP_TYPE);
	}
	fixture_end(&f);
	f.config.enforce_ruleset = true;
	fixture_start(&f, FORWARD("drop", "ct state new accept\n"
					  "ct state invalid icmp type "
					  "router-advertisement accept\n"));
	frame.icmp_type = 9;
	assert_passed(inject(&f, LAN, &frame));
	frame.icmp_type = 10;
	assert_dropped(inject(&f, LAN, &frame), REASON_ICMP_TYPE);
	assert_int_equal(stats(&f).connections, 0);
	fixture_end(&f);
}

static void
routed_icmpv6_of_discovery_is_untracked(void **state)
{
	static const uint8_t types[] = {130, 131, 132, 133, 134, 135, 136, 143, 151, 152};
	struct frame frame = {.src = HOST6,
			      .dst = SERVER6,
			      .proto = IPPROTO_ICMPV6,
			      .ttl = 64,
			      .payload_len = 20};
	size_t i;

	WITH(f, FORWARD("drop", "ct state untracked accept\n"));
	for (i = 0; i < RTE_DIM(types); i++) {
		frame.icmp_type = types[i];
		assert_passed(inject(&f, LAN, &frame));
	}
	frame.icmp_type = 138;
	assert_dropped(inject(&f, LAN, &frame), REASON_ICMP_TYPE);
	assert_int_equal(stats(&f).connections6, 0);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_answers_pass_and_questions_from_outside_do_not),
		cmocka_unit_test(echo_replies_pass_only_to_who_has_asked),
		cmocka_unit_test(echo_from_both_sides_under_one_identifier_is_answered),
		cmocka_unit_test(icmp_errors_pass_when_related_and_plausible),
		cmocka_unit_test(icmp_errors_are_the_rules_to_refuse),
		cmocka_unit_test(icmp_that_is_neither_a_query_nor_an_error_is_invalid),
		cmocka_unit_test(routed_icmpv6_of_discovery_is_untracked),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
