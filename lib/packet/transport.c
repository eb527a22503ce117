/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transport layer: TCP, UDP, UDP-Lite, ICMP, ICMPv6, and the ports of SCTP and DCCP.
 * Sets the ports or the identifier in the key, and the kind of the packet.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdalign.h>
#include <string.h>

#include <rte_icmp.h>
#include <rte_udp.h>

#include "parse.h"

#define ICMP_MIN_BYTES 4u  /* type, code and checksum: the common part of all messages */
#define ICMP6_NI_QUERY 139 /* RFC 4620 */
#define ICMP6_NI_REPLY 140
#define QUOTED_MIN_BYTES 8u /* RFC 792: the first 64 bits, ports and sequence number */

#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_SCALE 3
#define TCP_OPTION_TIMESTAMPS 8
#define TCP_OPTION_MD5 19 /* RFC 2385: 16 bytes */
#define TCP_OPTION_AO 29  /* RFC 5925: key ids, 2 bytes, and the MAC */

/* The reason to drop a packet whose transport header is missing or truncated. */
static enum reason
short_header(const struct parser *c)
{
	return c->p->fragment ? REASON_IP_FRAGMENT_TINY : REASON_L4_SHORT;
}

static uint32_t
read_u32(const uint8_t *at)
{
	rte_be32_t value;

	memcpy(&value, at, sizeof(value));
	return rte_be_to_cpu_32(value);
}

static void
parse_timestamps(const uint8_t *value, struct tcp_segment *seg)
{
	seg->tsval = read_u32(value);
	seg->tsecr = read_u32(value + 4);
	seg->has_ts = true;
}

void
parse_tcp_options(const uint8_t *option, uint32_t len, struct tcp_segment *seg)
{
	uint32_t i, end; /* offsets of an option and of the next one */

	if (len == 12 && read_u32(option) == FAST_TIMESTAMPS) {
		parse_timestamps(option + 4, seg);
		return;
	}
	for (i = 0; i < len && option[i] != TCP_OPTION_END; i = end) {
		if (option[i] == TCP_OPTION_NOP) {
			end = i + 1;
			continue;
		}
		if (i + 1 >= len)
			return;
		end = i + option[i + 1];
		if (end < i + 2 || end > len)
			return;
		if (option[i] == TCP_OPTION_TIMESTAMPS && end == i + 10 && !seg->has_ts)
			parse_timestamps(option + i + 2, seg);
		else if (option[i] == TCP_OPTION_SCALE && end == i + 3 &&
			 (seg->flags & TCP_SYN) && seg->scale == TCP_NO_SCALE)
			seg->scale = RTE_MIN(option[i + 2], TCP_MAX_SCALE);
		else if ((option[i] == TCP_OPTION_MD5 && end == i + 18) ||
			 (option[i] == TCP_OPTION_AO && end >= i + 4))
			seg->is_signed = true;
	}
}

static uint32_t
pseudo_header(const struct parser *c, uint32_t len)
{
	const struct packet *p = c->p;
	const uint8_t(*addr)[16] = p->key.addr.v6;
	uint32_t sum;

	if (p->family == 4)
		return checksum_pseudo4(p->key.addr.v4[0], p->key.addr.v4[1], p->proto,
					len);
	sum = rte_cpu_to_be_16((uint16_t)len) + rte_cpu_to_be_16(p->proto);
	if (c->final_dst == 0)
		return sum + checksum_bytes(addr, 2 * sizeof(*addr));
	return sum + checksum_bytes(addr[p->side], sizeof(*addr)) +
	       bytes_sum(c->bytes, c->final_dst, sizeof(*addr));
}

/*
 * Whether the checksum of a transport header is right. It covers len bytes and a
 * pseudo-header that states pseudo_len, or no pseudo-header when that is 0.
 */
static bool
verified(const struct parser *c, uint32_t covered, uint32_t pseudo_len)
{
	uint64_t state = c->bytes->checksums & PACKET_SUM_L4_MASK;
	uint32_t sum;

	/* for a datagram in fragments, no device has checked it */
	if (c->datagram != NULL)
		state = 0;
	if (parser_partial(c) || state == PACKET_SUM_L4_GOOD)
		return true;
	if (state == PACKET_SUM_L4_BAD)
		return false;
	if (!(c->flags & PACKET_VERIFY_L4))
		return true;
	sum = c->datagram != NULL ? checksum_datagram(c->datagram, c->p->l4_off, covered)
				  : bytes_sum(c->bytes, c->p->l4_off, covered);
	return checksum_right(pseudo_len > 0 ? sum + pseudo_header(c, pseudo_len) : sum);
}

static void
set_ports(struct packet *p, rte_be16_t src, rte_be16_t dst)
{
	p->key.id.port[p->side] = src;
	p->key.id.port[p->side ^ 1] = dst;
}

