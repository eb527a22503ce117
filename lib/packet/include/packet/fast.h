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
#ifndef PACKET_FAST_H
#define PACKET_FAST_H

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <packet/checksum.h>
#include <packet/packet.h>

/* The options of a TCP header, of len bytes. */
void parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg);

/* Two NOPs before the timestamps, as every stack writes them (RFC 7323 appendix A). */
#define FAST_TIMESTAMPS 0x0101080a

/* Fill seg of a whole TCP header of header_len bytes with payload_len bytes behind it. */
static inline void
parse_tcp_segment(const struct rte_tcp_hdr *tcp, uint32_t header_len,
		  uint32_t payload_len, struct tcp_segment *seg)
{
	uint8_t bits = tcp->tcp_flags;

	*seg = (struct tcp_segment){
		.seq = ntohl(tcp->sent_seq),
		.ack = (bits & TCP_ACK) ? ntohl(tcp->recv_ack) : 0,
		.len = payload_len,
		.win = ntohs(tcp->rx_win),
		.flags = bits &
			 (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG),
		.scale = TCP_NO_SCALE,
		.ecn = bits & 0xc0,
	};
	if (header_len > sizeof(*tcp))
		parse_tcp_options((const uint8_t *)(tcp + 1),
				  header_len - (uint32_t)sizeof(*tcp), seg);
}

#define PLAIN_SUM_BAD UINT32_MAX

/*
 * Of the flags PACKET_VERIFY_*, those that the device has left to us; PLAIN_SUM_BAD: it
 * has found a wrong sum. Most devices look at both, or at none.
 */
