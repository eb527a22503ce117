/* SPDX-License-Identifier: BSD-3-Clause */
/* Each kind of match and statement: the packets it takes, and those it must not take. */
#include "policy_test.h"

/* The rules are JSON, which it takes for C. */
/* clang-format off */

#define SYN 0x02
#define ACK 0x10

struct row {
	const char *match;
	struct pk yes[5];
	struct pk no[6];
};

static void
rows_check(const struct row *rows, size_t count, const char *more)
{
	struct policy *policy;
	size_t i, k;

	for (i = 0; i < count; i++) {
		policy = load_match(rows[i].match, more);
		for (k = 0; k < 5 && rows[i].yes[k].is; k++) {
			if (eval(policy, &rows[i].yes[k], NULL).kind != POLICY_ACCEPT)
				fail_msg("%s: packet %zu is not taken", rows[i].match, k);
		}
		for (k = 0; k < 6 && rows[i].no[k].is; k++) {
			if (eval(policy, &rows[i].no[k], NULL).kind != POLICY_DROP)
				fail_msg("%s: packet %zu is taken", rows[i].match, k);
		}
		assert_true(rows[i].yes[0].is && rows[i].no[0].is);
		policy_free(policy);
	}
}

#define ROWS_CHECK(rows, more) rows_check(rows, sizeof(rows) / sizeof(*(rows)), more)

static void
interfaces_match_by_name_wildcard_and_set(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right":
			"lan"}}),
		 {TCP(.iif = LAN)},
		 {TCP(.iif = WAN), TCP(.iif = LAN_GUEST), TCP(.iif = WAN, .oif = LAN)}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right":
			"wan"}}),
		 {TCP(.oif = WAN), UDP(V6, .oif = WAN)},
		 {TCP(.iif = WAN)}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right":
			"lan*"}}),
		 {TCP(.iif = LAN), TCP(.iif = LAN_GUEST)},
		 {TCP(.iif = WAN), TCP(.iif = DMZ)}},
		{J({"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right":
			"lan"}}),
		 {TCP(.iif = WAN)},
		 {TCP(.iif = LAN)}},
		{J({"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right":
			"lan*"}}),
		 {TCP(.iif = WAN)},
		 {TCP(.iif = LAN_GUEST)}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "iif"}}, "right":
			{"set": ["dmz", "lan*"]}}}),
		 {TCP(.iif = LAN), TCP(.iif = LAN_GUEST), TCP(.iif = DMZ)},
		 {TCP(.iif = WAN)}},
		{J({"match": {"op": "!=", "left": {"meta": {"key": "oif"}}, "right":
			{"set": ["wan", "lan"]}}}),
		 {TCP(.oif = DMZ)},
		 {TCP(.oif = WAN), TCP(.oif = LAN)}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right":
			"@ifs"}}),
		 {TCP(.iif = DMZ)},
		 {TCP(.iif = LAN)}},
	};

	(void)state;
	ROWS_CHECK(rows, OBJECT({"set": {"family": "inet", "table": "t", "name": "ifs",
		"type": "ifname", "elem": ["dmz", "absent0"]}}));
}

