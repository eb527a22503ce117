/* SPDX-License-Identifier: BSD-3-Clause */
/* Each kind of match: packets that must match, and packets that must not. */
#include <stdio.h>

#include "policy_fixture.h"

#define SYN 0x02
#define ACK 0x10

/* A match in a rule that accepts, in a chain with policy drop. */
struct row {
	const char *match;
	struct pk yes[5];
	struct pk no[6];
};

static void
rows_check(const struct row *rows, size_t count, const char *objects)
{
	char chain[512];
	size_t i, k;

	for (i = 0; i < count; i++) {
		struct rules rules;

		snprintf(chain, sizeof(chain), "%s accept", rows[i].match);
		rules = rules_of_chain(objects, chain);
		for (k = 0; k < COUNT_OF(rows->yes) && rows[i].yes[k].is; k++) {
			if (eval(&rules, &rows[i].yes[k]).kind != POLICY_ACCEPT)
				fail_msg("%s: packet %zu is not taken", rows[i].match, k);
		}
		for (k = 0; k < COUNT_OF(rows->no) && rows[i].no[k].is; k++) {
			if (eval(&rules, &rows[i].no[k]).kind != POLICY_DROP)
				fail_msg("%s: packet %zu is taken", rows[i].match, k);
		}
		assert_true(rows[i].yes[0].is && rows[i].no[0].is);
		rules_free(&rules);
	}
}

#define ROWS_CHECK(rows, objects) rows_check(rows, COUNT_OF(rows), objects)

static void
interfaces_match_by_name_wildcard_and_set(void **state)
{
	static const struct row rows[] = {
		{"iifname lan",
		 {TCP(.iif = LAN)},
		 {TCP(.iif = WAN), TCP(.iif = LAN_GUEST), TCP(.iif = WAN, .oif = LAN)}},
		{"oifname wan",
		 {TCP(.oif = WAN), UDP(V6, .oif = WAN)},
		 {TCP(.iif = WAN)}},
		{"iifname \"lan*\"",
		 {TCP(.iif = LAN), TCP(.iif = LAN_GUEST)},
		 {TCP(.iif = WAN), TCP(.iif = DMZ)}},
		{"iifname != lan", {TCP(.iif = WAN)}, {TCP(.iif = LAN)}},
		{"iifname != \"lan*\"", {TCP(.iif = WAN)}, {TCP(.iif = LAN_GUEST)}},
		{"iifname { dmz, \"lan*\" }",
		 {TCP(.iif = LAN), TCP(.iif = LAN_GUEST), TCP(.iif = DMZ)},
		 {TCP(.iif = WAN)}},
		{"oifname != { wan, lan }",
		 {TCP(.oif = DMZ)},
		 {TCP(.oif = WAN), TCP(.oif = LAN)}},
		{"iifname @ifs", {TCP(.iif = DMZ)}, {TCP(.iif = LAN)}},
	};

	(void)state;
	ROWS_CHECK(rows, "set ifs { type ifname; elements = { dmz, absent0 } }");
}

