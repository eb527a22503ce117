/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path of the parser, for the most frequent frames: TCP in one span of memory,
 * with up to two VLAN tags, in IPv4 without options and fragmentation or in IPv6
 * without extension headers. It is inlined into the loop over a burst, and writes the key
 * in whole words, since it is hashed at once. It only decides whether a frame is of that
 * kind and has no fault; bytes_parse() handles all other frames.
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

#include <packet/bytes.h>
#include <packet/checksum.h>

/* Parse the options of a TCP header, len bytes. */
void parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg);

/*
 * Two NOPs, kind and length of the timestamps option, as all stacks write it (RFC 7323
 * appendix A).
 */
#define FAST_TIMESTAMPS 0x0101080a

/* Fill seg from a TCP header of header_len bytes, followed by payload_len bytes. */
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

#define FAST_SUM_BAD UINT32_MAX

/*
 * The PACKET_VERIFY_* flags of the checksums that the device has not verified;
 * FAST_SUM_BAD: it has found a wrong one. Most devices verify both or none.
 */
static inline uint32_t
fast_unverified(const struct packet_bytes *b, uint32_t flags)
{
	uint64_t ip = b->checksums & PACKET_SUM_IP_MASK;
	uint64_t l4 = b->checksums & PACKET_SUM_L4_MASK;

	if (likely((ip | l4) == 0)) /* the device reports nothing about either */
		return flags;
	if (ip == PACKET_SUM_IP_BAD || l4 == PACKET_SUM_L4_BAD)
		return FAST_SUM_BAD;
	if (ip == PACKET_SUM_IP_GOOD)
		flags &= ~PACKET_VERIFY_IP;
	if (l4 == PACKET_SUM_L4_GOOD)
		flags &= ~PACKET_VERIFY_L4;
	return flags;
}

/*
 * Whether the checksums are right, when the device has not verified both. tcp: the TCP
 * header, of l4_len bytes with its payload; addr: both addresses; ip: the IPv4 header, or
 * NULL. Most of these segments have no payload; their sum is computed inline.
 */
