/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <frame/frame.h>
#include <packet/packet.h>

/* A row is a usual packet, and then what is unusual about it. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define ALL (PACKET_VERIFY_IP | PACKET_VERIFY_L4)
#define WIRE_NUMBER 7
#define NETWORK flow_network(WIRE_NUMBER, 0, 0)
#define A4 "192.0.2.1"
#define B4 "198.51.100.2"
#define A6 "2001:db8::1"
#define B6 "2001:db8:1::2"

#define TCP4 .src = A4, .dst = B4, .proto = IPPROTO_TCP, .sport = 40000, .dport = 80
#define TCP6 .src = A6, .dst = B6, .proto = IPPROTO_TCP, .sport = 40000, .dport = 80
#define UDP4 .src = A4, .dst = B4, .proto = IPPROTO_UDP, .sport = 5000, .dport = 53
#define UDP6 .src = A6, .dst = B6, .proto = IPPROTO_UDP, .sport = 5000, .dport = 53
#define LITE4 .src = A4, .dst = B4, .proto = IPPROTO_UDPLITE, .sport = 5000, .dport = 53
#define ICMP4 .src = A4, .dst = B4, .proto = IPPROTO_ICMP
#define ICMP6 .src = A6, .dst = B6, .proto = IPPROTO_ICMPV6
#define BYTES(...)                                                                       \
	{                                                                                \
		(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})   \
	}

struct row {
	const char *name;
	struct frame f;
	enum reason reason;
	enum packet_kind kind; /* when the reason is NONE */
	uint64_t ol_flags;
	uint32_t flags; /* 0: ALL */
	size_t cut;     /* bytes taken off the end of the frame */
};

/*
 * Parse len bytes that lie alone on the heap, so that a sanitizer sees each byte read
 * past them.
 */
static struct packet
parse_bytes(const uint8_t *bytes, size_t len, uint32_t flags, uint64_t ol_flags)
{
	uint8_t *heap = malloc(len ? len : 1);
	struct rte_mbuf m;
	struct packet p;

	assert_non_null(heap);
	if (len > 0)
		memcpy(heap, bytes, len);
	frame_mbuf(&m, heap, len, len);
	m.ol_flags = ol_flags;
	memset(&p, 0xa5, sizeof(p));
	packet_parse(&m, 0, NETWORK, flags, &p);
	free(heap);
	return p;
}

static struct packet
parse_frame(const struct frame *f)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));

	assert_int_not_equal(len, 0);
	return parse_bytes(bytes, len, ALL, 0);
}

/* The fields that two ways to the same frame must agree in. */
static void
assert_packets_equal(const struct packet *a, const struct packet *b, const char *name)
{
	if (a->kind != b->kind || a->reason != b->reason)
		fail_msg("%s: kind %u, reason %s; kind %u, reason %s", name, a->kind,
			 reason_name(a->reason), b->kind, reason_name(b->reason));
	assert_memory_equal(&a->key, &b->key, sizeof(a->key));
	assert_int_equal(a->payload_off, b->payload_off);
	assert_int_equal(a->l4_off, b->l4_off);
	assert_int_equal(a->l4_len, b->l4_len);
	assert_int_equal(a->ip_len, b->ip_len);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->seg.seq, b->seg.seq);
	assert_int_equal(a->seg.ack, b->seg.ack);
	assert_int_equal(a->seg.len, b->seg.len);
	assert_int_equal(a->seg.win, b->seg.win);
	assert_int_equal(a->seg.flags, b->seg.flags);
	assert_int_equal(a->seg.scale, b->seg.scale);
	assert_int_equal(a->seg.has_ts, b->seg.has_ts);
	assert_int_equal(a->seg.tsval, b->seg.tsval);
	assert_int_equal(a->seg.tsecr, b->seg.tsecr);
	assert_int_equal(a->fragment, b->fragment);
	assert_int_equal(a->icmp_type, b->icmp_type);
	assert_int_equal(a->vlans, b->vlans);
}

/* What the first of the two steps says already has to be what both together say. */
static void
assert_peek_agrees(const struct row *row, uint8_t *bytes, size_t len, uint32_t flags,
		   const struct packet *whole)
{
	const struct rte_tcp_hdr *tcp;
	struct tcp_segment seg;
	struct rte_mbuf m;
	struct packet p;
	bool timestamps;

	frame_mbuf(&m, bytes, len, len);
	m.ol_flags = row->ol_flags;
	tcp = packet_peek(&m, 0, NETWORK, flags, &p);
	if (tcp == NULL)
		return;
	assert_int_equal(whole->kind, PACKET_TCP);
	assert_int_equal(p.kind, whole->family == 4 ? PACKET_FAST4 : PACKET_FAST6);
	assert_memory_equal(&p.key, &whole->key, packet_key_bytes(whole));
	packet_fast_segment(tcp, p.l4_len, &seg);
	timestamps = packet_fast_timestamps(tcp, &seg);
	assert_true(whole->seg.has_ts || !timestamps);
	assert_int_equal(seg.seq, whole->seg.seq);
	assert_int_equal(seg.len, whole->seg.len);
	assert_int_equal(seg.win, whole->seg.win);
	assert_int_equal(seg.flags & 0x3f, whole->seg.flags);
	if (whole->seg.flags & TCP_ACK)
		assert_int_equal(seg.ack, whole->seg.ack);
	if (timestamps) {
		assert_int_equal(seg.tsval, whole->seg.tsval);
		assert_int_equal(seg.tsecr, whole->seg.tsecr);
	}
	packet_finish(&m, tcp, 0, &p);
	assert_packets_equal(whole, &p, row->name);
}

