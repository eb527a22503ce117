/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the parser share: where it is in the frame, and the steps, each of
 * which returns why the packet has to be dropped, or REASON_NONE.
 */
#ifndef PACKET_PARSE_H
#define PACKET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
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
	 * Past the last byte that may be read, from the start of the frame: the end of
	 * the frame, then that of the datagram, then, in a quotation, of what is quoted
	 * of it.
	 */
	uint32_t end;
	uint32_t
		/* where the destination is that a routing header leads to, or 0 */
		final_dst;
	bool quoted; /* lengths and checksums in headers count for nothing */
};

/*
 * len bytes at an offset of the frame: in place, or copied to buf when they lie in
 * several segments. NULL when they are not there.
 */
static inline const void *
parser_read(const struct parser *c, uint32_t off, uint32_t len, void *buf)
{
	if (off + len > c->end)
		return NULL;
	return rte_pktmbuf_read(c->m, off, len, buf);
}

/* The 16 bits at an offset, in host order; false: they are not there. */
static inline bool
parser_u16(const struct parser *c, uint32_t off, uint16_t *value)
{
	uint8_t buf[sizeof(rte_be16_t)];
	const uint8_t *at = parser_read(c, off, sizeof(buf), buf);

	if (at == NULL)
		return false;
	*value = (uint16_t)(at[0] << 8 | at[1]);
	return true;
}

static inline bool
parser_is_vlan(uint16_t type)
{
	return type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ ||
	       type == RTE_ETHER_TYPE_QINQ1;
}

/* Whether there is only a part of the datagram, so that checksums cannot be verified. */
static inline bool
parser_partial(const struct parser *c)
{
	return c->quoted || (c->p->fragment && c->datagram == NULL);
}

/* ethernet.c: the frame from its first byte on. */
enum reason parse_ethernet(struct parser *c);

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
 * The pseudo-header of TCP and UDP (RFC 9293 3.1, RFC 8200 8.1) of an ordered key: the
 * sum does not care which address comes first.
 */
static inline uint32_t
checksum_pseudo4(rte_be32_t src, rte_be32_t dst, uint8_t proto, uint32_t l4_len)
{
	return (src & 0xffff) + (src >> 16) + (dst & 0xffff) + (dst >> 16) +
	       rte_cpu_to_be_16((uint16_t)l4_len) + rte_cpu_to_be_16(proto);
}

/*
 * The hop limit with which an ICMPv6 message of the link is sent, so that none has been
 * routed (RFC 4890 4.3 and A.2); 0: it is none of these.
 */
static inline uint8_t
link_hop_limit(uint8_t type)
{
	switch (type) {
	case 130: /* multicast listener discovery: RFC 2710, RFC 3810 */
	case 131:
	case 132:
	case 143:
	case 151: /* multicast router discovery: RFC 4286 */
	case 152:
	case 153:
		return 1;
	case 133: /* neighbour discovery: RFC 4861 */
	case 134:
	case 135:
	case 136:
	case 137:
	case 141: /* inverse neighbour discovery: RFC 3122 */
	case 142:
	case 148: /* certification paths of SEND: RFC 3971 */
	case 149:
		return 255;
	default:
		return 0;
	}
}

#endif
