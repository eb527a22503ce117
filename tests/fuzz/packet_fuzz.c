/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the parser with arbitrary bytes, in one to three mbuf segments, from either side.
 * It must not read past the bytes, its result must not depend on the segments (only
 * frames in one segment can take packet_peek()), and the result must agree with the
 * bytes. With OPTIONS the bytes are the TCP options of an otherwise valid segment, and a
 * second reader must read the same from them.
 */
#include "fuzz.h"

#include <string.h>

#include <netinet/in.h>

#include <rte_mbuf.h>

#include <frame/frame.h>
#include <packet/packet.h>
#include <reply/reply.h>

#define SEGMENTS 3
/* control bytes: flags and side, checksum verdict of the device, two split points */
#define CONTROL_BYTES 4
#define OPTIONS 0x04  /* bit of the first control byte: vary the TCP options only */
#define IN_PPPOE 0x08 /* bit of the first control byte: parse with PACKET_PPPOE */
#define OPTIONS_MAX 40u

/* Copy the bytes to the heap, each mbuf segment to a block of its own. */
static void
make_chain(struct rte_mbuf *seg, const uint8_t *data, size_t size, const uint8_t *cut)
{
	size_t at = 0, i;

	memset(seg, 0, SEGMENTS * sizeof(*seg));
	for (i = 0; i < SEGMENTS; i++) {
		size_t left = size - at;
		size_t len = i + 1 < SEGMENTS && cut[i] < left ? cut[i] : left;

		seg[i].buf_addr = malloc(len > 0 ? len : 1);
		if (len > 0)
			memcpy(seg[i].buf_addr, data + at, len);
		seg[i].data_len = (uint16_t)len;
		seg[i].next = i + 1 < SEGMENTS ? &seg[i + 1] : NULL;
		at += len;
	}
	seg[0].pkt_len = (uint32_t)size;
	seg[0].nb_segs = SEGMENTS;
}

static void
free_chain(struct rte_mbuf *seg)
{
	size_t i;

	for (i = 0; i < SEGMENTS; i++)
		free(seg[i].buf_addr);
}

static void
check(const struct rte_mbuf *m, const struct packet *p)
{
	require((p->kind == PACKET_BAD) == (p->reason != REASON_NONE));
	require(p->vlans <= PACKET_MAX_VLANS);
	if (p->kind == PACKET_BAD || p->kind == PACKET_NON_IP)
		return;
	require(p->family == 4 || p->family == 6);
	if (p->kind == PACKET_FRAGMENT) {
		require(p->l3_off < p->frag.at && p->frag.len > 0);
		require((uint32_t)p->frag.at + p->frag.len <= m->pkt_len);
		return;
	}
	require(p->l3_off < p->l4_off && p->l4_off + p->l4_len <= m->pkt_len);
	require(p->l3_off + p->ip_len == p->l4_off + p->l4_len);
	require(p->l4_off <= p->payload_off && p->payload_off <= p->l4_off + p->l4_len);
	if (p->kind == PACKET_TCP)
		require(p->payload_off + p->seg.len == p->l4_off + p->l4_len);
}

static void
use(struct rte_mbuf *m, const struct packet *p)
{
	uint8_t room[REPLY_MAX_BYTES];
	struct rte_mbuf reply = {.buf_addr = room, .buf_len = sizeof(room)};
	struct packet inner, again;
	struct reply_l2 l2;

	if (p->kind == PACKET_ICMP_ERROR)
		lie(packet_parse_quoted(m, p, &inner) != 0);
	if (p->kind == PACKET_TCP) {
		reply_l2_of(m, p, &l2);
		l2 = reply_l2_back(&l2);
		reply_tcp(&reply, &l2, &p->key, p->family, p->side, &p->seg);
		packet_parse(&reply, p->side ^ 1,
			     flow_network(flow_id_wire(&p->key.id), 0, 0), PACKET_PPPOE,
			     &again);
		require(again.kind == PACKET_TCP || again.reason == REASON_IP_SOURCE);
	}
	if (p->kind == PACKET_BAD || !reply_icmp_allowed(m, p))
		return;
	reply_icmp_error(&reply, m, p, p->family == 4 ? 3 : 1, 1, 0);
	packet_parse(&reply, p->side ^ 1, flow_network(flow_id_wire(&p->key.id), 0, 0),
		     PACKET_VERIFY_IP | PACKET_VERIFY_L4 | PACKET_PPPOE, &again);
	require(again.kind == PACKET_ICMP_ERROR);
}