static void
addresses_match_by_value_prefix_range_and_set(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "saddr"}}, "right": "10.0.0.1"}}),
		 {TCP(.src = "10.0.0.1")},
		 {TCP(.src = "10.0.0.2"), TCP(.dst = "10.0.0.1"),
		  TCP(.src = "::10.0.0.1")}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "daddr"}}, "right": {"prefix": {"addr": "10.0.0.0",
			"len": 23}}}}),
		 {TCP(.dst = "10.0.0.0"), TCP(.dst = "10.0.1.255")},
		 {TCP(.dst = "9.255.255.255"), TCP(.dst = "10.0.2.0"), TCP(V6)}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "ip",
			"field": "saddr"}}, "right": {"range": ["10.0.0.5",
			"10.0.0.9"]}}}),
		 {TCP(.src = "10.0.0.4"), TCP(.src = "10.0.0.10")},
		 {TCP(.src = "10.0.0.5"), TCP(.src = "10.0.0.9"), TCP(V6)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "saddr"}}, "right": {"set": [{"prefix": {"addr":
			"10.0.0.0", "len": 8}}, "192.0.2.7", {"range": ["172.16.0.3",
			"172.16.0.5"]}]}}}),
		 {TCP(.src = "10.255.0.1"), TCP(.src = "192.0.2.7"),
		  TCP(.src = "172.16.0.4")},
		 {TCP(.src = "11.0.0.0"), TCP(.src = "192.0.2.6"),
		  TCP(.src = "172.16.0.6"), TCP(.src = "172.16.0.2"), TCP(V6)}},
		{J({"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "ip",
			"field": "saddr"}}, "255.0.0.255"]}, "right": "10.0.0.1"}}),
		 {TCP(.src = "10.7.7.1")},
		 {TCP(.src = "10.7.7.2"), TCP(.src = "11.0.0.1"), TCP(V6)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip6",
			"field": "saddr"}}, "right": {"prefix": {"addr": "fe80::",
			"len": 10}}}}),
		 {TCP(.src = "fe80::1"), TCP(.src = "febf:ffff::1")},
		 {TCP(.src = "fec0::1"), TCP(.src = "fe7f::1"),
		  TCP(.src = "254.128.0.1")}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "ip6",
			"field": "daddr"}}, "right": {"set": ["2001:db8::1", {"range":
			["2001:db8::10", "2001:db8::ffff:0:0:0:0"]}]}}}),
		 {TCP(.src = "::1", .dst = "2001:db8::2")},
		 {TCP(.src = "::1", .dst = "2001:db8::1"),
		  TCP(.src = "::1", .dst = "2001:db8::1:0:0:0:7"), TCP()}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "daddr"}}, "right": "@hosts"}}),
		 {TCP(.dst = "10.1.0.7"), TCP(.dst = "10.9.9.9")},
		 {TCP(.dst = "10.1.0.4"), TCP(.dst = "10.1.0.10"), TCP(V6)}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "ip",
			"field": "daddr"}}, "right": "@hosts"}}),
		 {TCP(.dst = "10.1.0.4")},
		 {TCP(.dst = "10.9.9.9"), TCP(V6)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "daddr"}}, "right": {"set": ["*"]}}}),
		 {TCP()},
		 {TCP(V6)}},
	};

	(void)state;
	ROWS_CHECK(rows, OBJECT({"set": {"family": "inet", "table": "t", "name":
		"hosts", "type": "ipv4_addr", "flags": "interval", "elem": [{"range":
		["10.1.0.5", "10.1.0.9"]}, {"elem": {"val": "10.9.9.9", "comment":
		"printer"}}]}}));
}

