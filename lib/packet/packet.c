/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser, which has two paths.
 *
 * fast_peek() (packet/fast.h) is the fast path for the most frequent frames.
 *
 * All other frames take the slow path. The files ethernet.c, ip.c and transport.c handle
 * every frame, fast-path ones too, and give the drop reasons. They read through
 * parser_span(), which checks each access against the end of the readable bytes, and
 * joins bytes that are in several spans.
 *
 * Each length is compared with the enclosing one before it is used: frame, IP datagram,
 * transport header. So a false length is detected at the first header that it
 * contradicts.
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
bytes_parse(const struct packet_bytes *b, uint8_t side, uint32_t network, uint32_t flags,
	    struct packet *p)
{
	struct parser c = {.bytes = b, .p = p, .flags = flags, .end = b->len};
	enum reason reason;

	start(p, side, network);
	reason = parse_ethernet(&c);
	if (reason != REASON_NONE)
		refuse(p, reason);
}

bool
fast_peek_tagged(const struct packet_bytes *b, uint8_t side, uint32_t network,
		 uint32_t flags, struct packet_fast *f)
{
	uint32_t l3 = RTE_ETHER_HDR_LEN;
	rte_be16_t word, type;

	/* the shortest packet after one tag; this covers a second one */
	if (b->part != b->len || b->part < l3 + RTE_VLAN_HLEN +
						   sizeof(struct rte_ipv4_hdr) +
						   sizeof(struct rte_tcp_hdr))
		return false;
	type = fast_type(b, l3);
	if (type != RTE_BE16(RTE_ETHER_TYPE_VLAN) &&
	    type != RTE_BE16(RTE_ETHER_TYPE_QINQ))
		return false;
	do {
		word = fast_type(b, l3 + RTE_ETHER_TYPE_LEN);
		network = flow_network_add_tag(network, rte_be_to_cpu_16(word));
		l3 += RTE_VLAN_HLEN;
		type = fast_type(b, l3);
	} while (l3 < RTE_ETHER_HDR_LEN + PACKET_MAX_VLANS * RTE_VLAN_HLEN &&
		 parser_is_vlan(rte_be_to_cpu_16(type)));
	if (b->part < l3 + sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr))
		return false;
	if (fast_is_ipv4(b->at + l3))
		return fast_ipv4(b, l3, side, network, flags, f);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return fast_ipv6(b, l3, side, network, flags, f);
	return false;
}

struct rte_mbuf *
packet_parse_datagram(const struct packet_piece *pieces, unsigned n, uint8_t side,
		      uint32_t network, uint32_t flags, struct packet *p)
{
	struct datagram d = {.pieces = pieces, .n = n};
	struct parser c = {.p = p, .flags = flags, .datagram = &d};
	struct rte_mbuf *head = pieces[0].m;
	struct packet_bytes bytes;
	enum reason reason;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (pieces[i].off == 0)
			head = pieces[i].m;
		d.len = RTE_MAX(d.len, (uint32_t)pieces[i].off + pieces[i].len);
	}
	bytes = bytes_of_mbuf(head);
	c.bytes = &bytes;
	c.end = bytes.len;
	start(p, side, network);
	reason = parse_ethernet(&c);
	if (reason != REASON_NONE)
		refuse(p, reason);
	return head;
}

/*
 * Offset of the end of the IP packet in the frame. For a datagram in fragments, the
 * packet is its first fragment.
 */
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
bytes_parse_quoted(const struct packet_bytes *b, const struct packet *p,
		   struct packet *inner)
{
	struct parser c = {
		.bytes = b,
		.p = inner,
		.end = b->len,
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
