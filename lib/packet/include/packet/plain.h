/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of the frame that a firewall sees most: one segment of memory, no tag or one,
 * IPv4 without options and not fragmented or IPv6 without extension headers, TCP. It runs
 * straight down with all bytes in reach, inline in the loop over a burst, and writes the
 * key in whole words, since it is hashed at once. It decides nothing but "this is such a
 * frame, and all of it is right"; whatever else it sees, it leaves to packet_parse_any().
 *
 * Included by packet/packet.h at its end.
 */
#ifndef PACKET_PLAIN_H
#define PACKET_PLAIN_H

#include <netinet/in.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <packet/checksum.h>
#include <packet/packet.h>

/* A multicast or the limited broadcast address sends nothing (RFC 1122 3.2.1.3). */
static inline bool
source_refused4(rte_be32_t src)
{
	return (src & RTE_BE32(0xf0000000)) == RTE_BE32(0xe0000000) ||
	       src == RTE_BE32(0xffffffff);
}

/* The options of a TCP header, of len bytes. */
void parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg);

/* Fill seg of a whole TCP header of header_len bytes with payload_len bytes behind it. */
static inline void
parse_tcp_segment(const struct rte_tcp_hdr *tcp, uint32_t header_len,
		  uint32_t payload_len, struct tcp_segment *seg)
{
	uint8_t bits = tcp->tcp_flags;
	struct tcp_segment all = {
		.seq = ntohl(tcp->sent_seq),
		.ack = (bits & TCP_ACK) ? ntohl(tcp->recv_ack) : 0,
		.len = payload_len,
		.win = ntohs(tcp->rx_win),
		.flags = bits &
			 (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG),
		.scale = TCP_NO_SCALE,
		.ecn = bits & 0xc0,
	};

	*seg = all;
	if (header_len > sizeof(*tcp))
		parse_tcp_options((const uint8_t *)(tcp + 1),
				  header_len - (uint32_t)sizeof(*tcp), seg);
}

#define PLAIN_SUMS_GOOD (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)

/* A plain frame, as far as it is known. */
struct plain {
	const struct rte_mbuf *m;
	const struct rte_tcp_hdr *tcp;
	uint32_t flags;  /* PACKET_VERIFY_* */
	uint32_t l3;     /* offset of the IP header */
	uint32_t left;   /* bytes of the frame from there on */
	uint32_t l4_len; /* by the IP header */
};