static void
protocols_match_in_their_family_only(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right":
			"tcp"}}),
		 {TCP(), TCP(V6)},
		 {UDP()}},
		{J({"match": {"op": "!=", "left": {"meta": {"key": "l4proto"}}, "right":
			"tcp"}}),
		 {UDP(), ICMP()},
		 {TCP(), TCP(V6)}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right":
			{"set": ["udp", "ipv6-icmp", 99]}}}),
		 {UDP(), ICMP6(), PK(.proto = 99)},
		 {TCP(), PK(.proto = 98), ICMP()}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right":
			"ipv6"}}),
		 {TCP(V6)},
		 {TCP()}},
		{J({"match": {"op": "==", "left": {"meta": {"key": "protocol"}},
			"right": "ip"}}),
		 {TCP()},
		 {TCP(V6)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "protocol"}}, "right": "tcp"}}),
		 {TCP()},
		 {TCP(V6), UDP()}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "ip6",
			"field": "nexthdr"}}, "right": {"set": ["tcp", "udp"]}}}),
		 {TCP(V6), UDP(V6)},
		 {TCP(), UDP(), ICMP6()}},
		{J({"match": {"op": ">", "left": {"meta": {"key": "length"}}, "right":
			100}}),
		 {TCP(.length = 101)},
		 {TCP(.length = 100)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
ports_match_in_their_protocol_only(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 22}}),
		 {TCP(.dport = 22), TCP(V6, .dport = 22)},
		 {TCP(.dport = 23), TCP(.sport = 22), UDP(.dport = 22),
		  ICMP(.dport = 22)}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 22}}),
		 {TCP(.dport = 23)},
		 {TCP(.dport = 22), UDP(.dport = 23), ICMP()}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "udp",
			"field": "sport"}}, "right": {"set": [53, {"range": [60,
			69]}]}}}),
		 {UDP(.sport = 53), UDP(.sport = 60), UDP(.sport = 69)},
		 {UDP(.sport = 59), UDP(.sport = 70), TCP(.sport = 53),
		  UDP(.dport = 53)}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "tcp",
			"field": "sport"}}, "right": {"set": [22, 23]}}}),
		 {TCP(.sport = 24)},
		 {TCP(.sport = 22), TCP(.sport = 23), UDP(.sport = 24)}},
		{J({"match": {"op": ">", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 1023}}),
		 {TCP(.dport = 1024), TCP(.dport = 65535)},
		 {TCP(.dport = 1023), UDP(.dport = 1024)}},
		{J({"match": {"op": "<=", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 1023}}),
		 {TCP(.dport = 1023), TCP(.dport = 0)},
		 {TCP(.dport = 1024), UDP(.dport = 1)}},
		{J({"match": {"op": ">=", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 1024}}),
		 {TCP(.dport = 1024)},
		 {TCP(.dport = 1023), UDP(.dport = 1024)}},
		{J({"match": {"op": "<", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": 1}}),
		 {TCP(.dport = 0)},
		 {TCP(.dport = 1)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "th",
			"field": "dport"}}, "right": 53}}),
		 {UDP(.dport = 53), TCP(.dport = 53), PK(.proto = 132, .dport = 53)},
		 {UDP(.dport = 54), ICMP(.dport = 53), PK(.proto = 47, .dport = 53)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "sctp",
			"field": "dport"}}, "right": 53}}),
		 {PK(.proto = 132, .dport = 53)},
		 {UDP(.dport = 53)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "udplite",
			"field": "dport"}}, "right": 53}}),
		 {PK(.proto = 136, .dport = 53)},
		 {UDP(.dport = 53)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "dccp",
			"field": "sport"}}, "right": 53}}),
		 {PK(.proto = 33, .sport = 53)},
		 {UDP(.sport = 53)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
			"field": "dport"}}, "right": "@svc"}}),
		 {TCP(.dport = 443)},
		 {TCP(.dport = 81), UDP(.dport = 443)}},
	};

	(void)state;
	ROWS_CHECK(rows, OBJECT({"set": {"family": "inet", "table": "t", "name": "svc",
		"type": "inet_service", "elem": [80, 443]}}));
}

