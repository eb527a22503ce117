/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the parser share: the position in the frame, and the steps. Each step
 * returns the reason to drop the packet, or REASON_NONE.
 */
#ifndef PACKET_PARSE_H
#define PACKET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <packet/bytes.h>
#include <packet/checksum.h>
#include <packet/fast.h>

/* Protocol numbers that the netinet/in.h of some C libraries lacks. */
#define PROTO_HIP 139
#define PROTO_SHIM6 140

/* The data after the IP headers of a datagram that arrived in fragments. */
struct datagram {
	const struct packet_piece *pieces;
	unsigned n;
	uint32_t len;
	uint32_t at; /* offset of this data in the frame of the head */
};

struct parser {
	/* the frame; for a datagram, the frame of its head */
	const struct packet_bytes *bytes;
	struct datagram *datagram; /* NULL: the packet is completely in the frame */
	struct packet *p;
	uint32_t flags;
	/*
	 * End of the readable bytes, from the start of the frame: first the end of the
	 * frame, then that of the datagram, then, in a quotation, that of the quoted
	 * bytes.
	 */
	uint32_t end;
	/* offset of the final destination in a routing header; 0: there is none */
	uint32_t final_dst;
	bool quoted; /* the packet is quoted: do not check its lengths and checksums */
};

/* bytes_read() of bytes that are before the end of the readable ones. */
static inline struct span
parser_span(const struct parser *c, uint32_t off, uint32_t len, void *buf)
{
	if ((uint64_t)off + len > c->end)
		return (struct span){NULL, 0};
	return bytes_read(c->bytes, off, len, buf);
}

/* The same, when the length is known at compile time. */
static inline const void *
parser_read(const struct parser *c, uint32_t off, uint32_t len, void *buf)
{
	return parser_span(c, off, len, buf).at;
}

/*
 * Get the 16 bits at an offset, in host order. Returns false when they are not present.
 */
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

/*
 * Whether only a part of the datagram is present, so that checksums cannot be verified.
 */
static inline bool
parser_partial(const struct parser *c)
{
	return c->quoted || (c->p->fragment && c->datagram == NULL);
}

/* ethernet.c: parse the frame from its first byte on. */
enum reason parse_ethernet(struct parser *c);

/* ip.c: parse the header at p->l3_off and the rest. */
enum reason parse_ipv4(struct parser *c);
enum reason parse_ipv6(struct parser *c);

/* transport.c: parse the header at p->l4_off; the IP header gives it p->l4_len bytes. */
enum reason parse_transport(struct parser *c);

/* bytes.c: bytes_sum() over a datagram, from an offset in the frame of its head on. */
uint32_t checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len);

/*
 * Sum of the pseudo-header of TCP and UDP (RFC 9293 3.1, RFC 8200 8.1) for an ordered
 * key: the order of the addresses does not matter to a sum.
 */
static inline uint32_t
checksum_pseudo4(rte_be32_t src, rte_be32_t dst, uint8_t proto, uint32_t l4_len)
{
	return (src & 0xffff) + (src >> 16) + (dst & 0xffff) + (dst >> 16) +
	       rte_cpu_to_be_16((uint16_t)l4_len) + rte_cpu_to_be_16(proto);
}

/*
 * The hop limit that an ICMPv6 message which is not routed must have on arrival (RFC 4890
 * 4.3 and A.2); 0: the type is not one of these.
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
