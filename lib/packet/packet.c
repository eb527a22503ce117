/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser. A frame takes one of two ways through it:
 *
 * packet_peek() (packet/fast.h) is for the frame that a firewall sees most. What it
 * does not take, goes the other way.
 *
 * The files ethernet.c, ip.c and transport.c are for every frame, the fast-path ones too,
 * and give the reasons. They read through parser_read(), which checks each access against
 * the end of what may be read and joins bytes that lie in several segments.
 *
 * Each length is used only after it was compared with the one around it: frame, IP
 * datagram, transport header. So a length that lies meets its reason at the first header
 * that it contradicts.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>

#include "parse.h"

static inline void
start(struct packet *p, uint8_t side, uint32_t network)
{
	memset(p, 0, sizeof(*p));
	p->side = side;
	p->key.id.network = network;
}

static void
refuse(struct packet *p, enum reason reason)
{
	p->kind = PACKET_BAD;
	p->reason = (uint8_t)reason;
	p->proto = 0;
}

void
packet_parse_any(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
		 struct packet *p)
{
	struct parser c = {.m = m, .p = p, .flags = flags, .end = m->pkt_len};
	enum reason reason;

	start(p, side, network);
	reason = parse_ethernet(&c);
	if (reason != REASON_NONE)
		refuse(p, reason);
}

const struct rte_tcp_hdr *
packet_peek_tagged(const struct rte_mbuf *m, uint8_t side, uint32_t network,
		   uint32_t flags, struct packet *p)
{
	uint32_t l3 = RTE_ETHER_HDR_LEN;
	rte_be16_t word, type;

	do {
		word = fast_type(m, l3 + RTE_ETHER_TYPE_LEN);
		network = flow_network_add_tag(network, rte_be_to_cpu_16(word));
		l3 += RTE_VLAN_HLEN;
		type = fast_type(m, l3);
	} while (l3 < RTE_ETHER_HDR_LEN + PACKET_MAX_VLANS * RTE_VLAN_HLEN &&
		 parser_is_vlan(rte_be_to_cpu_16(type)));
	/* packet_peek() has seen that one tag and all headers are there */
	if (m->data_len < l3 + sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr))
		return NULL;
	if (fast_is_ipv4(rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3)))
		return fast_ipv4(m, l3, side, network, flags, p);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return fast_ipv6(m, l3, side, network, flags, p);
	return NULL;
}

struct rte_mbuf *
packet_parse_datagram(const struct packet_piece *pieces, unsigned n, uint8_t side,
		      uint32_t network, uint32_t flags, struct packet *p)
{
	struct datagram d = {.pieces = pieces, .n = n};
	struct parser c = {.p = p, .flags = flags, .datagram = &d};
	struct rte_mbuf *head = pieces[0].m;
	enum reason reason;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (pieces[i].off == 0)
			head = pieces[i].m;
		d.len = RTE_MAX(d.len, (uint32_t)pieces[i].off + pieces[i].len);
	}
	c.m = head;
	c.end = head->pkt_len;
	start(p, side, network);
	reason = parse_ethernet(&c);
	if (reason != REASON_NONE)
		refuse(p, reason);
	return head;
}

/* The end of the IP packet in the frame: of a datagram, of its first fragment. */
static uint32_t
ip_end(const struct parser *c, const struct packet *p)
{
	uint32_t header = p->family == 4 ? 0 : (uint32_t)sizeof(struct rte_ipv6_hdr);
	uint16_t len;

	if (!parser_u16(c, p->l3_off + (p->family == 4 ? 2 : 4), &len))
		return 0;
	return p->l3_off + header + len;
}

int
packet_parse_quoted(const struct rte_mbuf *m, const struct packet *p,
		    struct packet *inner)
{
	struct parser c = {
		.m = m,
		.p = inner,
		.end = m->pkt_len,
		.quoted = true,
	};
	enum reason reason;

	c.end = p->fragment ? ip_end(&c, p) : p->l4_off + p->l4_len;

	start(inner, p->side ^ 1, flow_id_network(&p->key.id));
	inner->vlans = p->vlans;
	inner->pppoe = p->pppoe;
	inner->ether_type = p->ether_type;
	inner->l3_off = p->payload_off;
	reason = p->family == 4 ? parse_ipv4(&c) : parse_ipv6(&c);
	if (reason == REASON_NONE)
		return 0;
	refuse(inner, reason);
	return -EINVAL;
}