static void
icmp_matches_by_type_and_code(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "icmp",
			"field": "type"}}, "right": "echo-request"}}),
		 {ICMP(.type = 8)},
		 {ICMP(.type = 0), ICMP6(.type = 8), PK(V6, .proto = 1, .type = 8),
		  UDP(.type = 8)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "icmp",
			"field": "type"}}, "right": {"set": ["echo-reply",
			"destination-unreachable", 42]}}}),
		 {ICMP(.type = 0), ICMP(.type = 3), ICMP(.type = 42)},
		 {ICMP(.type = 8)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "icmp",
			"field": "code"}}, "right": "frag-needed"}}),
		 {ICMP(.type = 3, .code = 4)},
		 {ICMP(.type = 3, .code = 3)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "icmpv6",
			"field": "type"}}, "right": {"set": ["echo-request",
			"packet-too-big"]}}}),
		 {ICMP6(.type = 128), ICMP6(.type = 2)},
		 {ICMP6(.type = 129), ICMP(.type = 2)}},
		{J({"match": {"op": "!=", "left": {"payload": {"protocol": "icmpv6",
			"field": "code"}}, "right": "no-route"}}),
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
		{J({"match": {"op": "in", "left": {"payload": {"protocol": "tcp",
			"field": "flags"}}, "right": "syn"}}),
		 {TCP(.flags = SYN), TCP(.flags = SYN | ACK)},
		 {TCP(.flags = ACK), UDP(.flags = SYN)}},
		{J({"match": {"op": "in", "left": {"payload": {"protocol": "tcp",
			"field": "flags"}}, "right": ["fin", "syn"]}}),
		 {TCP(.flags = 1), TCP(.flags = SYN)},
		 {TCP(.flags = ACK)}},
		{J({"match": {"op": "!", "left": {"payload": {"protocol": "tcp",
			"field": "flags"}}, "right": "syn"}}),
		 {TCP(.flags = ACK)},
		 {TCP(.flags = SYN | ACK), UDP()}},
		{J({"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp",
			"field": "flags"}}, ["fin", "syn", "rst", "ack"]]}, "right":
			"syn"}}),
		 {TCP(.flags = SYN), TCP(.flags = SYN | 0xc0)},
		 {TCP(.flags = SYN | ACK)}},
		{J({"match": {"op": "!=", "left": {"&": [{"payload": {"protocol": "tcp",
			"field": "flags"}}, {"|": [{"|": ["fin", "syn"]}, "ack"]}]},
			"right": {"|": ["syn", "ack"]}}}),
		 {TCP(.flags = SYN)},
		 {TCP(.flags = SYN | ACK), TCP(.flags = SYN | ACK | 0x40), UDP()}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
			"field": "flags"}}, "right": 18}}),
		 {TCP(.flags = SYN | ACK)},
		 {TCP(.flags = SYN)}},
		{J({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
			"field": "flags"}}, "right": {"set": ["syn", {"|": ["syn",
			"ack"]}]}}}),
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
		{J({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right":
			["established", "related"]}}),
		 {TCP(.ct = EST), TCP(.ct = REL)},
		 {TCP(.ct = NEW), TCP(.ct = POLICY_CT_INVALID),
		  TCP(.ct = POLICY_CT_UNTRACKED)}},
		{J({"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right":
			{"set": ["established", "related"]}}}),
		 {TCP(.ct = EST), TCP(.ct = REL)},
		 {TCP(.ct = NEW)}},
		{J({"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right":
			"new"}}),
		 {TCP(.ct = NEW)},
		 {TCP(.ct = EST)}},
		{J({"match": {"op": "!=", "left": {"ct": {"key": "state"}}, "right":
			"new"}}),
		 {TCP(.ct = EST), TCP(.ct = POLICY_CT_UNTRACKED)},
		 {TCP(.ct = NEW)}},
		{J({"match": {"op": "!", "left": {"ct": {"key": "state"}}, "right":
			"invalid"}}),
		 {TCP(.ct = NEW)},
		 {TCP(.ct = POLICY_CT_INVALID)}},
		{J({"match": {"left": {"ct": "state"}, "right": "untracked"}}),
		 {TCP(.ct = POLICY_CT_UNTRACKED)},
		 {TCP(.ct = NEW)}},
		{J({"match": {"op": "==", "left": {"concat": [{"ct": {"key": "state"}},
			{"meta": {"key": "iifname"}}]}, "right": {"set": [{"concat":
			["new", "lan*"]}]}}}),
		 {TCP(.ct = NEW, .iif = LAN_GUEST)},
		 {TCP(.ct = EST, .iif = LAN), TCP(.ct = NEW, .iif = WAN)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
a_negated_flag_list_is_compared_as_a_whole_as_in_the_kernel(void **state)
{
	struct policy *policy =
		load_match(J({"match": {"op": "!=", "left": {"ct": {"key": "state"}},
			"right": {"|": ["established", "related"]}}}),
			   "");
	static const struct pk packet = TCP(.ct = POLICY_CT_ESTABLISHED);

	(void)state;
	assert_int_equal(eval(policy, &packet, NULL).kind, POLICY_ACCEPT);
	policy_free(policy);
}

static void
concatenations_match_all_of_their_fields(void **state)
{
	static const struct row rows[] = {
		{J({"match": {"op": "==", "left": {"concat": [{"payload": {"protocol":
			"ip", "field": "saddr"}}, {"payload": {"protocol": "tcp",
			"field": "dport"}}]}, "right": {"set": [{"concat": ["10.0.0.1",
			80]}, {"concat": ["10.0.0.2", 81]}, {"concat": ["10.0.0.1",
			82]}]}}}),
		 {TCP(.src = "10.0.0.1", .dport = 80),
		  TCP(.src = "10.0.0.2", .dport = 81),
		  TCP(.src = "10.0.0.1", .dport = 82)},
		 {TCP(.src = "10.0.0.1", .dport = 81),
		  TCP(.src = "10.0.0.3", .dport = 80),
		  UDP(.src = "10.0.0.1", .dport = 80), TCP(V6, .dport = 80)}},
		{J({"match": {"op": "==", "left": {"concat": [{"payload": {"protocol":
			"ip", "field": "saddr"}}, {"payload": {"protocol": "tcp",
			"field": "dport"}}]}, "right": "@pair"}}),
		 {TCP(.src = "10.0.0.77", .dport = 85),
		  TCP(.src = "10.0.9.1", .dport = 22),
		  TCP(.src = "10.0.0.255", .dport = 90)},
		 {TCP(.src = "10.0.0.77", .dport = 91),
		  TCP(.src = "10.0.9.1", .dport = 85),
		  TCP(.src = "10.0.1.0", .dport = 80),
		  UDP(.src = "10.0.0.77", .dport = 85)}},
		{J({"match": {"op": "!=", "left": {"concat": [{"meta": {"key":
			"iifname"}}, {"meta": {"key": "oifname"}}]}, "right": {"set":
			[{"concat": ["lan*", "wan"]}]}}}),
		 {TCP(.iif = WAN, .oif = LAN), TCP(.iif = LAN, .oif = DMZ)},
		 {TCP(.iif = LAN, .oif = WAN), TCP(.iif = LAN_GUEST, .oif = WAN)}},
	};

	(void)state;
	ROWS_CHECK(
		rows, OBJECT({"set": {"family": "inet", "table": "t", "name": "pair",
			"type": ["ipv4_addr", "inet_service"], "flags": ["interval"],
			"elem": [{"concat": [{"prefix": {"addr": "10.0.0.0", "len":
			24}}, {"range": [80, 90]}]}, {"concat": ["10.0.9.1", 22]}]}}));
}

static void
large_sets_find_each_element_and_no_other(void **state)
{
	enum { COUNT = 100000 };
	size_t size;
	struct pk packet = TCP();
	char *json, address[INET_ADDRSTRLEN];
	struct policy *policy;
	uint32_t i, a;
	FILE *out = open_memstream(&json, &size);

	(void)state;
	assert_non_null(out);
	fputs(",{\"set\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"big\",\"elem\":[",
	      out);
	for (i = COUNT; i-- > 0;) /* every third address, from above */
		fprintf(out, "\"10.%u.%u.%u\"%s", 3 * i >> 16 & 255, 3 * i >> 8 & 255,
			3 * i & 255, i > 0 ? "," : "]}}");
	fclose(out);
	policy = load_match(J({"match": {"op": "==", "left": {"payload": {"protocol":
		"ip", "field": "saddr"}}, "right": "@big"}}),
			    json);
	packet.src = address;
	for (i = 0; i < 3 * COUNT; i += 7) {
		a = htonl(0x0a000000u + i);
		inet_ntop(AF_INET, &a, address, sizeof(address));
		assert_int_equal(eval(policy, &packet, NULL).kind,
				 i % 3 == 0 ? POLICY_ACCEPT : POLICY_DROP);
	}
	policy_free(policy);
	free(json);
}

static void
verdict_maps_say_what_their_element_says(void **state)
{
	struct policy *policy = load(BASE CHAIN("web") OBJECT({"map": {"family": "inet",
		"table": "t", "name": "m", "type": "inet_service", "map": "verdict",
		"elem": [[22, {"accept": null}], [{"range": [80, 90]}, {"jump":
		{"target": "web"}}], [25, {"return": null}], [23, {"continue": null}],
		["*", {"drop": null}]]}}) RULE("web", {"match": {"op": "==", "left":
			{"meta": {"key": "iifname"}}, "right": "lan"}}, {"accept":
			null}) FWD({"vmap": {"key": {"payload": {"protocol": "tcp",
				"field": "dport"}}, "data": "@m"}}) FWD({"vmap": {"key":
					{"meta": {"key": "iifname"}}, "data": {"set":
					[["lan", {"drop": null}], ["wan", {"accept":
					null}]]}}}) END);
	static const struct {
		struct pk packet;
		uint8_t kind;
		uint16_t rule;
	} rows[] = {
		{TCP(.dport = 22), POLICY_ACCEPT, 2},
		{TCP(.dport = 24, .iif = WAN), POLICY_DROP, 2}, /* `*` */
		{TCP(.dport = 25, .iif = WAN), POLICY_DROP, 0}, /* return: the policy */
		{TCP(.dport = 80, .iif = LAN), POLICY_ACCEPT, 1},
		{TCP(.dport = 80, .iif = WAN), POLICY_ACCEPT,
		 3}, /* back from web, and on */
		{TCP(.dport = 80, .iif = DMZ), POLICY_DROP, 0},
		{TCP(.dport = 23, .iif = LAN), POLICY_DROP, 3},
		{UDP(.dport = 22, .iif = WAN), POLICY_ACCEPT,
		 3}, /* the map is not asked */
	};
	struct policy_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		verdict = eval(policy, &rows[i].packet, NULL);
		if (verdict.kind != rows[i].kind || verdict.rule != rows[i].rule)
			fail_msg("row %zu: kind %u, rule %u", i, verdict.kind,
				 verdict.rule);
	}
	policy_free(policy);
}

static void
jump_comes_back_goto_does_not_return_ends_a_chain(void **state)
{
	struct policy *policy =
		load(BASE CHAIN("a") CHAIN("b") RULE("a", {"match": {"op": "==", "left":
			{"payload": {"protocol": "tcp", "field": "dport"}}, "right":
			1}}, {"return": null}) RULE("a", {"match": {"op": "==", "left":
				{"payload": {"protocol": "tcp", "field": "dport"}},
				"right": 2}}, {"goto": {"target": "b"}})
			     RULE("a", {"match": {"op": "==", "left": {"payload":
				{"protocol": "tcp", "field": "dport"}}, "right": 3}},
				{"jump": {"target": "b"}}) RULE("a", {"match": {"op":
					"in", "left": {"payload": {"protocol": "tcp",
					"field": "dport"}}, "right": {"set": [2, 3]}}},
					{"drop": null})
				     RULE("b", {"match": {"op": "==", "left": {"meta":
					{"key": "iifname"}}, "right": "wan"}},
					{"accept": null}) FWD({"match": {"op": "==",
						"left": {"payload": {"protocol": "tcp",
						"field": "dport"}}, "right": 4}},
						{"goto": {"target": "a"}}) FWD({"jump":
							{"target": "a"}}) FWD({"match":
								{"op": "==", "left":
								{"meta": {"key":
								"iifname"}}, "right":
								"lan"}}, {"accept":
								null}) END);
	static const struct {
		struct pk packet;
		uint8_t kind;
		uint16_t rule;
	} rows[] = {
		{TCP(.dport = 1, .iif = LAN), POLICY_ACCEPT,
		 8}, /* return, then the next rule */
		{TCP(.dport = 2, .iif = WAN), POLICY_ACCEPT, 5},
		{TCP(.dport = 2, .iif = LAN), POLICY_ACCEPT,
		 8}, /* b ends: back to forward */
		{TCP(.dport = 3, .iif = LAN), POLICY_DROP, 4}, /* b ends: back to a */
		{TCP(.dport = 4, .iif = LAN), POLICY_DROP, 0}, /* goto: the policy */
	};
	struct policy_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		verdict = eval(policy, &rows[i].packet, NULL);
		if (verdict.kind != rows[i].kind || verdict.rule != rows[i].rule)
			fail_msg("row %zu: kind %u, rule %u", i, verdict.kind,
				 verdict.rule);
	}
	policy_free(policy);
}

