/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that cross a wire without rules and tracking, each kind by its keyword; IP never
 * does.
 */
#include "engine_fixture.h"

#define NOTHING FORWARD("drop", "iifname \"lan\" drop\n")
#define ALL_WORDS (2 * ENGINE_BYPASS_ISIS - 1)

struct row {
	const char *name;
	/* ENGINE_BYPASS_* flag that the frame needs; 0: non_ip alone suffices */
	uint32_t word;
	struct frame frame;
	uint8_t reason; /* drop reason without the bypass */
};

#define TYPE(type)                                                                       \
	{                                                                                \
		.ether_type = (type), .payload_len = 46                                  \
	}
#define LLC(text)                                                                        \
	{                                                                                \
		.ether_type = 38, .payload = (text), .payload_len = sizeof(text) - 1     \
	}

static const struct row rows[] = {
	{"ARP", ENGINE_BYPASS_ARP, TYPE(0x0806), REASON_NON_IP},
	{"RARP", ENGINE_BYPASS_RARP, TYPE(0x8035), REASON_NON_IP},
	{"LLDP", ENGINE_BYPASS_LLDP, TYPE(0x88cc), REASON_NON_IP},
	{"LACP", ENGINE_BYPASS_LACP, TYPE(0x8809), REASON_NON_IP},
	{"EAPOL", ENGINE_BYPASS_EAPOL, TYPE(0x888e), REASON_NON_IP},
	{"preauthentication", ENGINE_BYPASS_EAPOL, TYPE(0x88c7), REASON_NON_IP},
	{"STP", ENGINE_BYPASS_STP, LLC("\x42\x42\x03\0"), REASON_NON_IP},
	{"PVST+", ENGINE_BYPASS_STP, LLC("\xaa\xaa\x03\0\0\x0c\x01\x0b\0"),
	 REASON_NON_IP},
	{"CDP", ENGINE_BYPASS_CDP, LLC("\xaa\xaa\x03\0\0\x0c\x20\0\0"), REASON_NON_IP},
	{"IS-IS", ENGINE_BYPASS_ISIS, LLC("\xfe\xfe\x03\x83\0"), REASON_NON_IP},
	{"PTP", ENGINE_BYPASS_PTP, TYPE(0x88f7), REASON_NON_IP},
	{"PPPoE discovery", ENGINE_BYPASS_PPPOE, TYPE(0x8863), REASON_NON_IP},
	{"PPPoE session", ENGINE_BYPASS_PPPOE, TYPE(0x8864), REASON_ENCAPSULATED},
	{"MACsec", ENGINE_BYPASS_MACSEC, TYPE(0x88e5), REASON_ENCAPSULATED},
	{"MPLS", ENGINE_BYPASS_MPLS, TYPE(0x8847), REASON_ENCAPSULATED},
	{"MPLS to a group", ENGINE_BYPASS_MPLS, TYPE(0x8848), REASON_ENCAPSULATED},
	{"IPX", 0, LLC("\xe0\xe0\x03\xff\xff"), REASON_NON_IP},
	{"GOOSE", 0, TYPE(0x88b8), REASON_NON_IP},
	{"TRILL", 0, TYPE(0x22f3), REASON_ENCAPSULATED},
	{"802.1ah", 0, TYPE(0x88e7), REASON_ENCAPSULATED},
};

/*
 * Return the record of a frame with these flags in bypass, and one more VLAN tag for each
 * VID in `tags`.
 */
static struct engine_record
cross(const struct row *row, uint32_t words, uint8_t tags)
{
	struct fixture f = {.config = fixture_config()};
	struct frame frame = row->frame;
	struct engine_record record;

	frame.tags = tags;
	frame.tag[0].tci = 10;
	f.config.bypass = words;
	fixture_start(&f, NOTHING);
	record = inject(&f, LAN, &frame);
	assert_int_equal(left_count(&f, WAN), record.verdict == VERDICT_PASS);
	assert_int_equal(stats(&f).bypassed, record.verdict == VERDICT_PASS);
	fixture_end(&f);
	return record;
}

static void
check_row(const struct row *row, uint32_t words, uint8_t tags, bool passes)
{
	struct engine_record record = cross(row, words, tags);

	if (passes != (record.verdict == VERDICT_PASS) ||
	    (!passes && record.reason != row->reason))
		fail_msg("%s, words 0x%x: %s %s", row->name, words,
			 verdict_name(record.verdict), reason_name(record.reason));
}

static void
each_word_lets_its_own_cross(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct row *row = &rows[i];
		bool plain = row->reason == REASON_NON_IP;

		check_row(row, 0, 0, false);
		check_row(row, ALL_WORDS & ~(row->word | ENGINE_BYPASS_NON_IP), 1, false);
		if (row->word != 0)
			check_row(row, row->word, 1, true);
		/* `non_ip` does not cover EtherTypes that may carry IP */
		check_row(row, ENGINE_BYPASS_NON_IP, 0, plain);
	}
}

