/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network layer: IPv4 with its options, IPv6 with its extension headers. Sets the
 * addresses in the key, and the offset and length of the transport header in the packet.
 */
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>

#include "parse.h"

#define MAX_EXTENSIONS 8
#define MAX_EXTENSION_BYTES 256u

#define MAX_DATAGRAM_BYTES 65535u

#define IPV6_FRAGMENT_BYTES 8u
#define IPV6_FRAGMENT_OFFSET 0xfff8u
#define IPV6_FRAGMENT_MORE 0x0001u

#define ROUTING_MOBILE 2  /* RFC 6275 6.4 */
#define ROUTING_SEGMENT 4 /* RFC 8754 */

/* State of the walk over a packet's extension headers. */
struct extensions {
	uint32_t off; /* offset of header `next` from the start of the frame */
	/* number of bytes from there to the end of the datagram, from its length */
	uint32_t left;
	uint32_t start; /* offset of the first extension header */
	uint8_t next;
	bool fragmented; /* a fragment header was met */
	/* valid for one of several fragments, which have len set */
	struct packet_fragment frag;
};

/*
 * Whether an address cannot be a source: multicast or limited broadcast (RFC 1122
 * 3.2.1.3).
 */
static bool
source_refused4(rte_be32_t src)
{
	return (src & RTE_BE32(0xf0000000)) == RTE_BE32(0xe0000000) ||
	       src == RTE_BE32(0xffffffff);
}

/*
 * Set the end of the datagram to len bytes after off. Returns false when the frame ends
 * before.
 */
static bool
limit(struct parser *c, uint32_t off, uint32_t len)
{
	if (len > c->end - off)
		return false;
	c->end = off + len;
	return true;
}

/*
 * Length of a packet that begins at off: from its header, or, for a quoted packet, the
 * number of bytes present. A router may have changed the length in the header that it
 * quotes, or have written it in the wrong byte order (RFC 1122 3.2.2; by RFC 4443 2.4 a
 * quotation has as many bytes as fit).
 */
static uint32_t
length_from(const struct parser *c, uint32_t off, rte_be16_t said)
{
	return c->quoted ? c->end - off : rte_be_to_cpu_16(said);
}

static enum reason
check_ipv4(struct parser *c, struct span ip)
{
	uint64_t state = c->bytes->checksums & PACKET_SUM_IP_MASK;

	if (c->quoted || state == PACKET_SUM_IP_GOOD)
		return REASON_NONE;
	if (state == PACKET_SUM_IP_BAD)
		return REASON_IP_CHECKSUM;
	/*
	 * Also when the device reports no checksum: the device may vouch for the packet,
	 * but if the bytes are wrong, we would send wrong bytes.
	 */
	if ((c->flags & PACKET_VERIFY_IP) &&
	    !checksum_right(checksum_bytes(ip.at, ip.len)))
		return REASON_IP_CHECKSUM;
	return REASON_NONE;
}

/* Finish a fragment, after the headers of a first one have been checked. */
static enum reason
parse_fragment(struct packet *p, const struct packet_fragment *frag)
{
	p->kind = PACKET_FRAGMENT;
	p->frag = *frag;
	if (frag->len == 0 || (frag->more && frag->len % 8 != 0) ||
	    (uint32_t)frag->off + frag->len > MAX_DATAGRAM_BYTES)
		return REASON_IP_FRAGMENT;
	return REASON_NONE;
}

/* Parse the transport header after the IPv4 header, unless this is a later fragment. */
static void
transport_is(struct packet *p, uint32_t off, uint32_t len)
{
	p->l4_off = (uint16_t)off;
	p->l4_len = len;
	p->ip_len = off + len - p->l3_off;
}

static enum reason
parse_payload4(struct parser *c, uint16_t id, uint16_t fragment)
{
	struct packet *p = c->p;
	struct packet_fragment frag = {
		.id = id,
		.at = p->l4_off,
		.off = (uint16_t)((fragment & RTE_IPV4_HDR_OFFSET_MASK) * 8),
		.len = (uint16_t)p->l4_len,
		.more = (fragment & RTE_IPV4_HDR_MF_FLAG) != 0,
	};
	enum reason reason = REASON_NONE;

	p->fragment = frag.more || frag.off != 0;
	if (c->quoted && frag.off != 0)
		return REASON_IP_FRAGMENT;
	if (c->datagram != NULL) {
		c->datagram->at = p->l4_off;
		transport_is(p, p->l4_off, c->datagram->len);
		if (p->ip_len > MAX_DATAGRAM_BYTES)
			return REASON_IP_FRAGMENT;
	}
	if (frag.off == 0)
		reason = parse_transport(c);
	if (reason != REASON_NONE || !p->fragment || !parser_partial(c) || c->quoted)
		return reason;
	return parse_fragment(p, &frag);
}

