/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the parser share: where it is in the frame, and the steps, each of
 * which returns why the packet has to be dropped, or REASON_NONE.
 */
#ifndef PACKET_PARSE_H
#define PACKET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include <packet/packet.h>

/* Not in the netinet/in.h of every libc. */
#define PROTO_UDPLITE 136
#define PROTO_HIP 139
#define PROTO_SHIM6 140

struct parser {
	const struct rte_mbuf *m;
	struct packet *p;
	uint32_t flags;
	/*
	 * Past the last byte that may be read, from the start of the frame: the end of the
	 * frame, then that of the datagram, then, in a quotation, of what is quoted of it.
	 */
	uint32_t end;
	uint32_t
		final_dst; /* where the destination is that a routing header leads to, or 0 */
	bool quoted; /* lengths may exceed what is there, checksums are not looked at */
};

/*
 * len bytes at an offset of the frame: in place, or copied to buf when they lie in several
 * segments. NULL when they are not there.
 */
static inline const void *
parser_read(const struct parser *c, uint32_t off, uint32_t len, void *buf)
{
	if (off + len > c->end)
		return NULL;
	return rte_pktmbuf_read(c->m, off, len, buf);
}

/* ip.c: the header at p->l3_off and what follows it. */
enum reason parse_ipv4(struct parser *c);
enum reason parse_ipv6(struct parser *c);

/* transport.c: the header at p->l4_off, of p->l4_len bytes by the IP header. */
enum reason parse_transport(struct parser *c);

/* The options of a TCP header, of len bytes. */
void parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg);

/* checksum.c: one's complement sums in memory order, folded to 16 bits. */
uint32_t checksum_bytes(const void *data, uint32_t len);
uint32_t checksum_mbuf(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/* Whether the parts of a checksummed datagram, the checksum included, sum to "right". */
static inline bool
checksum_right(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/*
 * The pseudo-header of TCP and UDP (RFC 9293 3.1, RFC 8200 8.1) of an ordered key: the sum
 * does not care which address comes first.
 */
static inline uint32_t
checksum_pseudo4(rte_be32_t src, rte_be32_t dst, uint8_t proto, uint32_t l4_len)
{
	return (src & 0xffff) + (src >> 16) + (dst & 0xffff) + (dst >> 16) +
	       rte_cpu_to_be_16((uint16_t)l4_len) + rte_cpu_to_be_16(proto);
}

/* A multicast or the limited broadcast address sends nothing (RFC 1122 3.2.1.3). */
static inline bool
source_refused4(rte_be32_t src)
{
	return (src & RTE_BE32(0xf0000000)) == RTE_BE32(0xe0000000) ||
	       src == RTE_BE32(0xffffffff);
}

/* ICMPv6 types of multicast listener discovery: RFC 2710, RFC 3810. */
static inline bool
is_mld(uint8_t type)
{
	return (type >= 130 && type <= 132) || type == 143;
}

/* Fill seg of a whole TCP header of header_len bytes with payload_len bytes behind it. */
static inline void
parse_tcp_segment(const struct rte_tcp_hdr *tcp, uint32_t header_len,
		  uint32_t payload_len, struct tcp_segment *seg)
{
	uint8_t flags = tcp->tcp_flags &
			(TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG);

	seg->seq = rte_be_to_cpu_32(tcp->sent_seq);
	seg->ack = (flags & TCP_ACK) ? rte_be_to_cpu_32(tcp->recv_ack) : 0;
	seg->len = payload_len;
	seg->tsval = 0;
	seg->tsecr = 0;
	seg->win = rte_be_to_cpu_16(tcp->rx_win);
	seg->flags = flags;
	seg->scale = TCP_NO_SCALE;
	seg->has_ts = false;
	seg->ecn = tcp->tcp_flags & 0xc0;
	if (header_len > sizeof(*tcp))
		parse_tcp_options((const uint8_t *)(tcp + 1),
				  header_len - (uint32_t)sizeof(*tcp), seg);
}

#endif