static void
reject_speaks_the_language_of_the_packet(void **state)
{
	static const struct {
		const char *reject;
		struct pk packet;
		uint8_t kind, type, code;
	} rows[] = {
		{J({"reject": null}), TCP(), POLICY_REJECT_ICMP, 3, 3},
		{J({"reject": {}}), TCP(V6), POLICY_REJECT_ICMP, 1, 4},
		{J({"reject": {"type": "tcp reset"}}), TCP(V6), POLICY_REJECT_RESET, 1,
		 4},
		{J({"reject": {"type": "tcp reset"}}), UDP(), POLICY_ACCEPT, 0, 0},
		{J({"reject": {"type": "icmpx", "expr": "admin-prohibited"}}), UDP(),
		 POLICY_REJECT_ICMP, 3, 13},
		{J({"reject": {"type": "icmpx", "expr": "admin-prohibited"}}), UDP(V6),
		 POLICY_REJECT_ICMP, 1, 1},
		{J({"reject": {"type": "icmpx", "expr": "host-unreachable"}}), UDP(V6),
		 POLICY_REJECT_ICMP, 1, 3},
		{J({"reject": {"type": "icmp", "expr": "host-unreachable"}}), UDP(),
		 POLICY_REJECT_ICMP, 3, 1},
		{J({"reject": {"type": "icmp", "expr": "host-unreachable"}}), UDP(V6),
		 POLICY_ACCEPT, 0, 0},
		{J({"reject": {"type": "icmpv6", "expr": "no-route"}}), UDP(V6),
		 POLICY_REJECT_ICMP, 1, 0},
		{J({"reject": {"type": "icmpv6", "expr": "no-route"}}), UDP(),
		 POLICY_ACCEPT, 0, 0},
	};
	struct policy_verdict verdict;
	struct policy *policy;
	char *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(asprintf(&json,
				     BASE RULE("forward", %s) FWD({"accept": null}) END,
				     rows[i].reject) > 0);
		policy = load(json);
		verdict = eval(policy, &rows[i].packet, NULL);
		if (verdict.kind != rows[i].kind || verdict.effects.icmp_type != rows[i].type ||
		    verdict.effects.icmp_code != rows[i].code)
			fail_msg("row %zu: %u, %u, %u", i, verdict.kind,
				 verdict.effects.icmp_type, verdict.effects.icmp_code);
		policy_free(policy);
		free(json);
	}
}