static void
addresses_match_by_value_prefix_range_and_set(void **state)
{
	static const struct row rows[] = {
		{"ip saddr 10.0.0.1",
		 {TCP(.src = "10.0.0.1")},
		 {TCP(.src = "10.0.0.2"), TCP(.dst = "10.0.0.1"),
		  TCP(.src = "::10.0.0.1")}},
		{"ip daddr 10.0.0.0/23",
		 {TCP(.dst = "10.0.0.0"), TCP(.dst = "10.0.1.255")},
		 {TCP(.dst = "9.255.255.255"), TCP(.dst = "10.0.2.0"), TCP(V6)}},
		{"ip saddr != 10.0.0.5-10.0.0.9",
		 {TCP(.src = "10.0.0.4"), TCP(.src = "10.0.0.10")},
		 {TCP(.src = "10.0.0.5"), TCP(.src = "10.0.0.9"), TCP(V6)}},
		{"ip saddr { 10.0.0.0/8, 192.0.2.7, 172.16.0.3-172.16.0.5 }",
		 {TCP(.src = "10.255.0.1"), TCP(.src = "192.0.2.7"),
		  TCP(.src = "172.16.0.4")},
		 {TCP(.src = "11.0.0.0"), TCP(.src = "192.0.2.6"),
		  TCP(.src = "172.16.0.6"), TCP(.src = "172.16.0.2"), TCP(V6)}},
		{"ip saddr & 255.0.0.255 == 10.0.0.1",
		 {TCP(.src = "10.7.7.1")},
		 {TCP(.src = "10.7.7.2"), TCP(.src = "11.0.0.1"), TCP(V6)}},
		{"ip6 saddr fe80::/10",
		 {TCP(.src = "fe80::1"), TCP(.src = "febf:ffff::1")},
		 {TCP(.src = "fec0::1"), TCP(.src = "fe7f::1"),
		  TCP(.src = "254.128.0.1")}},
		{"ip6 daddr != { 2001:db8::1, 2001:db8::10-2001:db8::ffff:0:0:0:0 }",
		 {TCP(.src = "::1", .dst = "2001:db8::2")},
		 {TCP(.src = "::1", .dst = "2001:db8::1"),
		  TCP(.src = "::1", .dst = "2001:db8::1:0:0:0:7"), TCP()}},
		{"ip daddr @hosts",
		 {TCP(.dst = "10.1.0.7"), TCP(.dst = "10.9.9.9")},
		 {TCP(.dst = "10.1.0.4"), TCP(.dst = "10.1.0.10"), TCP(V6)}},
		{"ip daddr != @hosts",
		 {TCP(.dst = "10.1.0.4")},
		 {TCP(.dst = "10.9.9.9"), TCP(V6)}},
	};

	(void)state;
	ROWS_CHECK(rows, "set hosts { type ipv4_addr; flags interval; elements = { "
			 "10.1.0.5-10.1.0.9, 10.9.9.9 comment \"printer\" } }");
}