/*
 * Parse a quoted segment: as much of its header as is present, at least the first 64
 * bits.
 */
static enum reason
parse_quoted_tcp(struct parser *c)
{
	alignas(4) uint8_t buf[60];
	struct packet *p = c->p;
	const struct rte_tcp_hdr *tcp = parser_read(c, p->l4_off, QUOTED_MIN_BYTES, buf);
	struct span span;
	uint32_t header;

	if (tcp == NULL)
		return short_header(c);
	p->kind = PACKET_TCP;
	set_ports(p, tcp->src_port, tcp->dst_port);
	p->seg.seq = rte_be_to_cpu_32(tcp->sent_seq);
	p->payload_off = (uint16_t)(p->l4_off + QUOTED_MIN_BYTES);
	if (p->l4_len < sizeof(*tcp))
		return REASON_NONE;
	tcp = parser_read(c, p->l4_off, sizeof(*tcp), buf);
	if (tcp == NULL)
		return short_header(c);
	header = (uint32_t)(tcp->data_off >> 4) * 4;
	if (header < sizeof(*tcp))
		return REASON_NONE;
	if (header > p->l4_len) /* truncated within the options */
		header = sizeof(*tcp);
	span = parser_span(c, p->l4_off, header, buf);
	if (span.at == NULL)
		return short_header(c);
	parse_tcp_segment(span.at, span.len, p->l4_len - header, &p->seg);
	p->payload_off = (uint16_t)(p->l4_off + header);
	return REASON_NONE;
}

static enum reason
parse_tcp(struct parser *c)
{
	alignas(4) uint8_t buf[60];
	struct packet *p = c->p;
	const struct rte_tcp_hdr *tcp;
	struct span span;
	uint32_t header;

	if (c->quoted)
		return parse_quoted_tcp(c);
	tcp = parser_read(c, p->l4_off, sizeof(*tcp), buf);
	if (tcp == NULL)
		return short_header(c);
	header = (uint32_t)(tcp->data_off >> 4) * 4;
	if (header < sizeof(*tcp))
		return REASON_TCP_OFFSET;
	span = parser_span(c, p->l4_off, header, buf);
	tcp = span.at;
	if (tcp == NULL)
		return p->fragment ? REASON_IP_FRAGMENT_TINY : REASON_TCP_OFFSET;
	if (!verified(c, p->l4_len, p->l4_len))
		return REASON_L4_CHECKSUM;
	p->kind = PACKET_TCP;
	set_ports(p, tcp->src_port, tcp->dst_port);
	parse_tcp_segment(tcp, span.len, p->l4_len - header, &p->seg);
	p->payload_off = (uint16_t)(p->l4_off + header);
	return REASON_NONE;
}

/*
 * Whether a UDP packet has no checksum: the field is 0. RFC 768 allows that, and RFC 6935
 * over IPv6 for tunnels, which is for the receiver to decide. This is tested first, since
 * some devices report such a packet as bad.
 */
static bool
udp_verified(const struct parser *c, const struct rte_udp_hdr *udp, uint32_t len)
{
	struct packet *p = c->p;
	bool none = udp->dgram_cksum == 0;

	if (none && p->proto == IPPROTO_UDP)
		return true;
	if (none && (c->flags & PACKET_VERIFY_L4) && !parser_partial(c))
		return false;
	/*
	 * RFC 3828 3.1: UDP-Lite has no length of its own, so the pseudo-header has IP's.
	 */
	return verified(c, len, p->proto == IPPROTO_UDP ? len : p->l4_len);
}

/*
 * Parse UDP, whose length field is that of the datagram, or UDP-Lite, whose field is the
 * length that the checksum covers.
 */
static enum reason
parse_udp(struct parser *c)
{
	alignas(4) uint8_t buf[sizeof(struct rte_udp_hdr)];
	struct packet *p = c->p;
	const struct rte_udp_hdr *udp = parser_read(c, p->l4_off, sizeof(*udp), buf);
	uint32_t len;

	if (udp == NULL)
		return short_header(c);
	len = rte_be_to_cpu_16(udp->dgram_len);
	if (p->proto == PROTO_UDPLITE && len == 0)
		len = p->l4_len;
	/* the length is that of the whole datagram, so it exceeds a fragment */
	if (!c->quoted && (len < sizeof(*udp) ||
			   (len > p->l4_len && (!p->fragment || c->datagram != NULL))))
		return REASON_L4_LENGTH;
	if (!udp_verified(c, udp, len))
		return REASON_L4_CHECKSUM;
	p->kind = PACKET_UDP;
	set_ports(p, udp->src_port, udp->dst_port);
	p->payload_off = (uint16_t)(p->l4_off + sizeof(*udp));
	return REASON_NONE;
}