static void
base_chains_are_asked_by_priority_and_a_drop_is_final(void **state)
{
	/* 6 before 4; accept goes on; of the same priority the later chain is first */
	struct policy *policy = load(J({"nftables": [{"table": {"family": "ip", "name":
		"x"}}, {"table": {"family": "inet", "name": "x"}}, {"chain": {"family":
		"ip", "table": "x", "name": "late", "type": "filter", "hook": "forward",
		"prio": 10, "policy": "accept"}}, {"chain": {"family": "inet", "table":
		"x", "name": "early", "type": "filter", "hook": "forward", "prio": -10,
		"policy": "accept"}}, {"chain": {"family": "inet", "table": "x", "name":
		"same1", "type": "filter", "hook": "forward", "prio": 0, "policy":
		"accept"}}, {"chain": {"family": "inet", "table": "x", "name": "same2",
		"type": "filter", "hook": "forward", "prio": 0, "policy": "accept"}},
		{"rule": {"family": "inet", "table": "x", "chain": "early", "expr":
		[{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field":
		"dport"}}, "right": 1}}, {"drop": null}]}}, {"rule": {"family": "inet",
		"table": "x", "chain": "early", "expr": [{"accept": null}]}}, {"rule":
		{"family": "inet", "table": "x", "chain": "same1", "expr": [{"counter":
		null}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
		"field": "dport"}}, "right": 2}}, {"drop": null}]}}, {"rule": {"family":
		"inet", "table": "x", "chain": "same2", "expr": [{"counter": null},
		{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field":
		"dport"}}, "right": 2}}, {"drop": null}]}}, {"rule": {"family": "ip",
		"table": "x", "chain": "late", "expr": [{"counter": null}, {"drop":
		null}]}}]}));
	struct policy_counter c[3] = {0};
	static const struct pk one = TCP(.dport = 1), two = TCP(.dport = 2),
			       three = TCP(.dport = 3);
	static const struct pk six = TCP(V6, .dport = 3);

	(void)state;
	assert_int_equal(policy_counters(policy), 3);
	assert_int_equal(eval(policy, &one, c).rule, 1);
	assert_int_equal(c[0].packets + c[1].packets, 0);
	assert_int_equal(eval(policy, &two, c).rule, 4);
	assert_int_equal(c[0].packets, 0);
	assert_int_equal(c[1].packets, 1);
	assert_int_equal(eval(policy, &three, c).kind, POLICY_DROP);
	assert_int_equal(eval(policy, &three, c).rule, 5);
	assert_int_equal(c[2].packets, 2);
	assert_int_equal(eval(policy, &six, c).kind,
			 POLICY_ACCEPT); /* no chain of table ip */
	assert_int_equal(c[2].packets, 2);
	policy_free(policy);
}

