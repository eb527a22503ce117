/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fields that rules load from a frame, its connection and the time. Whole frames pass an
 * engine with one rule that accepts the match, and policy drop.
 */
#include <stdio.h>

#include "engine_fixture.h"

/* rows override members of the default frame */
#pragma GCC diagnostic ignored "-Woverride-init"

#define IP4 .src = "192.0.2.1", .dst = "198.51.100.1"
#define IP6 .src = "2001:db8::1", .dst = "2001:db8:ffff::1"
#define FRAME_TCP(...)                                                                   \
	{                                                                                \
		IP4, .proto = IPPROTO_TCP, .flags = FRAME_SYN, .sport = 1024,            \
		     .dport = 80, .seq = 5, .opt = {.mss = 1460}, __VA_ARGS__            \
	}
#define FRAME_UDP(...)                                                                   \
	{                                                                                \
		IP4, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53, __VA_ARGS__       \
	}
#define FRAME_UDP6(...)                                                                  \
	{                                                                                \
		IP6, .proto = IPPROTO_UDP, .sport = 1024, .dport = 53, __VA_ARGS__       \
	}
/* text: the chunks */
#define FRAME_SCTP(text, ...)                                                            \
	{                                                                                \
		IP4, .proto = IPPROTO_SCTP, .sport = 1024, .dport = 2905,                \
		     .payload = text, .payload_len = sizeof(text) - 1, __VA_ARGS__       \
	}
#define BYTES(text)                                                                      \
	{                                                                                \
		text, sizeof(text) - 1                                                   \
	}

struct row {
	const char *match;
	struct frame yes[2];
	struct frame no[2];
};

static bool
takes(const char *objects, const char *match, const struct frame *frame)
{
	struct fixture f;
	char chain[512];
	bool passed;

	snprintf(chain, sizeof(chain), "%s accept", match);
	fixture_start_rules(&f, objects, chain);
	passed = passes(&f, LAN, frame);
	fixture_end(&f);
	return passed;
}

static void
rows_check(const struct row *rows, size_t count, const char *objects)
{
	size_t i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < 2 && rows[i].yes[k].src != NULL; k++)
			if (!takes(objects, rows[i].match, &rows[i].yes[k]))
				fail_msg("%s: frame %zu is not taken", rows[i].match, k);
		for (k = 0; k < 2 && rows[i].no[k].src != NULL; k++)
			if (takes(objects, rows[i].match, &rows[i].no[k]))
				fail_msg("%s: frame %zu is taken", rows[i].match, k);
	}
}

#define ROWS_CHECK(rows, objects) rows_check(rows, RTE_DIM(rows), objects)