static void
by_default_control_of_the_link_crosses(void **state)
{
	const uint32_t normal = ENGINE_BYPASS_ARP | ENGINE_BYPASS_RARP |
				ENGINE_BYPASS_LLDP | ENGINE_BYPASS_LACP |
				ENGINE_BYPASS_STP | ENGINE_BYPASS_EAPOL |
				ENGINE_BYPASS_ND;

	(void)state;
	assert_int_equal(ENGINE_BYPASS_DEFAULT, normal);
}

static void
an_ethertype_crosses_by_its_number(void **state)
{
	const struct frame goose = TYPE(0x88b8), other = TYPE(0x88b9),
			   mpls = TYPE(0x8847);
	struct fixture f = {.config = fixture_config()};

	(void)state;
	f.config.bypass = 0;
	f.config.bypass_type[0] = 0x88b8;
	f.config.bypass_type[1] = 0x8847;
	f.config.bypass_types = 2;
	fixture_start(&f, NOTHING);
	assert_passed(inject(&f, LAN, &goose));
	assert_dropped(inject(&f, LAN, &other), REASON_NON_IP);
	assert_passed(inject(&f, WAN, &mpls));
	assert_int_equal(stats(&f).bypassed, 2);
	fixture_end(&f);
}

static void
no_word_lets_ip_cross(void **state)
{
	const struct row hidden[] = {
		{"three tags",
		 0,
		 {.src = "10.0.0.1", .dst = "10.0.1.1", .proto = IPPROTO_UDP, .tags = 3},
		 REASON_VLAN_DEPTH},
		{"three tags of VLAN 0, IPv6",
		 0,
		 {.src = "2001:db8::1",
		  .dst = "2001:db8::2",
		  .proto = IPPROTO_TCP,
		  .tags = 3,
		  .tag = {{0, 0}, {0, 0}, {0, 0}}},
		 REASON_VLAN_DEPTH},
		{"two tags",
		 0,
		 {.src = "10.0.0.1", .dst = "10.0.1.1", .proto = IPPROTO_UDP, .tags = 2},
		 REASON_POLICY_DROP},
		{"SNAP", 0, LLC("\xaa\xaa\x03\0\0\0\x08\0\x45"), REASON_ENCAPSULATED},
		{"LLC", 0, LLC("\x06\x06\x03\x45"), REASON_ENCAPSULATED},
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(hidden); i++)
		check_row(&hidden[i], ALL_WORDS, hidden[i].frame.tags, false);
}

/* The ICMPv6 types that conntrack does not track, and for which rules are evaluated. */
static bool
is_untracked_by_the_kernel(uint8_t type)
{
	return (type >= 130 && type <= 136) || type == 143 || type == 151 || type == 152;
}

/*
 * RFC 4890: messages that a bridge must forward on a link, each with the hop limit that
 * proves its origin on the link.
 */
static void
icmpv6_of_the_link_crosses_and_what_was_routed_does_not(void **state)
{
	static const uint8_t types[][2] = {
		{130, 1},   {131, 1},   {132, 1},   {133, 255}, {134, 255}, {135, 255},
		{136, 255}, {137, 255}, {141, 255}, {142, 255}, {143, 1},   {148, 255},
		{149, 255}, {151, 1},   {152, 1},   {153, 1},
	};
	struct frame frame = {.src = "fe80::1",
			      .dst = "ff02::1",
			      .proto = IPPROTO_ICMPV6,
			      .payload_len = 20};
	struct fixture f = {.config = fixture_config()};
	size_t i;

	(void)state;
	fixture_start(&f, NOTHING);
	for (i = 0; i < RTE_DIM(types); i++) {
		frame.icmp_type = types[i][0];
		frame.ttl = types[i][1];
		assert_passed(inject(&f, WAN, &frame));
		frame.ttl = types[i][1] == 1 ? 2 : 254;
		assert_dropped(inject(&f, WAN, &frame),
			       is_untracked_by_the_kernel(types[i][0])
				       ? REASON_POLICY_DROP
				       : REASON_ICMP_TYPE);
	}
	/* router renumbering and mobile prefix discovery may cross routers */
	frame.ttl = 255;
	for (i = 0; i < 2; i++) {
		frame.icmp_type = i == 0 ? 138 : 146;
		assert_dropped(inject(&f, WAN, &frame), REASON_ICMP_TYPE);
	}
	assert_int_equal(stats(&f).bypassed, RTE_DIM(types));
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
	frame.ttl = 254; /* hop limit below 255: not neighbour discovery, RFC 4861 6.1 */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listed_protocols_bypass_the_rules_and_others_do_not),
		cmocka_unit_test(neighbour_discovery_bypasses_or_is_untracked),
		cmocka_unit_test(each_word_lets_its_own_cross),
		cmocka_unit_test(by_default_control_of_the_link_crosses),
		cmocka_unit_test(an_ethertype_crosses_by_its_number),
		cmocka_unit_test(no_word_lets_ip_cross),
		cmocka_unit_test(icmpv6_of_the_link_crosses_and_what_was_routed_does_not),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