static void
counters_count_what_reaches_them(void **state)
{
	struct policy *policy = load(BASE OBJECT({"counter": {"family": "inet", "table":
		"t", "name": "cc", "packets": 7, "bytes": 9}}) FWD({"counter":
			{"packets": 5, "bytes": 6}}, {"match": {"op": "==", "left":
			{"meta": {"key": "l4proto"}}, "right": "tcp"}}, {"counter":
			"cc"}, {"match": {"op": "==", "left": {"payload": {"protocol":
			"tcp", "field": "dport"}}, "right": 22}}, {"counter": null},
			{"accept": null}) FWD({"counter": "cc"}) END);
	static const struct pk ssh = TCP(.dport = 22, .length = 100);
	static const struct pk web = TCP(.dport = 80, .length = 10),
			       dns = UDP(.length = 1);
	struct policy_counter c[3] = {0};

	(void)state;
	assert_int_equal(policy_counters(policy),
			 3); /* cc is the first: objects before rules */
	assert_int_equal(eval(policy, &ssh, c).kind, POLICY_ACCEPT);
	assert_int_equal(eval(policy, &web, c).kind, POLICY_DROP);
	assert_int_equal(eval(policy, &dns, c).kind, POLICY_DROP);
	assert_int_equal(c[1].packets, 3);
	assert_int_equal(c[1].bytes, 111);
	assert_int_equal(c[0].packets, 2 + 2);
	assert_int_equal(c[0].bytes, 110 + 11);
	assert_int_equal(c[2].packets, 1);
	assert_int_equal(c[2].bytes, 100);
	assert_int_equal(eval(policy, &ssh, NULL).kind, POLICY_ACCEPT);
	policy_free(policy);
}

