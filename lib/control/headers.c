/* SPDX-License-Identifier: BSD-3-Clause */
#include "headers.h"

#include <netinet/in.h>
#include <string.h>

#include <control/view.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define TYPE_PPPOE 0x8864
#define PPP_IPV4 0x0021
#define PPP_IPV6 0x0057

#define MACS_BYTES 12u
#define EXTENSIONS_MAX 8u /* largest number of IPv6 extension headers to follow */

/*
 * The bytes that remain to be read. When too few are left, take() returns NULL and sets
 * `left` to 0.
 */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static const uint8_t *
take(struct bytes *b, size_t n)
{
	const uint8_t *at = b->at;

	if (b->left < n) {
		b->left = 0;
		return NULL;
	}
	b->at += n;
	b->left -= n;
	return at;
}

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/*
 * Read the Ethernet header and its tags. Returns the EtherType after them; 0: truncated.
 */
static uint16_t
read_ethernet(struct bytes *b, struct headers *h)
{
	const uint8_t *p = take(b, MACS_BYTES + 2);
	uint16_t type = p != NULL ? be16(p + MACS_BYTES) : 0;

	while ((type == TYPE_VLAN || type == TYPE_QINQ) && h->vlans < HEADERS_VLANS) {
		p = take(b, 4);
		if (p == NULL)
			return 0;
		h->vid[h->vlans++] = be16(p) & 0xfff;
		type = be16(p + 2);
	}
	if (type != TYPE_PPPOE)
		return type;
	p = take(b, 8);
	if (p != NULL && be16(p + 6) == PPP_IPV4)
		return TYPE_IPV4;
	return p != NULL && be16(p + 6) == PPP_IPV6 ? TYPE_IPV6 : type;
}

/*
 * Read the IP header. Returns whether a transport header follows; *l4_bytes is the length
 * of that and its data.
 */
static bool
read_ipv4(struct bytes *b, struct headers *h, uint32_t *l4_bytes)
{
	const uint8_t *p = take(b, 20);
	unsigned header;

	if (p == NULL || p[0] >> 4 != 4)
		return false;
	header = (p[0] & 0xfu) * 4u;
	h->family = 4;
	h->ip_bytes = be16(p + 2);
	h->fragment_offset = (uint16_t)((be16(p + 6) & 0x1fff) * 8);
	h->is_fragment = (be16(p + 6) & 0x3fff) != 0;
	h->ttl = p[8];
	h->proto = p[9];
	memcpy(h->src, p + 12, 4);
	memcpy(h->dst, p + 16, 4);
	if (header < 20 || take(b, header - 20) == NULL)
		return false;
	*l4_bytes = h->ip_bytes > header ? h->ip_bytes - header : 0;
	return h->fragment_offset == 0;
}

static bool
is_extension(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
	       proto == IPPROTO_DSTOPTS || proto == IPPROTO_FRAGMENT;
}

static bool
read_ipv6(struct bytes *b, struct headers *h, uint32_t *l4_bytes)
{
	const uint8_t *p = take(b, 40);
	uint32_t bytes, read = 0;
	unsigned i;

	if (p == NULL || p[0] >> 4 != 6)
		return false;
	h->family = 6;
	h->ip_bytes = 40u + be16(p + 4);
	h->proto = p[6];
	h->ttl = p[7];
	memcpy(h->src, p + 8, 16);
	memcpy(h->dst, p + 24, 16);
	for (i = 0; is_extension(h->proto) && i < EXTENSIONS_MAX; i++) {
		p = take(b, 8);
		if (p == NULL)
			return false;
		bytes = h->proto == IPPROTO_FRAGMENT ? 8 : 8u + 8u * p[1];
		if (h->proto == IPPROTO_FRAGMENT) {
			h->is_fragment = true;
			h->fragment_offset = be16(p + 2) & 0xfff8;
		}
		h->proto = p[0];
		read += bytes;
		if (take(b, bytes - 8) == NULL)
			return false;
	}
	*l4_bytes = h->ip_bytes > 40 + read ? h->ip_bytes - 40 - read : 0;
	return h->fragment_offset == 0;
}

static void
read_tcp(struct bytes *b, struct headers *h, uint32_t l4_bytes)
{
	const uint8_t *p = take(b, 12); /* the header after the ports */
	uint32_t header;

	if (p == NULL)
		return;
	h->has_tcp = true;
	h->seq = be32(p);
	h->ack = be32(p + 4);
	header = (p[8] >> 4) * 4u;
	h->tcp_flags = p[9];
	h->window = be16(p + 10);
	h->payload = l4_bytes > header ? l4_bytes - header : 0;
}

static void
read_transport(struct bytes *b, struct headers *h, uint32_t l4_bytes)
{
	const uint8_t *p;

	if (view_has_ports(h->proto)) {
		p = take(b, 4);
		if (p == NULL)
			return;
		h->has_ports = true;
		h->sport = be16(p);
		h->dport = be16(p + 2);
		if (h->proto == IPPROTO_TCP)
			read_tcp(b, h, l4_bytes);
	} else if (h->proto == IPPROTO_ICMP || h->proto == IPPROTO_ICMPV6) {
		p = take(b, 6);
		if (p == NULL)
			return;
		h->has_icmp = true;
		h->icmp_type = p[0];
		h->icmp_code = p[1];
		h->icmp_id = be16(p + 4);
	}
}

void
headers_read(const uint8_t *frame, size_t bytes, struct headers *h)
{
	struct bytes b = {frame, bytes};
	uint32_t l4_bytes = 0;
	bool more = false;

	memset(h, 0, sizeof(*h));
	h->ether_type = read_ethernet(&b, h);
	h->l3 = (uint16_t)(b.at - frame);
	if (h->ether_type == TYPE_IPV4)
		more = read_ipv4(&b, h, &l4_bytes);
	else if (h->ether_type == TYPE_IPV6)
		more = read_ipv6(&b, h, &l4_bytes);
	if (!more)
		return;
	h->l4 = (uint16_t)(b.at - frame);
	read_transport(&b, h, l4_bytes);
}

void
headers_flags(uint8_t tcp_flags, char text[HEADERS_FLAGS_BYTES])
{
	/* in the order of the bits, from the lowest one */
	static const char letters[] = "FSRPAUEC";
	unsigned i;

	for (i = 0; letters[i] != '\0'; i++)
		if (tcp_flags & 1u << i)
			*text++ = letters[i];
	if (tcp_flags == 0)
		*text++ = '-';
	*text = '\0';
}
