/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes, in one to three segments, on either side: the parser must read none that are
 * not there, say the same however the bytes are cut, and leave nothing that lies.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <packet/packet.h>
#include <reply/reply.h>

#define SEGMENTS 3
#define CONTROL_BYTES 4 /* flags and side, device's verdict, two cuts */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes, each segment alone on the heap. */
static void
make_chain(struct rte_mbuf *seg, const uint8_t *data, size_t size, const uint8_t *cut)
{
	size_t at = 0, i;

	memset(seg, 0, SEGMENTS * sizeof(*seg));
	for (i = 0; i < SEGMENTS; i++) {
		size_t left = size - at;
		size_t len = i + 1 < SEGMENTS && cut[i] < left ? cut[i] : left;

		seg[i].buf_addr = malloc(len);
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
require(int claim)
{
	if (!claim)
		abort();
}

static void
check(const struct rte_mbuf *m, const struct packet *p)
{
	require((p->kind == PACKET_BAD) == (p->reason != REASON_NONE));
	require(p->vlans <= PACKET_MAX_VLANS);
	if (p->kind == PACKET_BAD || p->kind == PACKET_NON_IP)
		return;
	require(p->family == 4 || p->family == 6);
	require(p->l3_off < p->l4_off && p->l4_off + p->l4_len <= m->pkt_len);
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
		packet_parse_quoted(m, p, &inner);
	if (p->kind == PACKET_TCP) {
		reply_l2_of(m, p, &l2);
		reply_tcp(&reply, &l2, &p->key, p->family, p->side, &p->seg);
		packet_parse(&reply, p->side ^ 1, p->key.id.zone, 0, &again);
		require(again.kind == PACKET_TCP || again.reason == REASON_IP_SOURCE);
	}
	if (p->kind == PACKET_BAD || !reply_icmp_allowed(m, p))
		return;
	reply_icmp_error(&reply, m, p, p->family == 4 ? 3 : 1, 1);
	packet_parse(&reply, p->side ^ 1, p->key.id.zone,
		     PACKET_VERIFY_IP | PACKET_VERIFY_L4, &again);
	require(again.kind == PACKET_ICMP_ERROR);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t whole[2] = {0, 0};
	struct rte_mbuf one[SEGMENTS], many[SEGMENTS];
	struct packet a, b;
	uint8_t side;

	if (size < CONTROL_BYTES || size > UINT16_MAX)
		return 0;
	side = data[0] >> 7;
	make_chain(one, data + CONTROL_BYTES, size - CONTROL_BYTES, whole);
	/* The empty segments come first: make the last one the head, to have it in one. */
	one[2].pkt_len = one[0].pkt_len;
	one[2].nb_segs = 1;
	make_chain(many, data + CONTROL_BYTES, size - CONTROL_BYTES, data + 2);
	one[2].ol_flags = (uint64_t)data[1] << 2;
	many[0].ol_flags = one[2].ol_flags;
	packet_parse(&one[2], side, 1, data[0] & 3, &a);
	packet_parse(many, side, 1, data[0] & 3, &b);
	require(memcmp(&a, &b, sizeof(a)) == 0);
	check(&one[2], &a);
	use(&one[2], &a);
	use(many, &b);
	free_chain(one);
	free_chain(many);
	return 0;
}