/* Whether the checksums are right; ip: the IPv4 header, addr: both addresses. */
static inline bool
plain_sums_right(const struct plain *f, const void *ip, const void *addr, size_t len)
{
	uint64_t ip_state = f->m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4_state = f->m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (likely((ip_state | l4_state) == PLAIN_SUMS_GOOD))
		return true;
	if ((ip != NULL && ip_state == RTE_MBUF_F_RX_IP_CKSUM_BAD) ||
	    l4_state == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return false;
	if (ip != NULL && ip_state != RTE_MBUF_F_RX_IP_CKSUM_GOOD &&
	    (f->flags & PACKET_VERIFY_IP) &&
	    !checksum_right(checksum_words(ip, sizeof(struct rte_ipv4_hdr))))
		return false;
	return l4_state == RTE_MBUF_F_RX_L4_CKSUM_GOOD ||
	       !(f->flags & PACKET_VERIFY_L4) ||
	       checksum_right(checksum_bytes(f->tcp, f->l4_len) +
			      checksum_words(addr, len) +
			      rte_cpu_to_be_16((uint16_t)f->l4_len) +
			      rte_cpu_to_be_16(IPPROTO_TCP));
}

/* All but the addresses. False: the header does not fit into the segment. */
static inline bool
plain_fill(const struct plain *f, uint8_t family, uint8_t side, uint16_t zone,
	   struct packet *p)
{
	uint32_t header = (uint32_t)(f->tcp->data_off >> 4) * 4;
	uint32_t l4 = f->l3 + (family == 4 ? (uint32_t)sizeof(struct rte_ipv4_hdr)
					   : (uint32_t)sizeof(struct rte_ipv6_hdr));
	uint32_t ports;
	uint64_t id;

	if (header < sizeof(*f->tcp) || header > f->l4_len)
		return false;
	memcpy(&ports, f->tcp, sizeof(ports));
	id = flow_id_pack(side ? ports << 16 | ports >> 16 : ports, IPPROTO_TCP, zone);
	memcpy(&p->key.id, &id, sizeof(id));
	parse_tcp_segment(f->tcp, header, f->l4_len - header, &p->seg);
	p->kind = PACKET_TCP;
	p->reason = REASON_NONE;
	p->family = family;
	p->proto = IPPROTO_TCP;
	p->side = side;
	p->vlans = f->l3 != RTE_ETHER_HDR_LEN;
	p->icmp_type = 0;
	p->icmp_code = 0;
	p->icmp_reply = 0;
	p->fragment = 0;
	p->ether_type = family == 4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6;
	p->l3_off = (uint16_t)f->l3;
	p->l4_off = (uint16_t)l4;
	p->payload_off = (uint16_t)(l4 + header);
	p->l4_len = f->l4_len;
	return true;
}

static inline bool
plain_ipv4(struct plain *f, uint8_t side, uint16_t zone, struct packet *p)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(f->m, const struct rte_ipv4_hdr *, f->l3);
	uint32_t total = ntohs(ip->total_length);
	uint64_t addr;

	if (ip->version_ihl != RTE_IPV4_VHL_DEF ||
	    (ip->fragment_offset & ~RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0 ||
	    ip->next_proto_id != IPPROTO_TCP || total > f->left || total < sizeof(*ip) ||
	    source_refused4(ip->src_addr))
		return false;
	f->tcp = (const struct rte_tcp_hdr *)(ip + 1);
	f->l4_len = total - (uint32_t)sizeof(*ip);
	if (!plain_sums_right(f, ip, &ip->src_addr, sizeof(addr)))
		return false;
	memcpy(&addr, &ip->src_addr, sizeof(addr));
	if (side)
		addr = addr << 32 | addr >> 32;
	memcpy(p->key.addr.v4, &addr, sizeof(addr));
	memset((uint8_t *)&p->key.addr + sizeof(addr), 0,
	       sizeof(p->key.addr) - sizeof(addr));
	return plain_fill(f, 4, side, zone, p);
}

static inline bool
plain_ipv6(struct plain *f, uint8_t side, uint16_t zone, struct packet *p)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(f->m, const struct rte_ipv6_hdr *, f->l3);
	uint32_t length = ntohs(ip->payload_len);

	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000) ||
	    ip->proto != IPPROTO_TCP || length + sizeof(*ip) > f->left ||
	    ip->src_addr[0] == 0xff)
		return false;
	f->tcp = (const struct rte_tcp_hdr *)(ip + 1);
	f->l4_len = length;
	if (!plain_sums_right(f, NULL, ip->src_addr, 2 * sizeof(ip->src_addr)))
		return false;
	memcpy(p->key.addr.v6[side], ip->src_addr, sizeof(ip->src_addr));
	memcpy(p->key.addr.v6[side ^ 1], ip->dst_addr, sizeof(ip->dst_addr));
	return plain_fill(f, 6, side, zone, p);
}

/* Parse the frame if it is a plain one and right; otherwise what p holds says nothing. */
static inline bool
packet_parse_plain(const struct rte_mbuf *m, uint8_t side, uint16_t zone, uint32_t flags,
		   struct packet *p)
{
	struct plain f = {.m = m, .flags = flags, .l3 = RTE_ETHER_HDR_LEN};
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	rte_be16_t type;

	/* with a tag too, so much holds all of it that is read before it is compared */
	if (m->data_len != m->pkt_len ||
	    m->data_len < f.l3 + sizeof(struct rte_ipv4_hdr) + sizeof(*f.tcp))
		return false;
	memcpy(&type, frame + f.l3 - sizeof(type), sizeof(type));
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		f.l3 += RTE_VLAN_HLEN;
		memcpy(&type, frame + f.l3 - sizeof(type), sizeof(type));
	}
	f.left = m->data_len - f.l3;
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4))
		return plain_ipv4(&f, side, zone, p);
	return type == RTE_BE16(RTE_ETHER_TYPE_IPV6) &&
	       f.left >= sizeof(struct rte_ipv6_hdr) + sizeof(*f.tcp) &&
	       plain_ipv6(&f, side, zone, p);
}

static inline void
packet_parse(const struct rte_mbuf *m, uint8_t side, uint16_t zone, uint32_t flags,
	     struct packet *p)
{
	if (unlikely(!packet_parse_plain(m, side, zone, flags, p)))
		packet_parse_any(m, side, zone, flags, p);
}

#endif
