/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser. A frame takes one of two ways through it:
 *
 * parse_plain() is for the frame that a firewall sees most: one segment of memory, no tag
 * or one, IPv4 without options and not fragmented, TCP. It runs straight down with all
 * bytes in reach. It decides nothing but "this is such a frame, and all of it is right";
 * whatever else it sees, it leaves the frame to the other way.
 *
 * parse_ethernet() and the files ip.c and transport.c are for every frame, the plain ones
 * too, and give the reasons. They read through parser_read(), which checks each access
 * against the end of what may be read and joins bytes that lie in several segments.
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

#define PLAIN_HEADERS (sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_tcp_hdr))

/* Whether the checksums of a plain packet are right, as far as the flags ask. */
static inline bool
plain_checksums(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip, uint32_t l4_len,
		uint32_t flags)
{
	uint64_t ip_state = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4_state = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (ip_state == RTE_MBUF_F_RX_IP_CKSUM_BAD ||
	    l4_state == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return false;
	if ((flags & PACKET_VERIFY_IP) && ip_state != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
	    !checksum_right(checksum_bytes(ip, sizeof(*ip))))
		return false;
	if ((flags & PACKET_VERIFY_L4) && l4_state != RTE_MBUF_F_RX_L4_CKSUM_GOOD &&
	    !checksum_right(checksum_bytes(ip + 1, l4_len) +
			    checksum_pseudo4(ip->src_addr, ip->dst_addr, IPPROTO_TCP,
					     l4_len)))
		return false;
	return true;
}

static inline void
fill_plain(struct packet *p, const struct rte_ipv4_hdr *ip, uint32_t l3, uint32_t l4_len)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	uint32_t header = (uint32_t)(tcp->data_off >> 4) * 4;
	uint32_t l4 = l3 + (uint32_t)sizeof(*ip);
	uint8_t side = p->side;

	p->key.id.port[side] = tcp->src_port;
	p->key.id.port[side ^ 1] = tcp->dst_port;
	p->key.id.proto = IPPROTO_TCP;
	p->key.addr.v4[side] = ip->src_addr;
	p->key.addr.v4[side ^ 1] = ip->dst_addr;
	parse_tcp_segment(tcp, header, l4_len - header, &p->seg);
	p->kind = PACKET_TCP;
	p->family = 4;
	p->proto = IPPROTO_TCP;
	p->vlans = l3 != RTE_ETHER_HDR_LEN;
	p->ether_type = RTE_ETHER_TYPE_IPV4;
	p->l3_off = (uint16_t)l3;
	p->l4_off = (uint16_t)l4;
	p->payload_off = (uint16_t)(l4 + header);
	p->l4_len = l4_len;
}

/* Parse the frame if it is a plain one and right; otherwise p is untouched. */
static inline bool
parse_plain(const struct rte_mbuf *m, uint32_t flags, struct packet *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t len = m->data_len, l3 = RTE_ETHER_HDR_LEN, ip_len, header;
	const struct rte_ipv4_hdr *ip;
	const struct rte_tcp_hdr *tcp;
	rte_be16_t type;

	if (len != m->pkt_len || len < l3 + PLAIN_HEADERS)
		return false;
	memcpy(&type, frame + l3 - sizeof(type), sizeof(type));
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		l3 += RTE_VLAN_HLEN;
		if (len < l3 + PLAIN_HEADERS)
			return false;
		memcpy(&type, frame + l3 - sizeof(type), sizeof(type));
	}
	ip = (const struct rte_ipv4_hdr *)(frame + l3);
	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    ip->version_ihl != RTE_IPV4_VHL_DEF ||
	    (ip->fragment_offset & ~RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0 ||
	    ip->next_proto_id != IPPROTO_TCP || source_refused4(ip->src_addr))
		return false;
	ip_len = rte_be_to_cpu_16(ip->total_length);
	tcp = (const struct rte_tcp_hdr *)(ip + 1);
	header = (uint32_t)(tcp->data_off >> 4) * 4;
	if (ip_len > len - l3 || header < sizeof(*tcp) || ip_len < sizeof(*ip) + header)
		return false;
	if (!plain_checksums(m, ip, ip_len - (uint32_t)sizeof(*ip), flags))
		return false;
	fill_plain(p, ip, l3, ip_len - (uint32_t)sizeof(*ip));
	return true;
}