enum reason
parse_ipv4(struct parser *c)
{
	alignas(4) uint8_t buf[60];
	struct packet *p = c->p;
	const struct rte_ipv4_hdr *ip;
	uint32_t header, total;
	enum reason reason;
	struct span span;

	ip = parser_read(c, p->l3_off, sizeof(*ip), buf);
	if (ip == NULL || ip->version_ihl >> 4 != 4)
		return REASON_IP_HEADER;
	header = rte_ipv4_hdr_len(ip);
	if (header < sizeof(*ip))
		return REASON_IP_HEADER;
	span = parser_span(c, p->l3_off, header, buf);
	if (span.at == NULL)
		return REASON_IP_HEADER;
	ip = span.at;
	total = length_from(c, p->l3_off, ip->total_length);
	if (total < header || !limit(c, p->l3_off, total))
		return REASON_IP_LENGTH;
	reason = check_ipv4(c, span);
	if (reason != REASON_NONE)
		return reason;
	if (source_refused4(ip->src_addr))
		return REASON_IP_SOURCE;
	p->family = 4;
	p->proto = ip->next_proto_id;
	p->key.addr.v4[p->side] = ip->src_addr;
	p->key.addr.v4[p->side ^ 1] = ip->dst_addr;
	transport_is(p, p->l3_off + header, total - header);
	return parse_payload4(c, rte_be_to_cpu_16(ip->packet_id),
			      rte_be_to_cpu_16(ip->fragment_offset));
}