static void
protocols_match_in_their_family_only(void **state)
{
	static const struct row rows[] = {
		{"meta l4proto tcp", {TCP(), TCP(V6)}, {UDP()}},
		{"meta l4proto != tcp", {UDP(), ICMP()}, {TCP(), TCP(V6)}},
		{"meta l4proto { udp, ipv6-icmp, 99 }",
		 {UDP(), ICMP6(), PK(.proto = 99)},
		 {TCP(), PK(.proto = 98), ICMP()}},
		{"meta nfproto ipv6", {TCP(V6)}, {TCP()}},
		{"meta protocol ip", {TCP()}, {TCP(V6)}},
		{"ip protocol tcp", {TCP()}, {TCP(V6), UDP()}},
		{"ip6 nexthdr { tcp, udp }", {TCP(V6), UDP(V6)}, {TCP(), UDP(), ICMP6()}},
		{"meta length > 100", {TCP(.length = 101)}, {TCP(.length = 100)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
ports_match_in_their_protocol_only(void **state)
{
	static const struct row rows[] = {
		{"tcp dport 22",
		 {TCP(.dport = 22), TCP(V6, .dport = 22)},
		 {TCP(.dport = 23), TCP(.sport = 22), UDP(.dport = 22),
		  ICMP(.dport = 22)}},
		{"tcp dport != 22",
		 {TCP(.dport = 23)},
		 {TCP(.dport = 22), UDP(.dport = 23), ICMP()}},
		{"udp sport { 53, 60-69 }",
		 {UDP(.sport = 53), UDP(.sport = 60), UDP(.sport = 69)},
		 {UDP(.sport = 59), UDP(.sport = 70), TCP(.sport = 53),
		  UDP(.dport = 53)}},
		{"tcp sport != { 22, 23 }",
		 {TCP(.sport = 24)},
		 {TCP(.sport = 22), TCP(.sport = 23), UDP(.sport = 24)}},
		{"tcp dport > 1023",
		 {TCP(.dport = 1024), TCP(.dport = 65535)},
		 {TCP(.dport = 1023), UDP(.dport = 1024)}},
		{"tcp dport <= 1023",
		 {TCP(.dport = 1023), TCP(.dport = 0)},
		 {TCP(.dport = 1024), UDP(.dport = 1)}},
		{"tcp dport >= 1024",
		 {TCP(.dport = 1024)},
		 {TCP(.dport = 1023), UDP(.dport = 1024)}},
		{"tcp dport < 1", {TCP(.dport = 0)}, {TCP(.dport = 1)}},
		{"th dport 53",
		 {UDP(.dport = 53), TCP(.dport = 53), PK(.proto = 132, .dport = 53)},
		 {UDP(.dport = 54), ICMP(.dport = 53), PK(.proto = 47, .dport = 53)}},
		{"sctp dport 53", {PK(.proto = 132, .dport = 53)}, {UDP(.dport = 53)}},
		{"udplite dport 53", {PK(.proto = 136, .dport = 53)}, {UDP(.dport = 53)}},
		{"dccp sport 53", {PK(.proto = 33, .sport = 53)}, {UDP(.sport = 53)}},
		{"tcp dport @svc",
		 {TCP(.dport = 443)},
		 {TCP(.dport = 81), UDP(.dport = 443)}},
	};

	(void)state;
	ROWS_CHECK(rows, "set svc { type inet_service; elements = { 80, 443 } }");
}

static void
icmp_matches_by_type_and_code(void **state)
{
	static const struct row rows[] = {
		{"icmp type echo-request",
		 {ICMP(.type = 8)},
		 {ICMP(.type = 0), ICMP6(.type = 8), PK(V6, .proto = 1, .type = 8),
		  UDP(.type = 8)}},
		{"icmp type { echo-reply, destination-unreachable, 42 }",
		 {ICMP(.type = 0), ICMP(.type = 3), ICMP(.type = 42)},
		 {ICMP(.type = 8)}},
		{"icmp code frag-needed",
		 {ICMP(.type = 3, .code = 4)},
		 {ICMP(.type = 3, .code = 3)}},
		{"icmpv6 type { echo-request, packet-too-big }",
		 {ICMP6(.type = 128), ICMP6(.type = 2)},
		 {ICMP6(.type = 129), ICMP(.type = 2)}},
		{"icmpv6 code != no-route",
		 {ICMP6(.type = 1, .code = 1)},
		 {ICMP6(.type = 1, .code = 0), ICMP(.type = 3, .code = 1)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
tcp_flags_match_masked_and_whole(void **state)
{
	static const struct row rows[] = {
		{"tcp flags syn",
		 {TCP(.flags = SYN), TCP(.flags = SYN | ACK)},
		 {TCP(.flags = ACK), UDP(.flags = SYN)}},
		{"tcp flags fin,syn",
		 {TCP(.flags = 1), TCP(.flags = SYN)},
		 {TCP(.flags = ACK)}},
		{"tcp flags ! syn",
		 {TCP(.flags = ACK)},
		 {TCP(.flags = SYN | ACK), UDP()}},
		{"tcp flags & (fin|syn|rst|ack) == syn",
		 {TCP(.flags = SYN), TCP(.flags = SYN | 0xc0)},
		 {TCP(.flags = SYN | ACK)}},
		{"tcp flags & (fin|syn|ack) != syn|ack",
		 {TCP(.flags = SYN)},
		 {TCP(.flags = SYN | ACK), TCP(.flags = SYN | ACK | 0x40), UDP()}},
		{"tcp flags == 18", {TCP(.flags = SYN | ACK)}, {TCP(.flags = SYN)}},
		{"tcp flags { syn, syn|ack }",
		 {TCP(.flags = SYN), TCP(.flags = SYN | ACK)},
		 {TCP(.flags = ACK)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
ct_state_matches_in_each_of_its_forms(void **state)
{
	enum {
		NEW = POLICY_CT_NEW,
		EST = POLICY_CT_ESTABLISHED,
		REL = POLICY_CT_RELATED
	};
	static const struct row rows[] = {
		{"ct state established,related",
		 {TCP(.ct = EST), TCP(.ct = REL)},
		 {TCP(.ct = NEW), TCP(.ct = POLICY_CT_INVALID),
		  TCP(.ct = POLICY_CT_UNTRACKED)}},
		{"ct state { established, related }",
		 {TCP(.ct = EST), TCP(.ct = REL)},
		 {TCP(.ct = NEW)}},
		{"ct state == new", {TCP(.ct = NEW)}, {TCP(.ct = EST)}},
		{"ct state != new",
		 {TCP(.ct = EST), TCP(.ct = POLICY_CT_UNTRACKED)},
		 {TCP(.ct = NEW)}},
		{"ct state ! invalid", {TCP(.ct = NEW)}, {TCP(.ct = POLICY_CT_INVALID)}},
		{"ct state untracked",
		 {TCP(.ct = POLICY_CT_UNTRACKED)},
		 {TCP(.ct = NEW)}},
		{"ct state . iifname { new . \"lan\" }",
		 {TCP(.ct = NEW, .iif = LAN)},
		 {TCP(.ct = EST, .iif = LAN), TCP(.ct = NEW, .iif = WAN)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
a_negated_flag_list_is_compared_as_a_whole_as_in_the_kernel(void **state)
{
	static const struct pk packet = TCP(.ct = POLICY_CT_ESTABLISHED);
	struct rules rules = rules_of_chain("", "ct state != established|related accept");

	(void)state;
	assert_int_equal(eval(&rules, &packet).kind, POLICY_ACCEPT);
	rules_free(&rules);
}

static void
concatenations_match_all_of_their_fields(void **state)
{
	static const struct row rows[] = {
		{"ip saddr . tcp dport { 10.0.0.1 . 80, 10.0.0.2 . 81, 10.0.0.1 . 82 }",
		 {TCP(.src = "10.0.0.1", .dport = 80),
		  TCP(.src = "10.0.0.2", .dport = 81),
		  TCP(.src = "10.0.0.1", .dport = 82)},
		 {TCP(.src = "10.0.0.1", .dport = 81),
		  TCP(.src = "10.0.0.3", .dport = 80),
		  UDP(.src = "10.0.0.1", .dport = 80), TCP(V6, .dport = 80)}},
		{"ip saddr . tcp dport @pair",
		 {TCP(.src = "10.0.0.77", .dport = 85),
		  TCP(.src = "10.0.9.1", .dport = 22),
		  TCP(.src = "10.0.0.255", .dport = 90)},
		 {TCP(.src = "10.0.0.77", .dport = 91),
		  TCP(.src = "10.0.9.1", .dport = 85),
		  TCP(.src = "10.0.1.0", .dport = 80),
		  UDP(.src = "10.0.0.77", .dport = 85)}},
		{"iifname . oifname != { \"lan\" . \"wan\", \"lan-guest\" . \"wan\" }",
		 {TCP(.iif = WAN, .oif = LAN), TCP(.iif = LAN, .oif = DMZ)},
		 {TCP(.iif = LAN, .oif = WAN), TCP(.iif = LAN_GUEST, .oif = WAN)}},
	};

	(void)state;
	ROWS_CHECK(rows,
		   "set pair { type ipv4_addr . inet_service; flags interval; elements "
		   "= { 10.0.0.0/24 . 80-90, 10.0.9.1 . 22 } }");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_match_by_name_wildcard_and_set),
		cmocka_unit_test(addresses_match_by_value_prefix_range_and_set),
		cmocka_unit_test(protocols_match_in_their_family_only),
		cmocka_unit_test(ports_match_in_their_protocol_only),
		cmocka_unit_test(icmp_matches_by_type_and_code),
		cmocka_unit_test(tcp_flags_match_masked_and_whole),
		cmocka_unit_test(ct_state_matches_in_each_of_its_forms),
		cmocka_unit_test(
			a_negated_flag_list_is_compared_as_a_whole_as_in_the_kernel),
		cmocka_unit_test(concatenations_match_all_of_their_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