/* Parse the bytes in one piece and in several; compare the results. */
static void
parse_both(const uint8_t *control, const uint8_t *data, size_t size, struct packet *p)
{
	uint8_t whole[2] = {0, 0}, cut[2] = {control[2], control[3]};
	struct rte_mbuf one[SEGMENTS], many[SEGMENTS];
	uint8_t side = control[0] >> 7;
	unsigned flags = (control[0] & (PACKET_VERIFY_IP | PACKET_VERIFY_L4)) |
			 (control[0] & IN_PPPOE ? PACKET_PPPOE : 0);
	struct packet other;

	if (cut[0] >= size)
		cut[0] = 0;
	make_chain(one, data, size, whole);
	/*
	 * The first two segments are empty: use the third one as a chain of one segment.
	 */
	one[2].pkt_len = one[0].pkt_len;
	one[2].nb_segs = 1;
	make_chain(many, data, size, cut);
	one[2].ol_flags = (uint64_t)control[1] << 2;
	many[0].ol_flags = one[2].ol_flags;
	/* memcmp() below includes padding, which the parser does not write */
	memset(p, 0, sizeof(*p));
	memset(&other, 0, sizeof(other));
	packet_parse(&one[2], side, flow_network(1, 0, 0), flags, p);
	packet_parse(many, side, flow_network(1, 0, 0), flags, &other);
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): both were zeroed */
	require(memcmp(p, &other, sizeof(other)) == 0);
	check(&one[2], p);
	use(&one[2], p);
	use(many, &other);
	free_chain(one);
	free_chain(many);
}

static uint32_t
number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

/*
 * Reference reader for TCP options (RFC 9293 3.1, RFC 7323): the first option of a kind
 * counts, and nothing after a malformed one.
 */
static void
check_options(const uint8_t *option, size_t size, const struct tcp_segment *seg)
{
	struct tcp_segment is = {.scale = TCP_NO_SCALE};
	size_t at, length;

	for (at = 0; at < size && option[at] != 0; at += length) {
		length = 1;
		if (option[at] == 1)
			continue;
		length = at + 1 < size ? option[at + 1] : 0;
		if (length < 2 || length > size - at)
			break;
		if (option[at] == 8 && length == 10 && !is.has_ts) {
			is.has_ts = true;
			is.tsval = number(option + at + 2);
			is.tsecr = number(option + at + 6);
		}
		if (option[at] == 3 && length == 3 && (seg->flags & TCP_SYN) &&
		    is.scale == TCP_NO_SCALE)
			is.scale = RTE_MIN(option[at + 2], TCP_MAX_SCALE);
	}
	require(seg->has_ts == is.has_ts && seg->scale == is.scale);
	require(seg->tsval == is.tsval && seg->tsecr == is.tsecr);
}

static void
options(const uint8_t *control, const uint8_t *data, size_t size)
{
	size_t length = RTE_MIN(size, OPTIONS_MAX) & ~(size_t)3;
	struct frame f = {
		.src = "10.0.0.1",
		.dst = "192.0.2.1",
		.proto = IPPROTO_TCP,
		.flags = control[1] & 0x3f,
		.opt = {.raw = {data, length}},
		.payload_len = control[2] & 7,
	};
	const uint8_t head[] = {(control[0] & 0x80) | PACKET_VERIFY_IP | PACKET_VERIFY_L4,
				0, control[2], control[3]};
	uint8_t bytes[256];
	struct packet p;

	parse_both(head, bytes, frame_build(&f, bytes, sizeof(bytes)), &p);
	require(p.kind == PACKET_TCP && p.seg.len == f.payload_len);
	check_options(data, length, &p.seg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p;

	if (size <= CONTROL_BYTES || size > UINT16_MAX)
		return 0;
	if (data[0] & OPTIONS)
		options(data, data + CONTROL_BYTES, size - CONTROL_BYTES);
	else
		parse_both(data, data + CONTROL_BYTES, size - CONTROL_BYTES, &p);
	return 0;
}