/* The type of the request that a query or reply belongs to; -1: it is neither. */
static int
query_type4(uint8_t type)
{
	switch (type) {
	case ICMP_ECHO:
	case ICMP_ECHOREPLY:
		return ICMP_ECHO;
	case ICMP_TIMESTAMP:
	case ICMP_TIMESTAMPREPLY:
		return ICMP_TIMESTAMP;
	case ICMP_INFO_REQUEST:
	case ICMP_INFO_REPLY:
		return ICMP_INFO_REQUEST;
	case ICMP_ADDRESS:
	case ICMP_ADDRESSREPLY:
		return ICMP_ADDRESS;
	default:
		return -1;
	}
}

static int
query_type6(uint8_t type)
{
	switch (type) {
	case ICMP6_ECHO_REQUEST:
	case ICMP6_ECHO_REPLY:
		return ICMP6_ECHO_REQUEST;
	case ICMP6_NI_QUERY:
	case ICMP6_NI_REPLY:
		return ICMP6_NI_QUERY;
	default:
		return -1;
	}
}

static enum packet_kind
icmp_kind(uint8_t family, uint8_t type)
{
	if (family == 6) {
		if (type >= ICMP6_DST_UNREACH && type <= ICMP6_PARAM_PROB)
			return PACKET_ICMP_ERROR;
		if (link_hop_limit(type) != 0)
			return PACKET_ND;
		return query_type6(type) >= 0 ? PACKET_ICMP_QUERY : PACKET_OTHER;
	}
	switch (type) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		return PACKET_ICMP_ERROR;
	default:
		return query_type4(type) >= 0 ? PACKET_ICMP_QUERY : PACKET_OTHER;
	}
}

static enum reason
parse_icmp(struct parser *c)
{
	alignas(4) uint8_t buf[sizeof(struct rte_icmp_hdr)];
	struct packet *p = c->p;
	const struct rte_icmp_hdr *icmp = parser_read(c, p->l4_off, ICMP_MIN_BYTES, buf);
	enum packet_kind kind;
	int request;

	if (icmp == NULL)
		return short_header(c);
	p->icmp_type = icmp->icmp_type;
	p->icmp_code = icmp->icmp_code;
	kind = icmp_kind(p->family, p->icmp_type);
	icmp = parser_read(c, p->l4_off, sizeof(*icmp), buf);
	if (icmp == NULL && (kind != PACKET_OTHER || c->quoted))
		return short_header(c);
	if (!verified(c, p->l4_len, p->family == 6 ? p->l4_len : 0))
		return REASON_L4_CHECKSUM;
	p->kind = kind;
	p->payload_off = (uint16_t)RTE_MIN(p->l4_off + (uint32_t)sizeof(*icmp), c->end);
	if (kind != PACKET_ICMP_QUERY)
		return REASON_NONE;
	request = p->family == 6 ? query_type6(p->icmp_type) : query_type4(p->icmp_type);
	p->icmp_reply = p->icmp_type != request;
	p->key.id.port[0] = icmp->icmp_ident;
	p->key.id.port[1] = rte_cpu_to_be_16((uint16_t)request);
	return REASON_NONE;
}

/* Parse SCTP and DCCP, whose headers begin with the ports and have at least 12 bytes. */
static enum reason
parse_ports(struct parser *c)
{
	alignas(4) uint8_t buf[12];
	struct packet *p = c->p;
	const rte_be16_t *port = parser_read(c, p->l4_off,
					     c->quoted ? QUOTED_MIN_BYTES : sizeof(buf),
					     buf);
	rte_be16_t copy[2];

	if (port == NULL)
		return short_header(c);
	if (!c->quoted && !p->fragment &&
	    (c->bytes->checksums & PACKET_SUM_L4_MASK) == PACKET_SUM_L4_BAD)
		return REASON_L4_CHECKSUM;
	memcpy(copy, port, sizeof(copy));
	p->kind = PACKET_OTHER;
	set_ports(p, copy[0], copy[1]);
	return REASON_NONE;
}

enum reason
parse_transport(struct parser *c)
{
	struct packet *p = c->p;

	flow_id_set_proto(&p->key.id, p->proto);
	p->payload_off = p->l4_off;
	switch (p->proto) {
	case IPPROTO_TCP:
		return parse_tcp(c);
	case IPPROTO_UDP:
	case PROTO_UDPLITE:
		return parse_udp(c);
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return parse_ports(c);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if ((p->proto == IPPROTO_ICMP) == (p->family == 4))
			return parse_icmp(c);
		break;
	default:
		break;
	}
	p->kind = PACKET_OTHER;
	return REASON_NONE;
}