static inline bool
is_vlan(uint16_t type)
{
	return type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ ||
	       type == RTE_ETHER_TYPE_QINQ1;
}

static inline bool
read_u16(const struct parser *c, uint32_t off, uint16_t *value)
{
	uint8_t buf[sizeof(rte_be16_t)];
	const uint8_t *at = parser_read(c, off, sizeof(buf), buf);

	if (at == NULL)
		return false;
	*value = (uint16_t)(at[0] << 8 | at[1]);
	return true;
}

/* Of LLC only BPDUs are told apart: SNAP and SAP 0x06 may carry IP, past all rules. */
static uint16_t
llc_type(const struct parser *c, uint32_t at)
{
	uint16_t saps;

	return read_u16(c, at, &saps) && saps == 0x4242 ? PACKET_ETHER_BPDU
							: PACKET_ETHER_LLC;
}

static enum reason
parse_ethernet(struct parser *c)
{
	struct packet *p = c->p;
	uint32_t l3 = RTE_ETHER_HDR_LEN;
	uint16_t type;

	if (!read_u16(c, l3 - RTE_ETHER_TYPE_LEN, &type))
		return REASON_FRAME_SHORT;
	while (is_vlan(type) && p->vlans < PACKET_MAX_VLANS) {
		l3 += RTE_VLAN_HLEN;
		if (!read_u16(c, l3 - RTE_ETHER_TYPE_LEN, &type))
			return REASON_FRAME_SHORT;
		p->vlans++;
	}
	p->l3_off = (uint16_t)l3;
	/* Below 0x0600 it is the length of an 802.3 frame, and LLC follows. */
	p->ether_type = type < 0x0600 ? llc_type(c, l3) : type;
	if (type == RTE_ETHER_TYPE_IPV4)
		return parse_ipv4(c);
	if (type == RTE_ETHER_TYPE_IPV6)
		return parse_ipv6(c);
	p->kind = PACKET_NON_IP;
	return REASON_NONE;
}

static inline void
start(struct packet *p, uint8_t side, uint16_t zone)
{
	memset(p, 0, sizeof(*p));
	p->side = side;
	p->key.id.zone = zone;
}

void
packet_parse(const struct rte_mbuf *m, uint8_t side, uint16_t zone, uint32_t flags,
	     struct packet *p)
{
	struct parser c = {.m = m, .p = p, .flags = flags, .end = m->pkt_len};
	enum reason reason;

	start(p, side, zone);
	if (parse_plain(m, flags, p))
		return;
	reason = parse_ethernet(&c);
	if (reason != REASON_NONE) {
		p->kind = PACKET_BAD;
		p->reason = (uint8_t)reason;
		p->proto = 0;
	}
}

int
packet_parse_quoted(const struct rte_mbuf *m, const struct packet *p,
		    struct packet *inner)
{
	struct parser c = {
		.m = m,
		.p = inner,
		.end = p->l4_off + p->l4_len,
		.quoted = true,
	};
	enum reason reason;

	start(inner, p->side ^ 1, p->key.id.zone);
	inner->vlans = p->vlans;
	inner->ether_type = p->ether_type;
	inner->l3_off = p->payload_off;
	reason = p->family == 4 ? parse_ipv4(&c) : parse_ipv6(&c);
	if (reason == REASON_NONE)
		return 0;
	inner->kind = PACKET_BAD;
	inner->reason = (uint8_t)reason;
	inner->proto = 0;
	return -EINVAL;
}