static void
a_verdict_is_cacheable_unless_the_packet_was_looked_at(void **state)
{
	struct policy *policy = load(BASE FWD({"match": {"op": "==", "left": {"payload":
		{"protocol": "tcp", "field": "dport"}}, "right": 22}}, {"accept": null}) FWD({"match":
			{"op": "in", "left": {"payload": {"protocol": "tcp", "field":
			"flags"}}, "right": "syn"}}, {"accept": null}) FWD({"match":
				{"op": "==", "left": {"payload": {"protocol": "icmp",
				"field": "type"}}, "right": 8}}, {"accept": null}) FWD({"match":
					{"op": "==", "left": {"payload": {"protocol":
					"udp", "field": "dport"}}, "right": 53}},
					{"counter": null}, {"accept": null})
					     END);
	static const struct pk ssh = TCP(.dport = 22), web = TCP(.dport = 80),
			       ping = ICMP();
	static const struct pk dns = UDP(.dport = 53), ntp = UDP(.dport = 123);

	(void)state;
	assert_true(eval(policy, &ssh, NULL).cacheable);
	assert_false(eval(policy, &web, NULL).cacheable);  /* its flags decided */
	assert_false(eval(policy, &ping, NULL).cacheable); /* its type did */
	assert_false(eval(policy, &dns, NULL).cacheable);  /* each one is counted */
	assert_true(eval(policy, &ntp, NULL).cacheable);
	policy_free(policy);
}

/* clang-format on */

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
		cmocka_unit_test(large_sets_find_each_element_and_no_other),
		cmocka_unit_test(verdict_maps_say_what_their_element_says),
		cmocka_unit_test(jump_comes_back_goto_does_not_return_ends_a_chain),
		cmocka_unit_test(reject_speaks_the_language_of_the_packet),
		cmocka_unit_test(base_chains_are_asked_by_priority_and_a_drop_is_final),
		cmocka_unit_test(counters_count_what_reaches_them),
		cmocka_unit_test(a_verdict_is_cacheable_unless_the_packet_was_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
