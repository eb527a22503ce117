/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <frame/frame.h>
#include <reply/reply.h>

#pragma GCC diagnostic ignored                                                           \
	"-Woverride-init" /* rows override members of the default frame */

#define ALL (PACKET_VERIFY_IP | PACKET_VERIFY_L4)
#define WIRE_NUMBER 3
#define NETWORK flow_network(WIRE_NUMBER, 0, 0)
#define IP4 .src = "192.0.2.1", .dst = "198.51.100.2"
#define IP6 .src = "2001:db8::1", .dst = "2001:db8:1::2"
#define MAC_A                                                                            \
	{                                                                                \
		0x02, 0xaa, 0, 0, 0, 1                                                   \
	}
#define MAC_B                                                                            \
	{                                                                                \
		0x02, 0xbb, 0, 0, 0, 2                                                   \
	}

/* A frame that arrived on side 0, and memory for the generated one. */
struct given {
	uint8_t bytes[FRAME_MAX];
	size_t len;
	struct rte_mbuf m;
	struct packet p;
	uint8_t room[2048];
	struct rte_mbuf reply;
};

static void
give(struct given *g, const struct frame *f)
{
	g->len = frame_build(f, g->bytes, sizeof(g->bytes));
	assert_int_not_equal(g->len, 0);
	frame_mbuf(&g->m, g->bytes, sizeof(g->bytes), g->len);
	packet_parse(&g->m, 0, NETWORK, 0, &g->p);
	memset(g->room, 0xee, sizeof(g->room));
	frame_mbuf(&g->reply, g->room, sizeof(g->room), 0);
}

/* Parse a generated frame as its receiver would do. */
static struct packet
receive(const struct given *g, uint8_t side)
{
	struct packet p;

	packet_parse(&g->reply, side, NETWORK, ALL, &p);
	assert_int_equal(p.reason, REASON_NONE);
	assert_int_equal(g->reply.data_len, g->reply.pkt_len);
	assert_int_equal(g->room[g->reply.data_len], 0xee);
	return p;
}

static void
check_round_trip(const struct frame *f, uint8_t to, const struct tcp_segment *seg)
{
	struct given g;
	struct reply_l2 l2;
	struct packet p;

	give(&g, f);
	reply_l2_of(&g.m, &g.p, &l2);
	if (to == g.p.side)
		l2 = reply_l2_back(&l2);
	reply_tcp(&g.reply, &l2, &g.p.key, g.p.family, to, seg);
	p = receive(&g, to ^ 1);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_memory_equal(&p.key, &g.p.key, sizeof(p.key));
	assert_int_equal(p.vlans, f->tags);
	assert_int_equal(p.seg.seq, seg->seq);
	assert_int_equal(p.seg.ack, seg->ack);
	assert_int_equal(p.seg.win, seg->win);
	assert_int_equal(p.seg.flags, seg->flags);
	assert_int_equal(p.seg.len, 0);
	assert_int_equal(p.seg.has_ts, seg->has_ts);
	assert_int_equal(p.seg.tsval, seg->tsval);
	assert_int_equal(p.seg.tsecr, seg->tsecr);
	assert_int_equal(p.seg.scale, TCP_NO_SCALE);
	/* no padding: the frame ends with the segment */
	assert_int_equal(g.reply.pkt_len, p.payload_off);
	assert_int_equal(g.room[p.l3_off + (p.family == 4 ? 8 : 7)], 64);
	if (p.family == 4) {
		assert_memory_equal(g.room + p.l3_off + 4, "\0\0\x40\0", 4);
	}
}

static void
a_segment_comes_back_as_it_was_given(void **state)
{
	const struct tcp_segment segs[] = {
		{.seq = 0xffffffff, .flags = TCP_RST, .scale = TCP_NO_SCALE},
		{.seq = 1, .ack = 0x80000000, .win = 65535, .flags = TCP_RST | TCP_ACK},
		{.seq = 7,
		 .ack = 9,
		 .win = 512,
		 .flags = TCP_ACK,
		 .has_ts = true,
		 .tsval = 0xfffffff0,
		 .tsecr = 17},
		{.seq = 7, .flags = TCP_SYN, .win = 1},
	};
	const struct frame frames[] = {
		{IP4, .proto = IPPROTO_TCP, .sport = 1000, .dport = 80},
		{IP6, .proto = IPPROTO_TCP, .sport = 1000, .dport = 80},
		{IP4, .proto = IPPROTO_TCP, .sport = 1, .dport = 2, .tags = 1},
		{IP6, .proto = IPPROTO_TCP, .sport = 1, .dport = 2, .tags = 2,
		 .tag = {{0x88a8, 100}, {0, 0x2005}}},
	};
	size_t f, s;

	(void)state;
	for (f = 0; f < RTE_DIM(frames); f++)
		for (s = 0; s < RTE_DIM(segs); s++) {
			check_round_trip(&frames[f], 0, &segs[s]);
			check_round_trip(&frames[f], 1, &segs[s]);
		}
}