static void
ip_header_fields_match_in_their_family(void **state)
{
	static const struct row rows[] = {
		{"ip ttl < 5",
		 {FRAME_UDP(.ttl = 4)},
		 {FRAME_UDP(.ttl = 5), FRAME_UDP6(.ttl = 4)}},
		{"ip6 hoplimit 7",
		 {FRAME_UDP6(.ttl = 7)},
		 {FRAME_UDP6(.ttl = 8), FRAME_UDP(.ttl = 7)}},
		{"ip dscp { ef, cs5 }",
		 {FRAME_UDP(.tos = 46 << 2), FRAME_UDP(.tos = 40 << 2 | 1)},
		 {FRAME_UDP(.tos = 8 << 2), FRAME_UDP6(.tos = 46 << 2)}},
		{"ip6 dscp ef",
		 {FRAME_UDP6(.tos = 46 << 2 | 3)},
		 {FRAME_UDP6(.tos = 45 << 2), FRAME_UDP(.tos = 46 << 2)}},
		{"ip ecn ce", {FRAME_UDP(.tos = 3)}, {FRAME_UDP(.tos = 2), FRAME_UDP()}},
		{"ip6 ecn ect0", {FRAME_UDP6(.tos = 2)}, {FRAME_UDP6(.tos = 1)}},
		{"ip length 28-40", {FRAME_UDP()}, {FRAME_UDP(.payload_len = 30)}},
		{"ip id 77", {FRAME_UDP(.id = 77)}, {FRAME_UDP(.id = 78)}},
		{"ip frag-off & 0x4000 != 0", {FRAME_UDP(.df = true)}, {FRAME_UDP()}},
		{"ip hdrlength 5", {FRAME_UDP()}, {FRAME_UDP(.ip_options = 4)}},
		{"ip version 4", {FRAME_UDP()}, {FRAME_UDP6()}},
		{"ip6 length 8", {FRAME_UDP6()}, {FRAME_UDP6(.payload_len = 1)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
transport_header_fields_match_in_their_protocol(void **state)
{
	static const struct row rows[] = {
		{"udp length 8",
		 {FRAME_UDP(), FRAME_UDP6()},
		 {FRAME_UDP(.payload_len = 1)}},
		{"tcp sequence 5", {FRAME_TCP()}, {FRAME_TCP(.seq = 6), FRAME_UDP()}},
		{"tcp doff 6", {FRAME_TCP()}, {FRAME_TCP(.opt = {0})}},
		{"tcp window 1000-2000",
		 {FRAME_TCP(.win = 1500)},
		 {FRAME_TCP(.win = 2001)}},
		{"icmp id 9",
		 {{IP4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 9}},
		 {{IP4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 8},
		  FRAME_UDP()}},
		{"icmpv6 sequence 3",
		 {{IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 128, .icmp_id = 1,
		   .icmp_seq = 3}},
		 {{IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 128, .icmp_id = 1,
		   .icmp_seq = 4}}},
		{"@th,64,32 0xffffffff",
		 {FRAME_UDP(.payload = "\xff\xff\xff\xff", .payload_len = 4)},
		 {FRAME_UDP(.payload = "\xff\xff\xff\xfe", .payload_len = 4),
		  FRAME_UDP(.payload = "\xff\xff\xff", .payload_len = 3)}},
		{"@th,64,32 != 0xffffffff",
		 {FRAME_UDP(.payload = "\xff\xff\xff\xfe", .payload_len = 4)},
		 {FRAME_UDP(.payload = "\xff\xff\xff\xff", .payload_len = 4),
		  FRAME_UDP(.payload_len = 3)}},
		{"@nh,8,8 0x10", {FRAME_UDP(.tos = 0x10)}, {FRAME_UDP(.tos = 0x11)}},
		{"esp spi 0x01020304",
		 {{IP4, .proto = IPPROTO_ESP, .payload = "\1\2\3\4\0\0\0\1",
		   .payload_len = 8}},
		 {{IP4, .proto = IPPROTO_ESP, .payload = "\1\2\3\5\0\0\0\1",
		   .payload_len = 8},
		  {IP4, .proto = IPPROTO_AH, .payload = "\1\2\3\4\0\0\0\1",
		   .payload_len = 8}}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
options_and_extension_headers_match_by_name(void **state)
{
	static const struct row rows[] = {
		{"tcp option maxseg size < 500",
		 {FRAME_TCP(.opt = {.mss = 499})},
		 {FRAME_TCP(.opt = {.mss = 500}), FRAME_TCP(.opt = {0})}},
		{"tcp option sack-perm exists",
		 {FRAME_TCP(.opt = {.sack_ok = true})},
		 {FRAME_TCP(), FRAME_UDP()}},
		{"tcp option timestamp missing",
		 {FRAME_TCP()},
		 {FRAME_TCP(.opt = {.has_ts = true})}},
		{"ip option lsrr exists",
		 {FRAME_UDP(.ip_option = BYTES("\x83\x07\x04\1\2\3\4\0"))},
		 {FRAME_UDP(), FRAME_UDP(.ip_option = BYTES("\x07\x07\x04\1\2\3\4\0"))}},
		{"ip option rr exists",
		 {FRAME_UDP(.ip_option = BYTES("\1\x07\x07\x04\1\2\3\4"))},
		 {FRAME_UDP(.ip_options = 4)}},
		{"exthdr dst exists",
		 {FRAME_UDP6(.ext_next = 60, .ext = BYTES("\x11\0\1\4\0\0\0\0"))},
		 {FRAME_UDP6()}},
		{"exthdr hbh missing",
		 {FRAME_UDP6()},
		 {FRAME_UDP6(.ext_next = 0, .ext = BYTES("\x11\0\1\4\0\0\0\0")),
		  FRAME_UDP()}},
		{"dst nexthdr udp",
		 {FRAME_UDP6(.ext_next = 60, .ext = BYTES("\x11\0\1\4\0\0\0\0"))},
		 {FRAME_UDP6()}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

/* Chunks of one word, the first as long as it says, so that the next is found. */
#define COOKIE_ACK "\13\0\0\4"
#define HEARTBEAT_5 "\4\0\0\5\1\0\0\0"
#define DATA_TSN_1 "\0\3\0\22\0\0\0\1\0\2\0\3\0\0\0\4xy\0\0"
#define INIT "\1\0\0\24\0\0\0\7\0\0\20\0\0\11\0\12\0\0\0\5"

static void
chunks_of_sctp_match_by_type_wherever_they_are(void **state)
{
	static const struct row rows[] = {
		{"sctp chunk init exists",
		 {FRAME_SCTP(INIT), FRAME_SCTP(COOKIE_ACK HEARTBEAT_5 INIT)},
		 {FRAME_SCTP(DATA_TSN_1 COOKIE_ACK), FRAME_SCTP("")}},
		{"sctp chunk init missing",
		 {FRAME_SCTP(DATA_TSN_1), FRAME_UDP()},
		 {FRAME_SCTP(HEARTBEAT_5 INIT)}},
		{"sctp chunk data tsn 1",
		 {FRAME_SCTP(DATA_TSN_1), FRAME_SCTP(COOKIE_ACK DATA_TSN_1)},
		 {FRAME_SCTP("\0\3\0\21\0\0\0\2\0\2\0\3\0\0\0\4x\0\0\0"),
		  FRAME_UDP(.payload = DATA_TSN_1, .payload_len = 20)}},
		/* the first chunk of the type counts */
		{"sctp chunk data tsn 2",
		 {{.src = NULL}},
		 {FRAME_SCTP(DATA_TSN_1 "\0\3\0\20\0\0\0\2\0\2\0\3\0\0\0\4")}},
		{"sctp chunk data tsn != 2",
		 {FRAME_SCTP(DATA_TSN_1)},
		 {FRAME_SCTP(INIT), FRAME_UDP()}},
		{"sctp chunk data flags & 3 == 3",
		 {FRAME_SCTP(DATA_TSN_1)},
		 {FRAME_SCTP("\0\2\0\20\0\0\0\1\0\2\0\3\0\0\0\4")}},
		{"sctp chunk data stream 2 sctp chunk data ssn 3 sctp chunk data ppid 4",
		 {FRAME_SCTP(DATA_TSN_1)},
		 {FRAME_SCTP(INIT)}},
		{"sctp chunk data length 18",
		 {FRAME_SCTP(DATA_TSN_1)},
		 {FRAME_SCTP(INIT)}},
		{"sctp chunk init num-outbound-streams < 10",
		 {FRAME_SCTP(INIT)},
		 {FRAME_SCTP(DATA_TSN_1)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

/* As in the kernel: nft_exthdr_sctp_eval(). */
static void
chunks_that_are_cut_off_exist_but_have_no_fields(void **state)
{
	static const struct row rows[] = {
		{"sctp chunk data exists",
		 {FRAME_SCTP("\0\3\0\40\0\0\0\1"),
		  FRAME_SCTP("\4\0\0\1\0\3\0\1")}, /* shorter than a header */
		 {FRAME_SCTP("\0\3\0"), FRAME_SCTP("\0\3\0\0")}},
		{"sctp chunk data tsn 1",
		 {FRAME_SCTP("\0\3\0\10\0\0\0\1")},
		 {FRAME_SCTP("\0\3\0\40\0\0\0\1"), FRAME_SCTP("\0\3\0\7\0\0\0\1")}},
		/* a chunk without a length ends the search */
		{"sctp chunk cookie-ack exists",
		 {FRAME_SCTP("\4\0\0\4" COOKIE_ACK)},
		 {FRAME_SCTP("\4\0\0\0" COOKIE_ACK),
		  FRAME_SCTP("\4\0\377\377" COOKIE_ACK)}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

static void
no_more_chunks_are_looked_at_than_1500_bytes_can_hold(void **state)
{
	enum { SEEN = 367, WORD = 4 };
	static char chunks[(SEEN + 1) * WORD];
	struct frame frame = FRAME_SCTP("");
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(chunks); i += WORD)
		memcpy(chunks + i, "\4\0\0\4", WORD);
	frame.payload = chunks;
	frame.payload_len = sizeof(chunks);
	memcpy(chunks + (SEEN - 1) * WORD, COOKIE_ACK, WORD);
	assert_true(takes("", "sctp chunk cookie-ack exists", &frame));
	memcpy(chunks + SEEN * WORD, "\1\0\0\4", WORD);
	assert_false(takes("", "sctp chunk init exists", &frame));
}

static void
link_layer_fields_match_beneath_the_tags(void **state)
{
	static const struct row rows[] = {
		{"ether type ip",
		 {FRAME_UDP(), FRAME_UDP(.tags = 1, .tag = {{.tci = 7}})},
		 {FRAME_UDP6()}},
		{"ether saddr 02:00:00:00:00:01",
		 {FRAME_UDP(), FRAME_UDP6()},
		 {FRAME_UDP(.src_mac = {2, 0, 0, 0, 0, 9})}},
		{"ether saddr { 02:00:00:00:00:01, 02:00:00:00:00:03 }",
		 {FRAME_UDP(.src_mac = {2, 0, 0, 0, 0, 3})},
		 {FRAME_UDP(.src_mac = {2, 0, 0, 0, 0, 2})}},
		{"ip saddr . ether saddr @pairs",
		 {FRAME_UDP()},
		 {FRAME_UDP(.src_mac = {2, 0, 0, 0, 0, 3}), FRAME_UDP6()}},
		{"vlan id 5",
		 {FRAME_UDP(.tags = 1, .tag = {{.tci = 0x6005}})},
		 {FRAME_UDP(), FRAME_UDP(.tags = 1, .tag = {{.tci = 6}})}},
		{"vlan pcp 3",
		 {FRAME_UDP(.tags = 1, .tag = {{.tci = 0x6005}})},
		 {FRAME_UDP(.tags = 1, .tag = {{.tci = 5}}), FRAME_UDP()}},
		{"meta pkttype broadcast",
		 {FRAME_UDP(.dst_mac = {255, 255, 255, 255, 255, 255})},
		 {FRAME_UDP(), FRAME_UDP(.dst_mac = {1, 0, 0x5e, 0, 0, 1})}},
		{"meta pkttype multicast",
		 {FRAME_UDP(.dst_mac = {1, 0, 0x5e, 0, 0, 1})},
		 {FRAME_UDP()}},
		{"iiftype ether", {FRAME_UDP()}, {{.src = NULL}}},
	};

	(void)state;
	ROWS_CHECK(rows,
		   "set pairs { type ipv4_addr . ether_addr; elements = { 192.0.2.1 . "
		   "02:00:00:00:00:01 } }");
}

static void
what_no_packet_of_a_wire_has_never_matches(void **state)
{
	static const struct row rows[] = {
		{"meta skuid 0", {{.src = NULL}}, {FRAME_UDP(), FRAME_TCP()}},
		{"meta skuid != 0", {{.src = NULL}}, {FRAME_UDP()}},
		{"iiftype loopback", {{.src = NULL}}, {FRAME_UDP()}},
		{"meta secpath exists", {{.src = NULL}}, {FRAME_UDP()}},
		{"ct status dnat", {{.src = NULL}}, {FRAME_UDP()}},
		{"fib daddr type local", {{.src = NULL}}, {FRAME_UDP()}},
		{"ct zone 0", {FRAME_UDP()}, {{.src = NULL}}},
		{"fib daddr type multicast",
		 {FRAME_UDP(.dst = "224.0.0.9")},
		 {FRAME_UDP(), FRAME_UDP6()}},
	};

	(void)state;
	ROWS_CHECK(rows, "");
}

/* START is 100 s after the epoch: a Thursday, 00:01:40. */
static void
the_time_of_day_matches_in_utc(void **state)
{
	static const struct row rows[] = {
		{"meta day \"Thursday\"", {FRAME_UDP()}, {{.src = NULL}}},
		{"meta day { \"Monday\", \"Friday\" }", {{.src = NULL}}, {FRAME_UDP()}},
		{"meta hour \"00:00\"-\"00:02\"", {FRAME_UDP()}, {{.src = NULL}}},
		{"meta hour >= \"00:02\"", {{.src = NULL}}, {FRAME_UDP()}},
		{"meta time < \"1970-01-02 00:00:00\"", {FRAME_UDP()}, {{.src = NULL}}},
		{"meta time > \"2024-01-01 00:00:00\"", {{.src = NULL}}, {FRAME_UDP()}},
	};

	(void)state;
	setenv("TZ", "UTC", 1);
	ROWS_CHECK(rows, "");
}

/* The engine's time remains that of START, whose hour is the first of the day. */
static void
the_hour_follows_the_system_time(void **state)
{
	static const struct frame frame = FRAME_UDP();
	_Atomic int64_t offset = 0;
	struct fixture f = {.config = fixture_config()};

	(void)state;
	setenv("TZ", "UTC", 1);
	f.config.wall_offset_ns = &offset;
	fixture_start(&f, FORWARD("drop", "meta hour \"00:00\"-\"00:59\" accept\n"));
	assert_true(passes(&f, LAN, &frame));
	offset = INT64_C(3600) * 1000000000;
	assert_false(passes(&f, LAN, &frame));
	offset = INT64_C(-60) * 1000000000;
	assert_true(passes(&f, LAN, &frame));
	fixture_end(&f);
}

static const struct frame query = FRAME_UDP();
static const struct frame answer = {.src = "198.51.100.1",
				    .dst = "192.0.2.1",
				    .proto = IPPROTO_UDP,
				    .sport = 53,
				    .dport = 1024};

static void
direction_is_that_of_the_packet_in_its_connection(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "", "ct direction reply accept\niifname lan accept");
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, WAN, &answer));
	assert_false(passes(&f, WAN, &query));
	fixture_end(&f);
	fixture_start_rules(&f, "", "ct direction original accept");
	assert_true(passes(&f, LAN, &query));
	assert_false(passes(&f, WAN, &answer));
	assert_true(passes(&f, LAN, &query));
	fixture_end(&f);
}

static void
status_follows_the_connection(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "", "ct status seen-reply accept\nct state new accept");
	assert_true(passes(&f, LAN, &query)); /* the connection is new */
	assert_true(passes(&f, WAN, &answer));
	assert_true(passes(&f, LAN, &query)); /* established, with a reply seen */
	fixture_end(&f);
	fixture_start_rules(&f, "", "ct status confirmed drop\naccept");
	assert_true(passes(&f, LAN, &query)); /* not confirmed yet */
	assert_false(passes(&f, LAN, &query));
	fixture_end(&f);
}

static void
bytes_and_packets_include_the_packet_itself(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "",
			    "ct bytes > 84 drop\naccept"); /* three packets of 28 bytes */
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, WAN, &answer));
	assert_true(passes(&f, LAN, &query));
	assert_false(passes(&f, LAN, &query));
	fixture_end(&f);
	fixture_start_rules(&f, "", "ct original packets > 1 drop\naccept");
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, WAN, &answer));
	assert_true(passes(&f, WAN, &answer));
	assert_false(passes(&f, LAN, &query));
	fixture_end(&f);
}

static void
original_and_reply_addresses_stay_those_of_the_connection(void **state)
{
	struct fixture f;

	(void)state;
	fixture_start_rules(
		&f, "",
		"ct original ip saddr 192.0.2.1 ct reply ip saddr 198.51.100.1 accept");
	assert_true(passes(&f, LAN, &query));
	assert_true(passes(&f, WAN, &answer));
	fixture_end(&f);
	fixture_start_rules(&f, "", "ct original ip saddr 198.51.100.1 accept");
	assert_false(passes(&f, LAN, &query));
	fixture_end(&f);
}

static void
hashes_share_packets_by_the_fields(void **state)
{
	struct frame frame = FRAME_UDP();
	unsigned i, taken = 0;
	char src[32];
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "", "jhash ip saddr mod 2 seed 0x12 == 0 accept");
	for (i = 0; i < 200; i++) {
		snprintf(src, sizeof(src), "10.0.0.%u", i + 1);
		frame.src = src;
		frame.sport = 2000;
		taken += passes(&f, LAN, &frame);
		frame.sport = 3000; /* the choice depends on the address alone */
		assert_int_equal(passes(&f, LAN, &frame),
				 f.e != NULL && passes(&f, LAN, &frame));
	}
	assert_in_range(taken, 60, 140);
	fixture_end(&f);
}

static void
chance_takes_about_its_share(void **state)
{
	struct frame frame = FRAME_UDP();
	unsigned i, taken = 0;
	struct fixture f;

	(void)state;
	fixture_start_rules(&f, "", "numgen random mod 4 == 0 accept");
	for (i = 0; i < 400; i++) {
		frame.sport = (uint16_t)(1000 + i);
		taken += passes(&f, LAN, &frame);
	}
	assert_in_range(taken, 60, 140);
	fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_header_fields_match_in_their_family),
		cmocka_unit_test(transport_header_fields_match_in_their_protocol),
		cmocka_unit_test(options_and_extension_headers_match_by_name),
		cmocka_unit_test(chunks_of_sctp_match_by_type_wherever_they_are),
		cmocka_unit_test(chunks_that_are_cut_off_exist_but_have_no_fields),
		cmocka_unit_test(no_more_chunks_are_looked_at_than_1500_bytes_can_hold),
		cmocka_unit_test(link_layer_fields_match_beneath_the_tags),
		cmocka_unit_test(what_no_packet_of_a_wire_has_never_matches),
		cmocka_unit_test(the_time_of_day_matches_in_utc),
		cmocka_unit_test(the_hour_follows_the_system_time),
		cmocka_unit_test(direction_is_that_of_the_packet_in_its_connection),
		cmocka_unit_test(status_follows_the_connection),
		cmocka_unit_test(bytes_and_packets_include_the_packet_itself),
		cmocka_unit_test(
			original_and_reply_addresses_stay_those_of_the_connection),
		cmocka_unit_test(hashes_share_packets_by_the_fields),
		cmocka_unit_test(chance_takes_about_its_share),
	};

	return cmocka_run_group_tests(tests, fixture_eal, fixture_eal_end);
}