static inline uint32_t
fast_unverified(const struct rte_mbuf *m, uint32_t flags)
{
	uint64_t ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (likely((ip | l4) == 0)) /* unknown */
		return flags;
	if (ip == RTE_MBUF_F_RX_IP_CKSUM_BAD || l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return PLAIN_SUM_BAD;
	if (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		flags &= ~PACKET_VERIFY_IP;
	if (l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		flags &= ~PACKET_VERIFY_L4;
	return flags;
}

/*
 * Whether the checksums are right where the device has not said that both are; tcp: the
 * header, with what follows l4_len bytes, addr: both addresses; ip: the IPv4 header, or
 * NULL. Most segments carry nothing, so that nothing is called.
 */
static inline bool
fast_sums_right(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip,
		const struct rte_tcp_hdr *tcp, uint32_t l4_len, const void *addr,
		uint32_t flags)
{
	uint64_t sum = checksum_words(addr, ip != NULL ? 2 * sizeof(rte_be32_t) : 32);

	flags = fast_unverified(m, flags);
	if (flags == PLAIN_SUM_BAD)
		return false;
	if (ip != NULL && (flags & PACKET_VERIFY_IP) &&
	    !checksum_right(checksum_words(ip, offsetof(struct rte_ipv4_hdr, src_addr)) +
			    sum))
		return false;
	if (!(flags & PACKET_VERIFY_L4))
		return true;
	sum += checksum_words(tcp, sizeof(*tcp)) + rte_cpu_to_be_16((uint16_t)l4_len) +
	       rte_cpu_to_be_16(IPPROTO_TCP);
	if (l4_len > sizeof(*tcp))
		sum += checksum_bytes(tcp + 1, l4_len - (uint32_t)sizeof(*tcp));
	return checksum_right(sum);
}

static inline bool
fast_sums_good(const struct rte_mbuf *m)
{
	return (m->ol_flags &
		(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)) ==
	       (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD);
}

static inline int32_t
fast_header(const struct rte_tcp_hdr *tcp)
{
	return tcp->data_off >> 2 & 0x3c;
}

/* Whether the TCP header fits into the l4_len bytes that the IP header speaks of. */
static inline bool
fast_fits(const struct rte_tcp_hdr *tcp, int32_t l4_len)
{
	int32_t header = fast_header(tcp);

	return header >= (int32_t)sizeof(*tcp) && header <= l4_len;
}

/* What all fast-path frames have in common, but addresses and length. */
static __rte_always_inline const struct rte_tcp_hdr *
fast_fill(const struct rte_tcp_hdr *tcp, uint8_t kind, uint8_t side, uint32_t network,
	  struct packet *p)
{
	uint32_t ports;
	uint64_t id;

	memcpy(&ports, tcp, sizeof(ports));
	id = flow_id_pack(side ? ports << 16 | ports >> 16 : ports, network, FLOW_TCP);
	memcpy(&p->key.id, &id, sizeof(id));
	p->kind = kind;
	return tcp;
}

/* Above are multicast, broadcast, and what is not used: for others to tell apart. */
#define PLAIN_SOURCES 224

/*
 * Of the four bytes from the EtherType on, and the four from the flags and offset of
 * fragments on, in one comparison each: IPv4 without options; whole, and of that
 * protocol.
 */
static __rte_always_inline bool
fast_is_ipv4(const struct rte_ipv4_hdr *ip)
{
	rte_be32_t word;

	memcpy(&word, (const char *)ip - sizeof(rte_be16_t), sizeof(word));
	return (word & RTE_BE32(0xffffff00)) ==
	       RTE_BE32(RTE_ETHER_TYPE_IPV4 << 16 | RTE_IPV4_VHL_DEF << 8);
}

static __rte_always_inline bool
fast_carries(const struct rte_ipv4_hdr *ip, uint8_t proto)
{
	rte_be32_t word;

	memcpy(&word, &ip->fragment_offset, sizeof(word));
	return (word & RTE_BE32(~(RTE_IPV4_HDR_DF_FLAG << 16 | 0xffu << 8))) ==
	       rte_cpu_to_be_32(proto);
}

/* The IP header, which fast_is_ipv4(), is l3 bytes into the frame. */
static __rte_always_inline const struct rte_tcp_hdr *
fast_ipv4(const struct rte_mbuf *m, uint32_t l3, uint8_t side, uint32_t network,
	  uint32_t flags, struct packet *p)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, l3);
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	uint32_t total = ntohs(ip->total_length);
	int32_t l4_len = (int32_t)total - (int32_t)sizeof(*ip);
	uint64_t addr;

	if (!fast_carries(ip, IPPROTO_TCP) || total > m->data_len - l3 ||
	    *(const uint8_t *)&ip->src_addr >= PLAIN_SOURCES || !fast_fits(tcp, l4_len))
		return NULL;
	if (unlikely(!fast_sums_good(m)) &&
	    !fast_sums_right(m, ip, tcp, (uint32_t)l4_len, &ip->src_addr, flags))
		return NULL;
	memcpy(&addr, &ip->src_addr, sizeof(addr));
	if (side)
		addr = addr << 32 | addr >> 32;
	memcpy(p->key.addr.v4, &addr, sizeof(addr));
	p->l4_len = (uint32_t)l4_len;
	p->ip_len = total;
	return fast_fill(tcp, PACKET_FAST4, side, network, p);
}

static inline const struct rte_tcp_hdr *
fast_ipv6(const struct rte_mbuf *m, uint32_t l3, uint8_t side, uint32_t network,
	  uint32_t flags, struct packet *p)
{
	const struct rte_ipv6_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, l3);
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	uint32_t left = m->data_len - l3, length;

	if (left < sizeof(*ip) + sizeof(*tcp))
		return NULL;
	length = ntohs(ip->payload_len);
	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000) ||
	    ip->proto != IPPROTO_TCP || length + sizeof(*ip) > left ||
	    *(const uint8_t *)&ip->src_addr == 0xff || !fast_fits(tcp, (int32_t)length))
		return NULL;
	if (unlikely(!fast_sums_good(m)) &&
	    !fast_sums_right(m, NULL, tcp, length, &ip->src_addr, flags))
		return NULL;
	memcpy(p->key.addr.v6[side], &ip->src_addr, sizeof(ip->src_addr));
	memcpy(p->key.addr.v6[side ^ 1], &ip->dst_addr, sizeof(ip->dst_addr));
	p->l4_len = length;
	p->ip_len = length + (uint32_t)sizeof(*ip);
	return fast_fill(tcp, PACKET_FAST6, side, network, p);
}

/* What stands in front of the IP header. */
static inline rte_be16_t
fast_type(const struct rte_mbuf *m, uint32_t l3)
{
	rte_be16_t type;

	memcpy(&type, rte_pktmbuf_mtod_offset(m, const char *, l3 - sizeof(type)),
	       sizeof(type));
	return type;
}

/* packet_peek() of a frame with tags; network: without them. */
const struct rte_tcp_hdr *packet_peek_tagged(const struct rte_mbuf *m, uint8_t side,
					     uint32_t network, uint32_t flags,
					     struct packet *p);