static void
the_link_layer_is_that_of_the_frame(void **state)
{
	const struct frame f = {IP4,
				.proto = IPPROTO_TCP,
				.src_mac = MAC_A,
				.dst_mac = MAC_B,
				.tags = 2,
				.tag = {{0x88a8, 100}, {0, 0x2005}}};
	const uint8_t back[] = {0x02, 0xaa, 0,    0, 0,   1,    0x02, 0xbb, 0, 0, 0,
				2,    0x88, 0xa8, 0, 100, 0x81, 0,    0x20, 5, 8, 0};
	const struct tcp_segment rst = {.flags = TCP_RST};
	struct reply_l2 l2, answer, again;
	struct rte_mbuf seg[3];
	struct given g;

	(void)state;
	give(&g, &f);
	memset(&l2, 0xa5, sizeof(l2));
	reply_l2_of(&g.m, &g.p, &l2);
	answer = reply_l2_back(&l2);
	reply_tcp(&g.reply, &answer, &g.p.key, 4, 0, &rst);
	assert_memory_equal(g.room, back, sizeof(back));
	/* a RST for the other side gets the link header of the received frame */
	reply_tcp(&g.reply, &l2, &g.p.key, 4, 1, &rst);
	assert_memory_equal(g.room, g.bytes, sizeof(back));
	/* the same from chained mbufs, and into memory that is not zeroed */
	memset(&again, 0x5a, sizeof(again));
	frame_mbuf_chain(seg, 3, (const size_t[]){5, 9, 0}, g.bytes, g.len);
	reply_l2_of(seg, &g.p, &again);
	assert_memory_equal(&l2, &again, sizeof(l2));
}

struct allowed_row {
	const char *name;
	struct frame f;
	bool allowed;
};

static const struct allowed_row allowed_rows[] = {
	{"TCP", {IP4, .proto = IPPROTO_TCP}, true},
	{"TCP6", {IP6, .proto = IPPROTO_TCP}, true},
	{"UDP", {IP4, .proto = IPPROTO_UDP}, true},
	{"ESP", {IP6, .proto = IPPROTO_ESP}, true},
	{"first fragment", {IP4, .proto = IPPROTO_UDP, .mf = true}, true},
	{"first fragment of a query",
	 {IP4, .proto = IPPROTO_ICMP, .icmp_type = 8, .mf = true},
	 false},
	{"echo request", {IP4, .proto = IPPROTO_ICMP, .icmp_type = 8}, true},
	{"echo request6", {IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 128}, true},
	{"later fragment",
	 {IP4, .proto = IPPROTO_UDP, .frag_off = 2, .payload_len = 8},
	 false},
	{"unreachable", {IP4, .proto = IPPROTO_ICMP, .icmp_type = 3}, false},
	{"redirect", {IP4, .proto = IPPROTO_ICMP, .icmp_type = 5}, false},
	{"too big", {IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 2}, false},
	{"redirect6", {IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 137}, false},
	{"unknown error6", {IP6, .proto = IPPROTO_ICMPV6, .icmp_type = 100}, false},
	{"to a multicast group",
	 {IP4, .dst = "224.0.0.251", .proto = IPPROTO_UDP},
	 false},
	{"to a multicast group6", {IP6, .dst = "ff02::fb", .proto = IPPROTO_UDP}, false},
	{"to broadcast", {IP4, .dst = "255.255.255.255", .proto = IPPROTO_UDP}, false},
	{"from nowhere", {IP4, .src = "0.0.0.0", .proto = IPPROTO_UDP}, false},
	{"from nowhere6", {IP6, .src = "::", .proto = IPPROTO_UDP}, false},
	{"from loopback", {IP4, .src = "127.0.0.1", .proto = IPPROTO_UDP}, false},
	{"from loopback6", {IP6, .src = "::1", .proto = IPPROTO_UDP}, false},
	{"from class E", {IP4, .src = "240.0.0.1", .proto = IPPROTO_UDP}, false},
	{"from a multicast group",
	 {IP4, .src = "224.0.0.1", .proto = IPPROTO_UDP},
	 false},
	{"link layer multicast",
	 {IP4, .proto = IPPROTO_UDP, .dst_mac = {1, 0, 0x5e, 0, 0, 1}},
	 false},
	{"ARP", {.ether_type = 0x0806, .payload_len = 28}, false},
};

