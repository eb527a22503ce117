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

#include <packet/checksum.h>
#include <packet/packet.h>

/* Not in the netinet/in.h of every libc. */
#define PROTO_HIP 139
#define PROTO_SHIM6 140

/* What follows IP in a datagram that came in fragments. */
struct datagram {
	const struct packet_piece *pieces;
	unsigned n;
	uint32_t len;
	uint32_t at; /* where it starts in the frame of the head */
};

struct parser {
	const struct rte_mbuf *m;  /* of a datagram: its head */
	struct datagram *datagram; /* NULL: what there is is in m */
	struct packet *p;
	uint32_t flags;
	/*
	 * Past the last byte that may be read, from the start of the frame: the end of the
	 * frame, then that of the datagram, then, in a quotation, of what is quoted of it.
	 */
	uint32_t end;
	uint32_t
		final_dst; /* where the destination is that a routing header leads to, or 0 */
	bool quoted;       /* lengths and checksums in headers count for nothing */
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

/* Whether there is only a part of the datagram, so that checksums cannot be verified. */
static inline bool
parser_partial(const struct parser *c)
{
	return c->quoted || (c->p->fragment && c->datagram == NULL);
}

/* ip.c: the header at p->l3_off and what follows it. */
enum reason parse_ipv4(struct parser *c);
enum reason parse_ipv6(struct parser *c);

/* transport.c: the header at p->l4_off, of p->l4_len bytes by the IP header. */
enum reason parse_transport(struct parser *c);

/* checksum.c: as checksum_bytes(), over a chain of mbufs. */
uint32_t checksum_mbuf(const struct rte_mbuf *m, uint32_t off, uint32_t len);

/* Of len bytes at off of the head, wherever they are. */
uint32_t checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len);

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

/* ICMPv6 types of multicast listener discovery: RFC 2710, RFC 3810. */
static inline bool
is_mld(uint8_t type)
{
	return (type >= 130 && type <= 132) || type == 143;
}

#endif