/* The frame in two segments, cut everywhere in turn, must parse like the frame in one. */
static void
assert_same_in_segments(const struct row *row, uint8_t *bytes, size_t len, uint32_t flags,
			const struct packet *whole)
{
	struct rte_mbuf seg[3];
	struct packet p;
	size_t i;

	for (i = 0; i <= len && i < 160; i++) {
		size_t cut[3] = {i, i % 7, 0};

		frame_mbuf_chain(seg, 3, cut, bytes, len);
		seg[0].ol_flags = row->ol_flags;
		packet_parse(seg, 0, NETWORK, flags, &p);
		assert_packets_equal(whole, &p, row->name);
	}
}

static void
check_row(const struct row *row)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(&row->f, bytes, sizeof(bytes));
	uint32_t flags = row->flags != 0 ? row->flags : ALL;
	struct packet p;

	assert_true(len > row->cut);
	len -= row->cut;
	p = parse_bytes(bytes, len, flags, row->ol_flags);
	if (p.reason != row->reason)
		fail_msg("%s: %s, not %s", row->name, reason_name(p.reason),
			 reason_name(row->reason));
	if (row->reason == REASON_NONE && p.kind != row->kind)
		fail_msg("%s: kind %u, not %u", row->name, p.kind, row->kind);
	if (row->reason != REASON_NONE) {
		assert_int_equal(p.kind, PACKET_BAD);
		assert_int_equal(p.proto, 0);
	}
	assert_int_equal(flow_id_wire(&p.key.id), WIRE_NUMBER);
	assert_same_in_segments(row, bytes, len, flags, &p);
	assert_peek_agrees(row, bytes, len, flags, &p);
}