static __rte_always_inline const struct rte_tcp_hdr *
packet_peek(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
	    struct packet *p)
{
	rte_be16_t type;

	/* with a tag too, so much holds all of it that is read before it is compared */
	if (m->data_len != m->pkt_len ||
	    m->data_len < RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) +
				  sizeof(struct rte_tcp_hdr))
		return NULL;
	if (likely(fast_is_ipv4(rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *,
							RTE_ETHER_HDR_LEN))))
		return fast_ipv4(m, RTE_ETHER_HDR_LEN, side, network, flags, p);
	type = fast_type(m, RTE_ETHER_HDR_LEN);
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return packet_peek_tagged(m, side, network, flags, p);
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return fast_ipv6(m, RTE_ETHER_HDR_LEN, side, network, flags, p);
	if (type == RTE_BE16(RTE_ETHER_TYPE_QINQ))
		return packet_peek_tagged(m, side, network, flags, p);
	return NULL;
}

static __rte_always_inline void
packet_fast_segment(const struct rte_tcp_hdr *tcp, uint32_t l4_len,
		    struct tcp_segment *seg)
{
	*seg = (struct tcp_segment){
		.seq = ntohl(tcp->sent_seq),
		.ack = ntohl(tcp->recv_ack),
		.len = l4_len - (uint32_t)fast_header(tcp),
		.win = ntohs(tcp->rx_win),
		.flags = tcp->tcp_flags,
		.scale = TCP_NO_SCALE,
	};
}

static __rte_always_inline bool
packet_fast_timestamps(const struct rte_tcp_hdr *tcp, struct tcp_segment *seg)
{
	rte_be32_t option[3];

	if (tcp->data_off >> 4 < (sizeof(*tcp) + sizeof(option)) / 4)
		return false;
	memcpy(option, tcp + 1, sizeof(option));
	if (option[0] != RTE_BE32(FAST_TIMESTAMPS))
		return false;
	seg->has_ts = true;
	seg->tsval = ntohl(option[1]);
	seg->tsecr = ntohl(option[2]);
	return true;
}

/* packet_finish() of a family, so that most of it is constant. */
static __rte_always_inline void
fast_finish(const struct rte_mbuf *m, const struct rte_tcp_hdr *tcp, uint8_t side,
	    uint8_t family, struct packet *p)
{
	size_t l3_len = family == 4 ? sizeof(struct rte_ipv4_hdr)
				    : sizeof(struct rte_ipv6_hdr);
	uint32_t header = (uint32_t)fast_header(tcp);

	parse_tcp_segment(tcp, header, p->l4_len - header, &p->seg);
	p->kind = PACKET_TCP;
	p->family = family;
	p->side = side;
	p->proto = IPPROTO_TCP;
	p->reason = REASON_NONE;
	p->icmp_type = 0;
	p->icmp_code = 0;
	p->icmp_reply = 0;
	p->fragment = 0;
	p->pppoe = 0;
	p->ether_type = family == 4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6;
	p->l4_off = (uint16_t)((const char *)tcp - rte_pktmbuf_mtod(m, const char *));
	p->l3_off = (uint16_t)(p->l4_off - l3_len);
	p->payload_off = (uint16_t)(p->l4_off + header);
	p->vlans = (uint8_t)((p->l3_off - RTE_ETHER_HDR_LEN) / RTE_VLAN_HLEN);
}

static inline void
packet_finish(const struct rte_mbuf *m, const struct rte_tcp_hdr *tcp, uint8_t side,
	      struct packet *p)
{
	if (p->kind == PACKET_FAST6) {
		fast_finish(m, tcp, side, 6, p);
		return;
	}
	memset((uint8_t *)&p->key + KEY4_BYTES, 0, sizeof(p->key) - KEY4_BYTES);
	fast_finish(m, tcp, side, 4, p);
}

static inline void
packet_parse(const struct rte_mbuf *m, uint8_t side, uint32_t network, uint32_t flags,
	     struct packet *p)
{
	const struct rte_tcp_hdr *tcp = packet_peek(m, side, network, flags, p);

	if (unlikely(tcp == NULL))
		packet_parse_any(m, side, network, flags, p);
	else
		packet_finish(m, tcp, side, p);
}

#endif
