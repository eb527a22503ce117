/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The security label of a packet: basic and extended security (RFC 1108) and CIPSO in
 * IPv4, CALIPSO (RFC 5570) in IPv6. The meaning of labels is left to the hosts; here
 * labels are bytes that are compared by a keyed hash.
 */
#include <netinet/in.h>

#include <packet/hash.h>

#include "parse.h"

#define IP_OPTION_END 0
#define IP_OPTION_NOP 1
#define IP_OPTION_SECURITY 130
#define IP_OPTION_EXTENDED_SECURITY 133
#define IP_OPTION_CIPSO 134

#define IP6_OPTION_PAD1 0
#define IP6_OPTION_CALIPSO 7

/*
 * Largest size of hop-by-hop options, whose length field is one byte in units of eight
 * bytes.
 */
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
 * Return the length in bytes of the option at an offset below len, type and length
 * included; 0: it is the end of the options, or it is malformed.
 */
static size_t
option_bytes(uint8_t family, const uint8_t *options, size_t at, size_t len)
{
	/* bytes that the option's length does not include */
	const size_t uncounted = family == 4 ? 0 : 2;
	size_t n;

	if (is_single(family, options[at]))
		return 1;
	if ((family == 4 && options[at] == IP_OPTION_END) || len - at < 2)
		return 0;
	n = options[at + 1] + uncounted;
	return n < 2 || n > len - at ? 0 : n;
}

/*
 * Move the options that are labels to the front. Returns their length in bytes. Options
 * after a malformed one are ignored, since no host reads them.
 */
static size_t
gather(uint8_t family, uint8_t *options, size_t len)
{
	size_t at, labels = 0, rest = 0; /* rest: bytes that the option still has */
	bool label = false;

	for (at = 0; at < len; at++) {
		if (rest == 0) {
			rest = option_bytes(family, options, at, len);
			if (rest == 0)
				break;
			label = is_seclabel(family, options[at]);
		}
		if (label)
			options[labels++] = options[at];
		rest--;
	}
	/* always true; the proof cannot derive it from the loop */
	return labels <= len ? labels : 0;
}

/* Get the offset of the options. Returns their length in bytes; 0: there are none. */
static uint32_t
find_options(const struct packet_bytes *b, const struct packet *p, uint32_t *off)
{
	const struct rte_ipv6_hdr *ip;
	struct rte_ipv6_hdr buf;
	const uint8_t *head;
	uint8_t two[2];

	if (p->family == 4) {
		*off = p->l3_off + (uint32_t)sizeof(struct rte_ipv4_hdr);
		return p->l4_off - *off;
	}
	ip = bytes_read(b, p->l3_off, sizeof(*ip), &buf).at;
	*off = p->l3_off + (uint32_t)sizeof(*ip);
	if (ip == NULL || ip->proto != IPPROTO_HOPOPTS)
		return 0;
	head = bytes_read(b, *off, sizeof(two), two).at;
	if (head == NULL)
		return 0;
	*off += (uint32_t)sizeof(two);
	return (head[1] + 1u) * 8 - (uint32_t)sizeof(two);
}

uint32_t
bytes_seclabel(const struct packet_bytes *b, const struct packet *p,
	       const uint8_t *secret)
{
	uint8_t options[MAX_OPTIONS_BYTES];
	uint32_t off, len = find_options(b, p, &off);
	struct span there;
	size_t labels;

	if (len == 0 || len > sizeof(options))
		return 0;
	there = bytes_read(b, off, len, options);
	if (there.at == NULL)
		return 0;
	if (there.at != options)
		memcpy(options, there.at, there.len);
	labels = gather(p->family, options, len);
	if (labels == 0)
		return 0;
	return (uint32_t)XXH3_64bits_withSecret(options, labels, secret,
						KEY_SECRET_BYTES) |
	       1;
}