static void
errors_are_sent_only_about_what_may_have_one(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(allowed_rows); i++) {
		struct given g;

		give(&g, &allowed_rows[i].f);
		if (reply_icmp_allowed(&g.m, &g.p) != allowed_rows[i].allowed)
			fail_msg("%s", allowed_rows[i].name);
	}
}

/*
 * Make an error about f, stored in n segments. total: its length from the IP header on.
 */
static void
check_error(const struct frame *f, uint8_t type, uint8_t code, size_t total)
{
	const size_t cut[3] = {29, 101, 0};
	struct rte_mbuf seg[3];
	struct packet p, inner;
	struct given g;
	unsigned int n;

	for (n = 1; n <= 3; n++) {
		give(&g, f);
		frame_mbuf_chain(seg, n, cut, g.bytes, g.len);
		reply_icmp_error(&g.reply, seg, &g.p, type, code, 0);
		p = receive(&g, 1);
		assert_int_equal(p.kind, PACKET_ICMP_ERROR);
		assert_int_equal(p.icmp_type, type);
		assert_int_equal(p.icmp_code, code);
		assert_int_equal(p.vlans, f->tags);
		assert_int_equal(g.reply.pkt_len, p.l3_off + total);
		assert_memory_equal(g.room + p.payload_off, g.bytes + g.p.l3_off,
				    g.reply.pkt_len - p.payload_off);
		/* it has the addresses of the answered frame, swapped */
		assert_memory_equal(&p.key.addr, &g.p.key.addr, sizeof(p.key.addr));
		assert_int_equal(packet_parse_quoted(&g.reply, &p, &inner), 0);
		assert_memory_equal(&inner.key, &g.p.key, sizeof(inner.key));
		assert_int_equal(inner.l4_len, g.reply.pkt_len - inner.l4_off);
	}
}

static void
an_error_quotes_no_more_than_allowed(void **state)
{
	const struct frame small4 = {IP4,         .proto = IPPROTO_UDP, .sport = 9,
				     .dport = 53, .payload_len = 21,    .padding = 11,
				     .tags = 1};
	const struct frame large4 = {IP4, .proto = IPPROTO_TCP, .sport = 9, .dport = 80,
				     .payload_len = 1400};
	const struct frame options4 = {IP4, .proto = IPPROTO_TCP, .ip_options = 40};
	const struct frame small6 = {IP6,         .proto = IPPROTO_TCP, .sport = 9,
				     .dport = 80, .payload_len = 5,     .padding = 3};
	const struct frame large6 = {IP6,         .proto = IPPROTO_UDP, .sport = 9,
				     .dport = 80, .payload_len = 4000,  .tags = 2};

	(void)state;
	check_error(&small4, 3, 13, 20 + 8 + 20 + 8 + 21);
	check_error(&large4, 3, 10, 576);
	check_error(&options4, 3, 9, 20 + 8 + 60 + 20);
	check_error(&small6, 1, 1, 40 + 8 + 40 + 20 + 5);
	check_error(&large6, 1, 4, 1280);
}

/*
 * An ICMP error about the first fragment quotes that fragment only. The datagram's length
 * goes beyond it, and bytes from there belong to another packet.
 */
static void
of_a_datagram_in_fragments_only_the_first_is_quoted(void **state)
{
	const struct frame first = {IP4, .proto = IPPROTO_UDP, .sport = 9, .dport = 53,
				    .payload_len = 32};
	struct given g;
	struct packet p;

	(void)state;
	give(&g, &first);
	g.p.fragment = 1;
	g.p.l4_len += 300;
	reply_icmp_error(&g.reply, &g.m, &g.p, 3, 13, 0);
	p = receive(&g, 1);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	assert_int_equal(g.reply.pkt_len, p.l3_off + 20 + 8 + 20 + 8 + 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_comes_back_as_it_was_given),
		cmocka_unit_test(the_link_layer_is_that_of_the_frame),
		cmocka_unit_test(errors_are_sent_only_about_what_may_have_one),
		cmocka_unit_test(an_error_quotes_no_more_than_allowed),
		cmocka_unit_test(of_a_datagram_in_fragments_only_the_first_is_quoted),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