static inline bool
fast_sums_right(const struct packet_bytes *b, const struct rte_ipv4_hdr *ip,
		const struct rte_tcp_hdr *tcp, uint32_t l4_len, const void *addr,
		uint32_t flags)
{
	uint64_t sum = checksum_words(addr, ip != NULL ? 2 * sizeof(rte_be32_t) : 32);

	flags = fast_unverified(b, flags);
	if (flags == FAST_SUM_BAD)
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
fast_sums_good(const struct packet_bytes *b)
{
	return b->checksums == (PACKET_SUM_IP_GOOD | PACKET_SUM_L4_GOOD);
}

static inline int32_t
fast_header(const struct rte_tcp_hdr *tcp)
{
	return tcp->data_off >> 2 & 0x3c;
}

/* Whether the TCP header fits into the l4_len bytes that the IP header states. */
static inline bool
fast_fits(const struct rte_tcp_hdr *tcp, int32_t l4_len)
{
	int32_t header = fast_header(tcp);

	return header >= (int32_t)sizeof(*tcp) && header <= l4_len;
}

/* Fill the members that both families share: ports, network, TCP header, lengths. */
static __rte_always_inline bool
fast_fill(struct packet_fast *f, uint8_t family, const struct rte_tcp_hdr *tcp,
	  uint32_t l4_len, uint8_t side, uint32_t network)
{
	uint32_t ports;
	uint64_t id;

	memcpy(&ports, tcp, sizeof(ports));
	id = flow_id_pack(side ? ports << 16 | ports >> 16 : ports, network, FLOW_TCP);
	memcpy(&f->key.id, &id, sizeof(id));
	f->tcp = tcp;
	f->l4_len = l4_len;
	f->family = family;
	return true;
}

/*
 * First byte of multicast, broadcast and reserved addresses; bytes_parse() checks
 * these.
 */
#define FAST_SOURCES_END 224

/*
 * fast_is_ipv4(): true for IPv4 without options; compares EtherType, version and IHL as
 * one word. fast_carries(): true for that protocol and no fragment; compares the fragment
 * fields and the protocol as one word.
 */
static __rte_always_inline bool
fast_is_ipv4(const void *ip)
{
	rte_be32_t word;

	memcpy(&word, (const uint8_t *)ip - sizeof(rte_be16_t), sizeof(word));
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

/* Check the IP header, l3 bytes into the frame, for which fast_is_ipv4() is true. */
static __rte_always_inline bool
fast_ipv4(const struct packet_bytes *b, uint32_t l3, uint8_t side, uint32_t network,
	  uint32_t flags, struct packet_fast *f)
{
	const struct rte_ipv4_hdr *ip = (const void *)(b->at + l3);
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	uint32_t total = ntohs(ip->total_length);
	int32_t l4_len = (int32_t)total - (int32_t)sizeof(*ip);
	uint64_t addr;

	if (!fast_carries(ip, IPPROTO_TCP) || total > b->part - l3 ||
	    *(const uint8_t *)&ip->src_addr >= FAST_SOURCES_END ||
	    !fast_fits(tcp, l4_len))
		return false;
	if (unlikely(!fast_sums_good(b)) &&
	    !fast_sums_right(b, ip, tcp, (uint32_t)l4_len, &ip->src_addr, flags))
		return false;
	memcpy(&addr, &ip->src_addr, sizeof(addr));
	if (side)
		addr = addr << 32 | addr >> 32;
	memcpy(f->key.addr.v4, &addr, sizeof(addr));
	f->ip_len = total;
	return fast_fill(f, 4, tcp, (uint32_t)l4_len, side, network);
}

static inline bool
fast_ipv6(const struct packet_bytes *b, uint32_t l3, uint8_t side, uint32_t network,
	  uint32_t flags, struct packet_fast *f)
{
	const struct rte_ipv6_hdr *ip = (const void *)(b->at + l3);
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(ip + 1);
	uint32_t left = b->part - l3, length;

	if (left < sizeof(*ip) + sizeof(*tcp))
		return false;
	length = ntohs(ip->payload_len);
	if ((ip->vtc_flow & RTE_BE32(0xf0000000)) != RTE_BE32(0x60000000) ||
	    ip->proto != IPPROTO_TCP || length + sizeof(*ip) > left ||
	    *(const uint8_t *)&ip->src_addr == 0xff || !fast_fits(tcp, (int32_t)length))
		return false;
	if (unlikely(!fast_sums_good(b)) &&
	    !fast_sums_right(b, NULL, tcp, length, &ip->src_addr, flags))
		return false;
	memcpy(f->key.addr.v6[side], &ip->src_addr, sizeof(ip->src_addr));
	memcpy(f->key.addr.v6[side ^ 1], &ip->dst_addr, sizeof(ip->dst_addr));
	f->ip_len = length + (uint32_t)sizeof(*ip);
	return fast_fill(f, 6, tcp, length, side, network);
}

/* The EtherType before the IP header. */
static inline rte_be16_t
fast_type(const struct packet_bytes *b, uint32_t l3)
{
	rte_be16_t type;

	memcpy(&type, b->at + l3 - sizeof(type), sizeof(type));
	return type;
}

/* packet_peek() for bytes. */
static __rte_always_inline bool
fast_peek(const struct packet_bytes *b, uint8_t side, uint32_t network, uint32_t flags,
	  struct packet_fast *f)
{
	/* this length covers all bytes that are read below */
	if (b->part != b->len || b->part < RTE_ETHER_HDR_LEN +
						   sizeof(struct rte_ipv4_hdr) +
						   sizeof(struct rte_tcp_hdr))
		return false;
	if (likely(fast_is_ipv4(b->at + RTE_ETHER_HDR_LEN)))
		return fast_ipv4(b, RTE_ETHER_HDR_LEN, side, network, flags, f);
	if (fast_type(b, RTE_ETHER_HDR_LEN) == RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return fast_ipv6(b, RTE_ETHER_HDR_LEN, side, network, flags, f);
	return false;
}

/* packet_peek_tagged() for bytes. */
bool fast_peek_tagged(const struct packet_bytes *b, uint8_t side, uint32_t network,
		      uint32_t flags, struct packet_fast *f);

/* Fill seg for a fast-path frame: ack and flags unchanged from the header, no options. */
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

/*
 * Fill the timestamps of seg. Returns false when they are not at their usual place, or
 * missing; packet_finish() then finds them.
 */
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

/* fast_finish() for one family, so that most of it is constant. */
static __rte_always_inline void
fast_finish_family(const uint8_t *frame, const struct packet_fast *f, uint8_t side,
		   uint8_t family, struct packet *p)
{
	size_t l3_len = family == 4 ? sizeof(struct rte_ipv4_hdr)
				    : sizeof(struct rte_ipv6_hdr);
	uint32_t header = (uint32_t)fast_header(f->tcp);

	parse_tcp_segment(f->tcp, header, f->l4_len - header, &p->seg);
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
	p->l4_off = (uint16_t)((const uint8_t *)f->tcp - frame);
	p->l3_off = (uint16_t)(p->l4_off - l3_len);
	p->payload_off = (uint16_t)(p->l4_off + header);
	p->vlans = (uint8_t)((p->l3_off - RTE_ETHER_HDR_LEN) / RTE_VLAN_HLEN);
	p->l4_len = f->l4_len;
	p->ip_len = f->ip_len;
}

/* packet_finish() for a frame in memory; frame: its first byte. */
static inline void
fast_finish(const uint8_t *frame, const struct packet_fast *f, uint8_t side,
	    struct packet *p)
{
	if (f->family == 6) {
		p->key = f->key;
		fast_finish_family(frame, f, side, 6, p);
		return;
	}
	memcpy(&p->key, &f->key, KEY4_BYTES);
	memset((uint8_t *)&p->key + KEY4_BYTES, 0, sizeof(p->key) - KEY4_BYTES);
	fast_finish_family(frame, f, side, 4, p);
}

#endif