static const struct row rows[] = {
	/* TCP */
	{.name = "plain TCP", .f = {TCP4, .flags = FRAME_ACK}, .kind = PACKET_TCP},
	{.name = "TCP with odd payload",
	 .f = {TCP4, .payload_len = 1459},
	 .kind = PACKET_TCP},
	{.name = "TCP with padding", .f = {TCP4, .padding = 6}, .kind = PACKET_TCP},
	{.name = "jumbo frame", .f = {TCP4, .payload_len = 8900}, .kind = PACKET_TCP},
	{.name = "IPv4 options", .f = {TCP4, .ip_options = 40}, .kind = PACKET_TCP},
	{.name = "TCP over IPv6", .f = {TCP6, .payload_len = 33}, .kind = PACKET_TCP},
	{.name = "one tag", .f = {TCP4, .tags = 1}, .kind = PACKET_TCP},
	{.name = "QinQ",
	 .f = {TCP6, .tags = 2, .tag = {{0x88a8, 5}, {0, 6}}},
	 .kind = PACKET_TCP},
	{.name = "old QinQ",
	 .f = {TCP4, .tags = 2, .tag = {{0x9100, 5}, {0, 6}}},
	 .kind = PACKET_TCP},
	{.name = "three tags", .f = {TCP4, .tags = 3}, .reason = REASON_VLAN_DEPTH},
	{.name = "three tags of VLAN 0",
	 .f = {TCP6, .tags = 3, .tag = {{0, 0}, {0, 0xe000}, {0, 0}}},
	 .reason = REASON_VLAN_DEPTH},
	{.name = "data offset 4",
	 .f = {TCP4, .say_data_off = 4},
	 .reason = REASON_TCP_OFFSET},
	{.name = "data offset past it",
	 .f = {TCP4, .say_data_off = 6},
	 .reason = REASON_TCP_OFFSET},
	{.name = "data offset 15",
	 .f = {TCP6, .say_data_off = 15, .payload_len = 39},
	 .reason = REASON_TCP_OFFSET},
	{.name = "data offset in padding",
	 .f = {TCP4, .say_data_off = 6, .padding = 4},
	 .reason = REASON_TCP_OFFSET},
	{.name = "TCP of 19 bytes",
	 .f = {TCP4, .say_ip_len = 39},
	 .reason = REASON_L4_SHORT},
	{.name = "TCP wrong checksum",
	 .f = {TCP4, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "TCP6 wrong checksum",
	 .f = {TCP6, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "TCP wrong checksum, not asked",
	 .f = {TCP4, .bad_l4_checksum = true},
	 .flags = PACKET_VERIFY_IP,
	 .kind = PACKET_TCP},
	{.name = "wrong, the device says good",
	 .f = {TCP4, .bad_l4_checksum = true},
	 .ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD,
	 .kind = PACKET_TCP},
	{.name = "right, the device says bad",
	 .f = {TCP4},
	 .flags = PACKET_VERIFY_IP,
	 .ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD,
	 .reason = REASON_L4_CHECKSUM},
	{.name = "wrong, the device says none",
	 .f = {TCP4, .bad_l4_checksum = true},
	 .ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE,
	 .reason = REASON_L4_CHECKSUM},
	/* the IPv4 header */
	{.name = "version 5", .f = {TCP4, .say_version = 5}, .reason = REASON_IP_HEADER},
	{.name = "IHL 4", .f = {TCP4, .say_ihl = 4}, .reason = REASON_IP_HEADER},
	{.name = "IHL past the frame",
	 .f = {.src = A4, .dst = B4, .proto = 99, .say_ihl = 6},
	 .reason = REASON_IP_HEADER},
	{.name = "IPv4 truncated",
	 .f = {.src = A4, .dst = B4, .proto = 99},
	 .cut = 1,
	 .reason = REASON_IP_HEADER},
	{.name = "total length below IHL",
	 .f = {TCP4, .say_ip_len = 19},
	 .reason = REASON_IP_LENGTH},
	{.name = "total length past the frame",
	 .f = {TCP4, .say_ip_len = 41},
	 .reason = REASON_IP_LENGTH},
	{.name = "frame cut by one", .f = {TCP4}, .cut = 1, .reason = REASON_IP_LENGTH},
	{.name = "IPv4 wrong checksum",
	 .f = {TCP4, .bad_ip_checksum = true},
	 .reason = REASON_IP_CHECKSUM},
	{.name = "IPv4 wrong checksum, not asked",
	 .f = {TCP4, .bad_ip_checksum = true},
	 .flags = PACKET_VERIFY_L4,
	 .kind = PACKET_TCP},
	{.name = "IPv4 checksum good by device",
	 .f = {TCP4, .bad_ip_checksum = true},
	 .ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD,
	 .kind = PACKET_TCP},
	{.name = "IPv4 checksum bad by device",
	 .f = {TCP4},
	 .ol_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD,
	 .reason = REASON_IP_CHECKSUM},
	{.name = "source multicast",
	 .f = {TCP4, .src = "224.0.0.1"},
	 .reason = REASON_IP_SOURCE},
	{.name = "source broadcast",
	 .f = {UDP4, .src = "255.255.255.255"},
	 .reason = REASON_IP_SOURCE},
	{.name = "DHCP discover",
	 .f = {UDP4, .src = "0.0.0.0", .dst = "255.255.255.255"},
	 .kind = PACKET_UDP},
	{.name = "later fragment",
	 .f = {TCP4, .frag_off = 1, .payload_len = 16},
	 .kind = PACKET_FRAGMENT},
	{.name = "middle fragment of 17 bytes",
	 .f = {TCP4, .frag_off = 1, .mf = true, .payload_len = 17},
	 .reason = REASON_IP_FRAGMENT},
	{.name = "last fragment of 17 bytes",
	 .f = {TCP4, .frag_off = 1, .payload_len = 17},
	 .kind = PACKET_FRAGMENT},
	{.name = "empty fragment",
	 .f = {TCP4, .frag_off = 1},
	 .reason = REASON_IP_FRAGMENT},
	{.name = "fragment past 65,535",
	 .f = {TCP4, .frag_off = 8191, .payload_len = 8},
	 .reason = REASON_IP_FRAGMENT},
	{.name = "fragment up to 65,535",
	 .f = {TCP4, .frag_off = 8191, .payload_len = 7},
	 .kind = PACKET_FRAGMENT},
	{.name = "last fragment",
	 .f = {UDP4, .frag_off = 185, .payload_len = 16},
	 .kind = PACKET_FRAGMENT},
	{.name = "first fragment",
	 .f = {TCP4, .mf = true, .payload_len = 20, .bad_l4_checksum = true},
	 .kind = PACKET_FRAGMENT},
	{.name = "first fragment of UDP",
	 .f = {UDP4, .mf = true, .payload_len = 8, .say_l4_len = 4000},
	 .kind = PACKET_FRAGMENT},
	{.name = "first fragment, device says bad",
	 .f = {TCP4, .mf = true, .payload_len = 4},
	 .ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD,
	 .kind = PACKET_FRAGMENT},
	{.name = "tiny fragment",
	 .f = {TCP4, .mf = true, .say_ip_len = 28},
	 .reason = REASON_IP_FRAGMENT_TINY},
	{.name = "tiny in the options",
	 .f = {TCP4, .mf = true, .say_data_off = 8},
	 .reason = REASON_IP_FRAGMENT_TINY},
	/* UDP */
	{.name = "UDP", .f = {UDP4, .payload_len = 31}, .kind = PACKET_UDP},
	{.name = "UDP over IPv6", .f = {UDP6, .payload_len = 31}, .kind = PACKET_UDP},
	{.name = "UDP wrong checksum",
	 .f = {UDP4, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "UDP no checksum",
	 .f = {UDP4, .no_l4_checksum = true},
	 .kind = PACKET_UDP},
	{.name = "UDP no checksum, device says bad",
	 .f = {UDP4, .no_l4_checksum = true},
	 .ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD,
	 .kind = PACKET_UDP},
	{.name = "UDP6 no checksum: a tunnel's",
	 .f = {UDP6, .no_l4_checksum = true},
	 .kind = PACKET_UDP},
	{.name = "UDP of 7 bytes",
	 .f = {UDP4, .say_ip_len = 27},
	 .reason = REASON_L4_SHORT},
	{.name = "UDP length 7",
	 .f = {UDP4, .say_l4_len = 7},
	 .reason = REASON_L4_LENGTH},
	{.name = "UDP length 0",
	 .f = {UDP6, .say_l4_len_zero = true},
	 .reason = REASON_L4_LENGTH},
	{.name = "UDP length too large",
	 .f = {UDP4, .say_l4_len = 9},
	 .reason = REASON_L4_LENGTH},
	{.name = "UDP-Lite, all covered",
	 .f = {LITE4, .payload_len = 9},
	 .kind = PACKET_UDP},
	{.name = "UDP-Lite, header covered",
	 .f = {LITE4, .payload_len = 9, .say_l4_len = 8},
	 .kind = PACKET_UDP},
	{.name = "UDP-Lite coverage 7",
	 .f = {LITE4, .payload_len = 9, .say_l4_len = 7},
	 .reason = REASON_L4_LENGTH},
	{.name = "UDP-Lite coverage too large",
	 .f = {LITE4, .say_l4_len = 9},
	 .reason = REASON_L4_LENGTH},
	{.name = "UDP-Lite no checksum",
	 .f = {LITE4, .no_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "UDP-Lite wrong",
	 .f = {LITE4, .payload_len = 9, .say_l4_len = 9, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	/* ICMP */
	{.name = "echo",
	 .f = {ICMP4, .icmp_type = 8, .payload_len = 57},
	 .kind = PACKET_ICMP_QUERY},
	{.name = "echo wrong checksum",
	 .f = {ICMP4, .icmp_type = 8, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "echo of 7 bytes",
	 .f = {ICMP4, .icmp_type = 8, .say_ip_len = 27},
	 .reason = REASON_L4_SHORT},
	{.name = "ICMP of 3 bytes",
	 .f = {ICMP4, .icmp_type = 40, .say_ip_len = 23},
	 .reason = REASON_L4_SHORT},
	{.name = "unreachable", .f = {ICMP4, .icmp_type = 3}, .kind = PACKET_ICMP_ERROR},
	{.name = "router advertisement",
	 .f = {ICMP4, .icmp_type = 9},
	 .kind = PACKET_OTHER},
	{.name = "echo6", .f = {ICMP6, .icmp_type = 128}, .kind = PACKET_ICMP_QUERY},
	{.name = "echo6 wrong checksum",
	 .f = {ICMP6, .icmp_type = 128, .bad_l4_checksum = true},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "too big", .f = {ICMP6, .icmp_type = 2}, .kind = PACKET_ICMP_ERROR},
	{.name = "DAD",
	 .f = {ICMP6, .src = "::", .icmp_type = 135, .ttl = 255},
	 .kind = PACKET_ND},
	{.name = "redirect6",
	 .f = {ICMP6, .icmp_type = 137, .ttl = 255},
	 .kind = PACKET_ND},
	{.name = "routed redirect6",
	 .f = {ICMP6, .icmp_type = 137, .ttl = 254},
	 .kind = PACKET_OTHER},
	{.name = "MLD", .f = {ICMP6, .icmp_type = 132, .ttl = 1}, .kind = PACKET_ND},
	{.name = "MLD report, version 2",
	 .f = {ICMP6, .icmp_type = 143, .ttl = 1},
	 .kind = PACKET_ND},
	{.name = "routed MLD",
	 .f = {ICMP6, .icmp_type = 132, .ttl = 2},
	 .kind = PACKET_OTHER},
	{.name = "ICMPv6 over IPv4",
	 .f = {ICMP4, .proto = IPPROTO_ICMPV6, .icmp_type = 128},
	 .kind = PACKET_OTHER},
	/* others */
	{.name = "SCTP", .f = {TCP4, .proto = IPPROTO_SCTP}, .kind = PACKET_OTHER},
	{.name = "SCTP of 11 bytes",
	 .f = {TCP4, .proto = IPPROTO_SCTP, .say_ip_len = 31},
	 .reason = REASON_L4_SHORT},
	{.name = "ESP",
	 .f = {TCP6, .proto = IPPROTO_ESP, .payload_len = 9},
	 .kind = PACKET_OTHER},
	{.name = "GRE without payload",
	 .f = {TCP4, .proto = IPPROTO_GRE},
	 .kind = PACKET_OTHER},
	{.name = "no next header",
	 .f = {TCP6, .proto = IPPROTO_NONE},
	 .kind = PACKET_OTHER},
	{.name = "ARP",
	 .f = {.ether_type = 0x0806, .payload_len = 28},
	 .kind = PACKET_NON_IP},
	{.name = "STP",
	 .f = {.ether_type = 38, .payload_len = 38},
	 .kind = PACKET_NON_IP},
	{.name = "empty frame of 14", .f = {.ether_type = 0x88cc}, .kind = PACKET_NON_IP},
	{.name = "13 bytes",
	 .f = {.ether_type = 0x88cc},
	 .cut = 1,
	 .reason = REASON_FRAME_SHORT},
	{.name = "half a tag",
	 .f = {.tags = 1, .ether_type = 0x88cc},
	 .cut = 1,
	 .reason = REASON_FRAME_SHORT},
	{.name = "half a second tag",
	 .f = {.tags = 2, .ether_type = 0x88cc},
	 .cut = 3,
	 .reason = REASON_FRAME_SHORT},
	{.name = "IPv4 and nothing",
	 .f = {.ether_type = 0x0800},
	 .reason = REASON_IP_HEADER},
	{.name = "IPv6 and nothing",
	 .f = {.ether_type = 0x86dd},
	 .reason = REASON_IP_HEADER},
	/* IPv6 */
	{.name = "version 4 in IPv6",
	 .f = {TCP6, .say_version = 4},
	 .reason = REASON_IP_HEADER},
	{.name = "payload length past the frame",
	 .f = {TCP6, .say_ip_len = 21},
	 .reason = REASON_IP_LENGTH},
	{.name = "source multicast6",
	 .f = {TCP6, .src = "ff02::1"},
	 .reason = REASON_IP_SOURCE},
	{.name = "hop-by-hop, destination",
	 .f = {TCP6, .ext_next = 0,
	       .ext = BYTES(60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0)},
	 .kind = PACKET_TCP},
	{.name = "hop-by-hop second",
	 .f = {TCP6, .ext_next = 60,
	       .ext = BYTES(0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "authentication header",
	 .f = {TCP6, .ext_next = 51,
	       .ext = BYTES(6, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9)},
	 .kind = PACKET_TCP},
	{.name = "extension past the packet",
	 .f = {TCP6, .ext_next = 60, .ext = BYTES(6, 3, 1, 4, 0, 0, 0, 0)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "extension of 4 bytes",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 60,
	       .ext = BYTES(6, 0, 1, 4)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "256 bytes of extensions",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 60,
	       .ext = BYTES(59, 31, [255] = 0)},
	 .kind = PACKET_OTHER},
	{.name = "264 bytes of extensions",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 60,
	       .ext = BYTES(59, 32, [263] = 0)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "8 extensions",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 60,
	       .ext = BYTES(60, [8] = 60, [16] = 60, [24] = 60, [32] = 60, [40] = 60,
			    [48] = 60, [56] = 59, [63] = 0)},
	 .kind = PACKET_OTHER},
	{.name = "9 extensions",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 60,
	       .ext = BYTES(60, [8] = 60, [16] = 60, [24] = 60, [32] = 60, [40] = 60,
			    [48] = 60, [56] = 60, [64] = 59, [71] = 0)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "jumbogram",
	 .f = {TCP6, .ext_next = 0, .ext = BYTES(6, 0, 0xc2, 4, 0, 1, 0, 0)},
	 .cut = 28,
	 .reason = REASON_IP_LENGTH},
	{.name = "atomic fragment",
	 .f = {TCP6, .ext_next = 44, .ext = BYTES(6, 0, 0, 0, 0, 0, 0, 1)},
	 .kind = PACKET_TCP},
	{.name = "atomic fragment, wrong checksum",
	 .f = {TCP6, .bad_l4_checksum = true, .ext_next = 44,
	       .ext = BYTES(6, 0, 0, 0, 0, 0, 0, 1)},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "first fragment6",
	 .f = {TCP6, .payload_len = 4, .bad_l4_checksum = true, .ext_next = 44,
	       .ext = BYTES(6, 0, 0, 1, 0, 0, 0, 1)},
	 .kind = PACKET_FRAGMENT},
	{.name = "tiny fragment6",
	 .f = {TCP6, .say_ip_len = 27, .ext_next = 44,
	       .ext = BYTES(6, 0, 0, 1, 0, 0, 0, 1)},
	 .reason = REASON_IP_FRAGMENT_TINY},
	{.name = "fragment that ends in its extensions",
	 .f = {.src = A6,
	       .dst = B6,
	       .proto = 59,
	       .ext_next = 44,
	       .ext = BYTES(60, 0, 0, 1, 0, 0, 0, 1, 6, 1, 0, 0, 0, 0, 0, 0)},
	 .reason = REASON_IP_FRAGMENT_TINY},
	{.name = "later fragment6",
	 .f = {TCP6, .ext_next = 44, .ext = BYTES(6, 0, 0, 8, 0, 0, 0, 1)},
	 .kind = PACKET_FRAGMENT},
	{.name = "middle fragment6 of 20 bytes",
	 .f = {TCP6, .ext_next = 44, .ext = BYTES(6, 0, 0, 9, 0, 0, 0, 1)},
	 .reason = REASON_IP_FRAGMENT},
	{.name = "two fragment headers",
	 .f = {TCP6, .ext_next = 44,
	       .ext = BYTES(44, 0, 0, 1, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0, 1)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "routing done",
	 .f = {TCP6, .ext_next = 43, .ext = BYTES(6, 2, 4, 0, [23] = 0)},
	 .kind = PACKET_TCP},
	{.name = "routing type 0",
	 .f = {TCP6, .ext_next = 43, .ext = BYTES(6, 2, 0, 1, [23] = 0)},
	 .reason = REASON_IP_EXTENSIONS},
	{.name = "segment routing, checksum of the wrong address",
	 .f = {TCP6, .ext_next = 43, .ext = BYTES(6, 2, 4, 1, [23] = 0)},
	 .reason = REASON_L4_CHECKSUM},
	{.name = "segment routing, checksum of the last address",
	 .f = {TCP6, .ext_next = 43,
	       .ext = BYTES(6, 2, 4, 1, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0,
			    0, 0, 0, 0, 0, 2)},
	 .kind = PACKET_TCP},
};

static void
each_frame_gets_its_kind_or_its_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++)
		check_row(&rows[i]);
}

static void
every_prefix_of_a_packet_is_refused(void **state)
{
	size_t i, cut, len;
	uint8_t bytes[FRAME_MAX];

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		const struct row *row = &rows[i];

		if (row->reason != REASON_NONE || row->f.src == NULL ||
		    row->f.padding > 0 || row->kind == PACKET_NON_IP ||
		    row->f.payload_len > 2000)
			continue;
		len = frame_build(&row->f, bytes, sizeof(bytes));
		for (cut = 0; cut < len; cut++)
			assert_int_equal(parse_bytes(bytes, cut, ALL, 0).kind,
					 PACKET_BAD);
	}
}

static void
checksums_are_verified_at_every_length(void **state)
{
	struct frame udp = {UDP4}, tcp = {TCP6};
	struct frame *f[] = {&udp, &tcp};
	size_t i, len;

	(void)state;
	for (i = 0; i < RTE_DIM(f); i++)
		for (len = 0; len < 80; len++) {
			f[i]->payload_len = len;
			f[i]->bad_l4_checksum = false;
			assert_int_equal(parse_frame(f[i]).reason, REASON_NONE);
			f[i]->bad_l4_checksum = true;
			assert_int_equal(parse_frame(f[i]).reason, REASON_L4_CHECKSUM);
		}
}

static void
short_frames_are_refused(void **state)
{
	uint8_t bytes[14] = {0};
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++)
		assert_int_equal(parse_bytes(bytes, len, ALL, 0).reason,
				 REASON_FRAME_SHORT);
	assert_int_equal(parse_bytes(bytes, len, ALL, 0).reason, REASON_NONE);
}

static void
non_ip_frames_tell_their_type(void **state)
{
	struct frame arp = {.ether_type = 0x0806, .payload_len = 28, .tags = 1};
	struct frame stp = {.ether_type = 38,
			    .payload = "\x42\x42\x03",
			    .payload_len = 3};
	struct frame snap = {.ether_type = 38,
			     .payload = "\xaa\xaa\x03",
			     .payload_len = 3};
	struct packet p = parse_frame(&arp);

	(void)state;
	assert_int_equal(p.ether_type, 0x0806);
	assert_int_equal(p.vlans, 1);
	assert_int_equal(p.l3_off, 18);
	assert_int_equal(p.family, 0);
	assert_int_equal(parse_frame(&stp).ether_type, PACKET_ETHER_BPDU);
	assert_int_equal(parse_frame(&snap).ether_type, PACKET_ETHER_LLC);
}

struct llc_row {
	const char *name;
	struct frame_bytes bytes;
	uint16_t ether_type; /* or */
	uint8_t reason;
};

#define SNAP(...) BYTES(0xaa, 0xaa, 3, __VA_ARGS__, 1, 2, 3)

static const struct llc_row llc_rows[] = {
	{"STP", BYTES(0x42, 0x42, 3, 0, 0), PACKET_ETHER_BPDU, 0},
	{"PVST+", SNAP(0, 0, 0xc, 1, 0xb), PACKET_ETHER_BPDU, 0},
	{"UplinkFast", SNAP(0, 0, 0xc, 0x20, 0xa), PACKET_ETHER_BPDU, 0},
	{"CDP", SNAP(0, 0, 0xc, 0x20, 0), PACKET_ETHER_CISCO, 0},
	{"UDLD", SNAP(0, 0, 0xc, 1, 0x11), PACKET_ETHER_CISCO, 0},
	{"IS-IS", BYTES(0xfe, 0xfe, 3, 0x83, 27), PACKET_ETHER_ISO, 0},
	{"ES-IS", BYTES(0xfe, 0xfe, 3, 0x82, 27), PACKET_ETHER_ISO, 0},
	{"IPX", BYTES(0xe0, 0xe0, 3, 0xff, 0xff), PACKET_ETHER_LLC, 0},
	{"IPX without LLC", BYTES(0xff, 0xff, 0, 30), PACKET_ETHER_LLC, 0},
	{"NetBEUI", BYTES(0xf0, 0xf0, 3, 44), PACKET_ETHER_LLC, 0},
	{"AppleTalk", SNAP(8, 0, 7, 0x80, 0x9b), PACKET_ETHER_LLC, 0},
	{"ARP in SNAP", SNAP(0, 0, 0, 8, 6), PACKET_ETHER_LLC, 0},
	{"one byte", BYTES(0xaa), PACKET_ETHER_LLC, 0},
	{"SNAP without a type", BYTES(0xaa, 0xaa, 3, 0, 0, 0), PACKET_ETHER_LLC, 0},
	{"IPv4 in SNAP", SNAP(0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"IPv6 in SNAP", SNAP(0, 0, 0, 0x86, 0xdd), 0, REASON_ENCAPSULATED},
	{"IPv4 in 802.1H", SNAP(0, 0, 0xf8, 8, 0), 0, REASON_ENCAPSULATED},
	{"IPv4 in SNAP of any OUI", SNAP(0, 0, 0xc, 8, 0), 0, REASON_ENCAPSULATED},
	{"a tag in SNAP", SNAP(0, 0, 0, 0x81, 0), 0, REASON_ENCAPSULATED},
	{"MPLS in SNAP", SNAP(0, 0, 0, 0x88, 0x47), 0, REASON_ENCAPSULATED},
	{"a frame in SNAP", SNAP(0, 0x80, 0xc2, 0, 7), 0, REASON_ENCAPSULATED},
	{"SNAP to one SAP", BYTES(0xaa, 0x42, 3, 0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"SNAP to a group", BYTES(0xab, 0xaa, 3, 0, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"SNAP, not UI", BYTES(0xaa, 0xaa, 0, 0, 3, 0, 0, 8, 0), 0, REASON_ENCAPSULATED},
	{"the SAP of IP", BYTES(6, 6, 3, 0x45, 0), 0, REASON_ENCAPSULATED},
	{"the SAP of IP from another", BYTES(0x42, 6, 3, 0x45), 0, REASON_ENCAPSULATED},
	{"the NLPID of IPv4", BYTES(0xfe, 0xfe, 3, 0xcc, 0x45), 0, REASON_ENCAPSULATED},
	{"the NLPID of IPv6", BYTES(0xfe, 0xfe, 3, 0x8e, 0x60), 0, REASON_ENCAPSULATED},
	{"the NLPID of SNAP", BYTES(0xfe, 0xfe, 3, 0x80, 0), 0, REASON_ENCAPSULATED},
};

static void
llc_is_told_apart_and_hides_no_ip(void **state)
{
	size_t i;
	uint8_t tags;

	(void)state;
	for (i = 0; i < RTE_DIM(llc_rows); i++)
		for (tags = 0; tags <= PACKET_MAX_VLANS; tags++) {
			const struct llc_row *row = &llc_rows[i];
			struct frame f = {.ether_type = 38,
					  .tags = tags,
					  .payload = row->bytes.data,
					  .payload_len = row->bytes.len};
			struct packet p = parse_frame(&f);

			if (p.reason != row->reason ||
			    (row->reason == 0 && (p.kind != PACKET_NON_IP ||
						  p.ether_type != row->ether_type)))
				fail_msg("%s: kind %u, type 0x%04x, reason %s", row->name,
					 p.kind, p.ether_type, reason_name(p.reason));
		}
}

static void
a_segment_is_decoded(void **state)
{
	struct frame f = {TCP4,
			  .seq = 0xfffffff0,
			  .ack = 77,
			  .win = 4321,
			  .payload_len = 10,
			  .flags = FRAME_ACK | FRAME_PSH | FRAME_ECE | FRAME_CWR,
			  .tags = 1,
			  .padding = 9,
			  .opt = {.has_ts = true, .tsval = 5, .tsecr = 0x80000001}};
	struct packet p = parse_frame(&f);

	(void)state;
	assert_int_equal(p.seg.seq, 0xfffffff0);
	assert_int_equal(p.seg.ack, 77);
	assert_int_equal(p.seg.len, 10);
	assert_int_equal(p.seg.win, 4321);
	assert_int_equal(p.seg.flags, TCP_ACK | TCP_PSH);
	assert_int_equal(p.seg.ecn, FRAME_ECE | FRAME_CWR);
	assert_int_equal(p.seg.scale, TCP_NO_SCALE);
	assert_true(p.seg.has_ts);
	assert_int_equal(p.seg.tsval, 5);
	assert_int_equal(p.seg.tsecr, 0x80000001);
	assert_int_equal(p.l3_off, 18);
	assert_int_equal(p.l4_off, 38);
	assert_int_equal(p.payload_off, 38 + 32);
	assert_int_equal(p.l4_len, 32 + 10);
	assert_int_equal(p.ether_type, 0x0800);
	assert_int_equal(p.family, 4);
	f.flags = FRAME_RST;
	assert_int_equal(parse_frame(&f).seg.ack, 0);
}

struct option_row {
	const char *name;
	struct frame_bytes raw;
	uint8_t flags;
	uint8_t scale;
	bool has_ts;
	uint32_t tsval;
};

#define TS(value) 8, 10, 0, 0, 0, value, 0, 0, 0, 9

static const struct option_row option_rows[] = {
	{"scale", BYTES(3, 3, 7, 1), FRAME_SYN, 7, false, 0},
	{"scale without SYN", BYTES(3, 3, 7, 1), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"scale 15", BYTES(3, 3, 15, 1), FRAME_SYN, 14, false, 0},
	{"scale 255", BYTES(3, 3, 255, 1), FRAME_SYN, 14, false, 0},
	{"two scales", BYTES(3, 3, 1, 3, 3, 2), FRAME_SYN, 1, false, 0},
	{"scale of length 4", BYTES(3, 4, 1, 1), FRAME_SYN, TCP_NO_SCALE, false, 0},
	{"MSS and others", BYTES(2, 4, 5, 180, 4, 2, TS(6), 1, 3, 3, 8), FRAME_SYN, 8,
	 true, 6},
	{"usual timestamps", BYTES(1, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE, true, 3},
	{"two timestamps", BYTES(TS(3), TS(4)), FRAME_ACK, TCP_NO_SCALE, true, 3},
	{"timestamps of length 8", BYTES(8, 8, 0, 0, 0, 1, 0, 0), FRAME_ACK, TCP_NO_SCALE,
	 false, 0},
	{"after the end", BYTES(0, 0, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"after length 0", BYTES(9, 0, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"after length 1", BYTES(9, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE, false, 0},
	{"length past the header", BYTES(1, 1, 1, 3), FRAME_SYN, TCP_NO_SCALE, false, 0},
	{"timestamps past the header", BYTES(8, 10, 1, 1), FRAME_ACK, TCP_NO_SCALE, false,
	 0},
	{"unknown option", BYTES(253, 6, 1, 1, 1, 1, TS(3)), FRAME_ACK, TCP_NO_SCALE,
	 true, 3},
	{"forty bytes", BYTES(1, [30] = 8, 10, 0, 0, 0, 3, 0, 0, 0, 0), FRAME_ACK,
	 TCP_NO_SCALE, false, 0},
};

static void
options_are_read_tolerantly(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		struct frame f = {TCP4, .flags = row->flags, .opt = {.raw = row->raw}};
		struct packet p = parse_frame(&f);

		if (p.kind != PACKET_TCP || p.seg.scale != row->scale ||
		    p.seg.has_ts != row->has_ts || p.seg.tsval != row->tsval)
			fail_msg("%s: reason %s, scale %u, has_ts %d, tsval %u",
				 row->name, reason_name(p.reason), p.seg.scale,
				 p.seg.has_ts, p.seg.tsval);
	}
}

static void
queries_and_replies_share_identifier_and_type(void **state)
{
	static const uint8_t type[][3] = {{4, 8, 0},   {4, 13, 14},   {4, 15, 16},
					  {4, 17, 18}, {6, 128, 129}, {6, 139, 140}};
	size_t i, reply;

	(void)state;
	for (i = 0; i < RTE_DIM(type); i++)
		for (reply = 0; reply < 2; reply++) {
			struct frame f4 = {ICMP4}, f6 = {ICMP6};
			struct frame *f = type[i][0] == 4 ? &f4 : &f6;
			struct packet p;

			f->icmp_type = type[i][1 + reply];
			f->icmp_id = 0x1234;
			p = parse_frame(f);
			assert_int_equal(p.kind, PACKET_ICMP_QUERY);
			assert_int_equal(p.icmp_reply, reply);
			assert_int_equal(p.icmp_type, type[i][1 + reply]);
			assert_int_equal(p.key.id.port[0], RTE_BE16(0x1234));
			assert_int_equal(p.key.id.port[1], rte_cpu_to_be_16(type[i][1]));
		}
}

/* Build outer around the frame inner, of which it quotes so many bytes from IP on. */
static int
parse_quotation(struct frame outer, const struct frame *inner, size_t quoted,
		struct packet *out)
{
	uint8_t quote[FRAME_MAX], bytes[FRAME_MAX];
	size_t len = frame_build(inner, quote, sizeof(quote));
	struct rte_mbuf m;
	struct packet p;
	uint8_t *heap;
	int ret;

	assert_true(len >= 14 + quoted);
	outer.payload = quote + 14;
	outer.payload_len = quoted;
	len = frame_build(&outer, bytes, sizeof(bytes));
	heap = malloc(len);
	assert_non_null(heap);
	memcpy(heap, bytes, len);
	frame_mbuf(&m, heap, len, len);
	packet_parse(&m, 1, NETWORK, ALL, &p);
	assert_int_equal(p.kind, PACKET_ICMP_ERROR);
	ret = packet_parse_quoted(&m, &p, out);
	free(heap);
	return ret;
}

static void
a_quotation_has_the_key_of_what_it_quotes(void **state)
{
	struct frame inner = {TCP4,
			      .seq = 99,
			      .ack = 5,
			      .win = 6,
			      .flags = FRAME_ACK,
			      .payload_len = 100,
			      .opt = {.has_ts = true, .tsval = 4},
			      .tags = 0};
	struct frame outer = {.src = "203.0.113.9",
			      .dst = A4,
			      .proto = IPPROTO_ICMP,
			      .icmp_type = 3,
			      .icmp_code = 1,
			      .padding = 30};
	struct packet sent = parse_frame(&inner), p;

	(void)state;
	assert_int_equal(parse_quotation(outer, &inner, 28, &p), 0);
	assert_int_equal(p.kind, PACKET_TCP);
	assert_int_equal(p.side, 0);
	assert_memory_equal(&p.key, &sent.key, sizeof(p.key));
	assert_int_equal(p.seg.seq, 99);
	assert_int_equal(p.seg.flags, 0);
	assert_int_equal(p.seg.len, 0);

	assert_int_equal(parse_quotation(outer, &inner, 40, &p), 0);
	assert_int_equal(p.seg.ack, 5);
	assert_int_equal(p.seg.len, 0); /* what is there counts */
	assert_false(p.seg.has_ts);

	assert_int_equal(parse_quotation(outer, &inner, 52, &p), 0);
	assert_true(p.seg.has_ts);
	assert_int_equal(p.seg.tsval, 4);
	assert_int_equal(p.payload_off, p.l4_off + 32);

	assert_int_equal(parse_quotation(outer, &inner, 27, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer, &inner, 19, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer, &inner, 0, &p), -EINVAL);
	inner.say_version = 6;
	assert_int_equal(parse_quotation(outer, &inner, 40, &p), -EINVAL);
}

static void
quotations_of_other_protocols_are_parsed(void **state)
{
	struct frame outer4 = {.src = "203.0.113.9",
			       .dst = A4,
			       .proto = IPPROTO_ICMP,
			       .icmp_type = 11};
	struct frame outer6 = {.src = "2001:db8::9",
			       .dst = A6,
			       .proto = IPPROTO_ICMPV6,
			       .icmp_type = 1};
	struct frame udp = {UDP6, .payload_len = 1000, .bad_l4_checksum = true};
	struct frame echo = {ICMP4, .icmp_type = 8, .icmp_id = 3};
	struct frame later = {UDP4, .frag_off = 3, .payload_len = 64};
	struct packet p, sent;

	(void)state;
	assert_int_equal(parse_quotation(outer6, &udp, 48, &p), 0);
	assert_int_equal(p.kind, PACKET_UDP);
	assert_int_equal(p.l4_len, 8);
	assert_int_equal(p.key.id.port[0], RTE_BE16(5000));
	assert_int_equal(parse_quotation(outer6, &udp, 47, &p), -EINVAL);
	sent = parse_frame(&echo);
	assert_int_equal(parse_quotation(outer4, &echo, 28, &p), 0);
	assert_int_equal(p.kind, PACKET_ICMP_QUERY);
	assert_memory_equal(&p.key, &sent.key, sizeof(p.key));
	assert_int_equal(parse_quotation(outer4, &later, 28, &p), -EINVAL);
	assert_int_equal(parse_quotation(outer4, &udp, 48, &p), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_gets_its_kind_or_its_reason),
		cmocka_unit_test(every_prefix_of_a_packet_is_refused),
		cmocka_unit_test(checksums_are_verified_at_every_length),
		cmocka_unit_test(short_frames_are_refused),
		cmocka_unit_test(non_ip_frames_tell_their_type),
		cmocka_unit_test(llc_is_told_apart_and_hides_no_ip),
		cmocka_unit_test(a_segment_is_decoded),
		cmocka_unit_test(options_are_read_tolerantly),
		cmocka_unit_test(queries_and_replies_share_identifier_and_type),
		cmocka_unit_test(a_quotation_has_the_key_of_what_it_quotes),
		cmocka_unit_test(quotations_of_other_protocols_are_parsed),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