static bool
is_extension(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_AH:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

/*
 * When a routing header has segments left, the transport checksum covers the final
 * destination (RFC 8200 8.1), which these types store as the first address. Type 0 is
 * deprecated (RFC 5095), and the format of other types is not known.
 */
static enum reason
parse_routing(struct parser *c, uint32_t off, uint32_t len, const uint8_t *head)
{
	if (head[3] == 0)
		return REASON_NONE;
	if ((head[2] != ROUTING_MOBILE && head[2] != ROUTING_SEGMENT) || len < 8 + 16)
		return REASON_IP_EXTENSIONS;
	c->final_dst = off + 8;
	return REASON_NONE;
}

static enum reason
parse_fragment_header(struct parser *c, struct extensions *x, const uint8_t *head)
{
	uint16_t field = (uint16_t)(head[2] << 8 | head[3]);
	uint32_t after = x->off + IPV6_FRAGMENT_BYTES,
		 len = x->left - IPV6_FRAGMENT_BYTES;

	if (x->fragmented)
		return REASON_IP_EXTENSIONS;
	x->fragmented = true;
	/*
	 * offset 0 and no further fragments: an atomic fragment, RFC 6946, which is
	 * complete
	 */
	if ((field & (IPV6_FRAGMENT_OFFSET | IPV6_FRAGMENT_MORE)) == 0)
		return REASON_NONE;
	c->p->fragment = true;
	if (c->datagram != NULL) {
		c->datagram->at = after;
		x->left = IPV6_FRAGMENT_BYTES + c->datagram->len;
		return x->off - x->start + c->datagram->len > MAX_DATAGRAM_BYTES
			       ? REASON_IP_FRAGMENT
			       : REASON_NONE;
	}
	x->frag = (struct packet_fragment){
		.id = (uint32_t)head[4] << 24 | (uint32_t)head[5] << 16 |
		      (uint32_t)head[6] << 8 | head[7],
		.at = (uint16_t)after,
		.off = field & IPV6_FRAGMENT_OFFSET,
		.len = (uint16_t)len,
		.more = field & IPV6_FRAGMENT_MORE,
	};
	return c->quoted && x->frag.off != 0 ? REASON_IP_FRAGMENT : REASON_NONE;
}

static uint32_t
extension_bytes(uint8_t proto, const uint8_t *head)
{
	switch (proto) {
	case IPPROTO_FRAGMENT:
		return IPV6_FRAGMENT_BYTES;
	case IPPROTO_AH:
		return (head[1] + 2u) * 4;
	default:
		return (head[1] + 1u) * 8;
	}
}

/* Parse the extension header x->next, and go on to the one after it. */
static enum reason
parse_extension(struct parser *c, struct extensions *x)
{
	alignas(4) uint8_t buf[8];
	const uint8_t *head = x->left < sizeof(buf)
				      ? NULL
				      : parser_read(c, x->off, sizeof(buf), buf);
	enum reason reason = REASON_NONE;
	uint32_t len;

	/* RFC 7112: the first fragment holds all headers. */
	if (head == NULL)
		return c->p->fragment ? REASON_IP_FRAGMENT_TINY : REASON_IP_EXTENSIONS;
	len = extension_bytes(x->next, head);
	if (x->next == IPPROTO_FRAGMENT)
		reason = parse_fragment_header(c, x, head);
	else if (len > x->left)
		reason = c->p->fragment ? REASON_IP_FRAGMENT_TINY : REASON_IP_EXTENSIONS;
	else if (x->next == IPPROTO_ROUTING)
		reason = parse_routing(c, x->off, len, head);
	x->next = head[0];
	x->off += len;
	x->left -= len;
	if (reason == REASON_NONE && c->p->fragment && !c->quoted && x->off > c->end)
		return REASON_IP_FRAGMENT_TINY;
	return reason;
}

static enum reason
parse_extensions(struct parser *c, struct extensions *x)
{
	unsigned int n;

	for (n = 0; is_extension(x->next) && x->frag.off == 0; n++) {
		enum reason reason;

		/* RFC 8200 4.1: hop-by-hop options come first or not at all. */
		if (n == MAX_EXTENSIONS || (n > 0 && x->next == IPPROTO_HOPOPTS))
			return REASON_IP_EXTENSIONS;
		reason = parse_extension(c, x);
		if (reason != REASON_NONE)
			return reason;
		if (x->off - x->start > MAX_EXTENSION_BYTES)
			return REASON_IP_EXTENSIONS;
	}
	return REASON_NONE;
}

enum reason
parse_ipv6(struct parser *c)
{
	alignas(4) uint8_t buf[sizeof(struct rte_ipv6_hdr)];
	struct packet *p = c->p;
	const uint8_t *src = p->key.addr.v6[p->side];
	const struct rte_ipv6_hdr *ip = parser_read(c, p->l3_off, sizeof(*ip), buf);
	struct extensions x;
	enum reason reason;

	if (ip == NULL || (rte_be_to_cpu_32(ip->vtc_flow) >> 28) != 6)
		return REASON_IP_HEADER;
	x = (struct extensions){
		.off = p->l3_off + (uint32_t)sizeof(*ip),
		.start = p->l3_off + (uint32_t)sizeof(*ip),
		.next = ip->proto,
	};
	x.left = length_from(c, x.off, ip->payload_len);
	/*
	 * Length 0 with hop-by-hop options is a jumbogram (RFC 2675), beyond any frame.
	 */
	if (!limit(c, x.off, x.left) ||
	    (x.left == 0 && x.next == IPPROTO_HOPOPTS && !c->quoted))
		return REASON_IP_LENGTH;
	memcpy(p->key.addr.v6[p->side], &ip->src_addr, 16);
	memcpy(p->key.addr.v6[p->side ^ 1], &ip->dst_addr, 16);
	p->family = 6;
	if (src[0] == 0xff)
		return REASON_IP_SOURCE;
	reason = parse_extensions(c, &x);
	if (reason != REASON_NONE)
		return reason;
	p->proto = x.next;
	transport_is(p, x.off, x.left);
	if (x.frag.off == 0)
		reason = parse_transport(c);
	/*
	 * Neighbour discovery must not have been routed or fragmented (RFC 6980). Other
	 * packets of these types are left to the rules.
	 */
	if (p->kind == PACKET_ND &&
	    (ip->hop_limits != link_hop_limit(p->icmp_type) || x.fragmented))
		p->kind = PACKET_OTHER;
	if (reason != REASON_NONE || !p->fragment || !parser_partial(c) || c->quoted)
		return reason;
	return parse_fragment(p, &x.frag);
}
