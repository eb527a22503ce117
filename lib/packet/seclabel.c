/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The security label of a packet: IPv4's basic and extended security (RFC 1108) and
 * CIPSO, IPv6's CALIPSO (RFC 5570). What a label means is the hosts' affair; here it is
 * bytes, and a keyed hash of them is what is remembered.
 */
#include <netinet/in.h>

#include "parse.h"

#define IP_OPTION_END 0
#define IP_OPTION_NOP 1
#define IP_OPTION_SECURITY 130
#define IP_OPTION_EXTENDED_SECURITY 133
#define IP_OPTION_CIPSO 134

#define IP6_OPTION_PAD1 0
#define IP6_OPTION_CALIPSO 7

/* Hop-by-hop options: length in units of eight bytes, in one byte. */
#define MAX_OPTIONS_BYTES 2048u

static bool
is_single(uint8_t family, uint8_t type)
{
	return family == 4 ? type == IP_OPTION_NOP : type == IP6_OPTION_PAD1;
}

static bool
is_seclabel(uint8_t family, uint8_t type)
{
	if (family == 6)
		return type == IP6_OPTION_CALIPSO;
	return type == IP_OPTION_SECURITY || type == IP_OPTION_EXTENDED_SECURITY ||
	       type == IP_OPTION_CIPSO;
}

/*
 * Move the options that are labels to the front; returns their bytes. What follows a
 * malformed option no host reads.
 */
static size_t
gather(uint8_t family, uint8_t *options, size_t len)
{
	const size_t uncounted = family == 4 ? 0 : 2; /* type and length themselves */
	size_t at = 0, labels = 0, n;

	while (at < len && (family == 6 || options[at] != IP_OPTION_END)) {
		if (is_single(family, options[at])) {
			at++;
			continue;
		}
		if (len - at < 2)
			break;
		n = options[at + 1] + uncounted;
		if (n < 2 || n > len - at)
			break;
		if (is_seclabel(family, options[at])) {
			memmove(options + labels, options + at, n);
			labels += n;
		}
		at += n;
	}
	return labels;
}

/* Where the options are; returns how many bytes, 0: there are none. */
static uint32_t
find_options(const struct rte_mbuf *m, const struct packet *p, uint32_t *off)
{
	const struct rte_ipv6_hdr *ip;
	struct rte_ipv6_hdr buf;
	const uint8_t *head;
	uint8_t two[2];

	if (p->family == 4) {
		*off = p->l3_off + (uint32_t)sizeof(struct rte_ipv4_hdr);
		return p->l4_off - *off;
	}
	ip = rte_pktmbuf_read(m, p->l3_off, sizeof(*ip), &buf);
	*off = p->l3_off + (uint32_t)sizeof(*ip);
	if (ip == NULL || ip->proto != IPPROTO_HOPOPTS)
		return 0;
	head = rte_pktmbuf_read(m, *off, sizeof(two), two);
	if (head == NULL)
		return 0;
	*off += (uint32_t)sizeof(two);
	return (head[1] + 1u) * 8 - (uint32_t)sizeof(two);
}

uint32_t
packet_seclabel(const struct rte_mbuf *m, const struct packet *p, const uint8_t *secret)
{
	uint8_t options[MAX_OPTIONS_BYTES];
	uint32_t off, len = find_options(m, p, &off);
	const void *there;
	size_t labels;

	if (len == 0)
		return 0;
	there = rte_pktmbuf_read(m, off, len, options);
	if (there == NULL)
		return 0;
	if (there != options)
		memcpy(options, there, len);
	labels = gather(p->family, options, len);
	if (labels == 0)
		return 0;
	return (uint32_t)XXH3_64bits_withSecret(options, labels, secret,
						KEY_SECRET_BYTES) |
	       1;
}
