/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/reply: no parsed frame, key, segment or link layer makes it write outside
 * the REPLY_MAX_BYTES that the caller promises, or read elsewhere. The frame that a reply
 * is about is arbitrary: a read of its link layer fails or gives arbitrary bytes, and
 * one of bytes that the parser has seen gives arbitrary bytes. Those of the link layer
 * lie at the end of an object, so that an access beyond those asked for is out of bounds;
 * the quoted bytes, whose number Eva knows as a range, fill an object at most. The buffer
 * of the reply is no longer than promised. DPDK's sum of bytes is taken by its contract:
 * it reads len bytes at buf (include/rte_mbuf.h).
 */
#include <reply/reply.h>

#include "proof.h"

#define MAX_LINK_BYTES 20
#define MAX_QUOTED_BYTES (1280 - 48) /* IPv6 and ICMP header (RFC 4443 2.4 c) */

static uint8_t link_layer[MAX_LINK_BYTES], quoted[MAX_QUOTED_BYTES];
static uint8_t room[REPLY_MAX_BYTES];
static struct packet packet;
static struct rte_mbuf about, reply;
static struct reply_l2 l2;
static struct flow_key key;
static struct tcp_segment seg;

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

const void *
rte_pktmbuf_read(const struct rte_mbuf *m, uint32_t off, uint32_t len, void *buf)
{
	answer = m->pkt_len + off;
	Frama_C_make_unknown(buf, len);
	ANY(link_layer);
	ANY(quoted);
	if (each(1))
		return buf;
	if (off != 0)
		return quoted;
	return each(1) ? NULL : link_layer + MAX_LINK_BYTES - len;
}

/* What the parser promises of each frame that it accepts (packet/parsed.h). */
static void
any_packet(void)
{
	ANY(packet);
	packet.side = (uint8_t)each(1);
	packet.family = each(1) ? 4 : 6;
	packet.vlans = (uint8_t)each(PACKET_MAX_VLANS);
	if (each(1))
		packet.pppoe = 0;
	packet.l3_off = (uint16_t)Frama_C_interval(RTE_ETHER_HDR_LEN, UINT16_MAX);
	about.pkt_len = Frama_C_unsigned_int_interval(RTE_ETHER_HDR_LEN, UINT32_MAX);
	if (packet.l3_off > about.pkt_len)
		packet.l3_off = (uint16_t)about.pkt_len;
}

static void
step_tcp(void)
{
	ANY(l2);
	l2.vlans = (uint8_t)each(PACKET_MAX_VLANS);
	if (each(1))
		l2.pppoe = 0;
	ANY(key);
	ANY(seg);
	reply_tcp(&reply, &l2, &key, each(1) ? 4 : 6, (uint8_t)each(1), &seg);
}

static void
step_link_layer(void)
{
	any_packet();
	reply_l2_of(&about, &packet, &l2);
	l2 = reply_l2_back(&l2);
}

static void
step_icmp(void)
{
	any_packet();
	answer = reply_icmp_allowed(&about, &packet);
	reply_icmp_error(&reply, &about, &packet, (uint8_t)Frama_C_interval(0, UINT8_MAX),
			 (uint8_t)Frama_C_interval(0, UINT8_MAX),
			 Frama_C_unsigned_short_interval(0, UINT16_MAX));
}

int
main(void)
{
	reply.buf_addr = room;
	switch (each(2)) {
	case 0:
		step_tcp();
		break;
	case 1:
		step_link_layer();
		break;
	default:
		step_icmp();
		break;
	}
	return 0;
}
