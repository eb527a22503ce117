/* SPDX-License-Identifier: BSD-3-Clause */
#include "find_header.h"

#include <netinet/in.h>
#include <stddef.h>

#define IPV6_BYTES 40u
#define IPV6_NEXT_HEADER 6u
#define IPV4_BYTES 20u
#define TCP_BYTES 20u
#define TCP_OFFSET 12u /* offset of the TCP data offset byte */
#define OPTION_END 0   /* option kind: end of the list, one byte long */
#define OPTION_NOP 1   /* option kind: no operation, one byte long */
#define HEADER_MOBILITY 135
#define SCTP_BYTES 12u
#define CHUNK_BYTES 4u /* type, flags, length */
#define HEADERS_MAX 16u

static const struct policy_bytes not_there = {NULL, 0};

static struct policy_bytes
bytes_from(const struct policy_bytes *bytes, uint32_t offset)
{
	return (struct policy_bytes){bytes->at + offset, bytes->length - offset};
}

/*
 * Length in bytes of an IPv6 extension header, from its first two bytes. Returns 0 when
 * the number is not that of an extension header.
 */
static uint32_t
header_bytes(uint8_t number, const uint8_t *at)
{
	switch (number) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case HEADER_MOBILITY:
		return (at[1] + 1u) * 8u;
	case IPPROTO_FRAGMENT:
		return 8;
	case IPPROTO_AH:
		return (at[1] + 2u) * 4u;
	default:
		return 0;
	}
}

struct policy_bytes
extension_find(const struct policy_bytes *ipv6, uint8_t number)
{
	uint32_t offset = IPV6_BYTES, bytes;
	unsigned i;
	uint8_t next;

	if (ipv6->at == NULL || ipv6->length < IPV6_BYTES)
		return not_there;
	next = ipv6->at[IPV6_NEXT_HEADER];
	for (i = 0; i < HEADERS_MAX && offset + 2 <= ipv6->length; i++) {
		bytes = header_bytes(next, ipv6->at + offset);
		if (bytes == 0)
			break;
		if (next == number)
			return bytes_from(ipv6, offset);
		next = ipv6->at[offset];
		offset += bytes;
	}
	return not_there;
}

/* Find an option in a list of kind and length, the format of both IPv4 and TCP. */
static struct policy_bytes
option_find(const struct policy_bytes *options, uint8_t number)
{
	uint32_t offset = 0;
	uint8_t kind;

	while (offset < options->length) {
		kind = options->at[offset];
		if (kind == number && (kind == OPTION_END || kind == OPTION_NOP))
			return bytes_from(options, offset);
		if (kind == OPTION_END)
			break;
		if (kind == OPTION_NOP) {
			offset++;
			continue;
		}
		if (offset + 2 > options->length || options->at[offset + 1] < 2 ||
		    offset + options->at[offset + 1] > options->length)
			break;
		if (kind == number)
			return (struct policy_bytes){options->at + offset,
						     options->at[offset + 1]};
		offset += options->at[offset + 1];
	}
	return not_there;
}

/*
 * The options of a header: the bytes from `min` to the end of a header of `header` bytes.
 */
static struct policy_bytes
options_of(const struct policy_bytes *bytes, uint32_t min, uint32_t header)
{
	if (header < min || header > bytes->length)
		return not_there;
	return (struct policy_bytes){bytes->at + min, header - min};
}

struct policy_bytes
ip_option_find(const struct policy_bytes *ipv4, uint8_t number)
{
	struct policy_bytes options;

	if (ipv4->at == NULL || ipv4->length < IPV4_BYTES)
		return not_there;
	options = options_of(ipv4, IPV4_BYTES, (ipv4->at[0] & 0xfu) * 4u);
	return option_find(&options, number);
}

struct policy_bytes
tcp_option_find(const struct policy_bytes *tcp, uint8_t number)
{
	struct policy_bytes options;

	if (tcp->at == NULL || tcp->length < TCP_BYTES)
		return not_there;
	options = options_of(tcp, TCP_BYTES, (tcp->at[TCP_OFFSET] >> 4) * 4u);
	return option_find(&options, number);
}

struct policy_bytes
sctp_chunk_find(const struct policy_bytes *sctp, uint8_t type, bool exists)
{
	uint32_t offset = SCTP_BYTES, bytes;
	const uint8_t *chunk;
	unsigned i;

	for (i = 0; i < SCTP_CHUNKS_MAX && offset + CHUNK_BYTES <= sctp->length; i++) {
		chunk = sctp->at + offset;
		bytes = (uint32_t)chunk[2] << 8 | chunk[3];
		if (bytes == 0)
			break;
		if (chunk[0] == type && exists)
			return bytes_from(sctp, offset);
		if (chunk[0] == type)
			return bytes <= sctp->length - offset
				       ? (struct policy_bytes){sctp->at + offset, bytes}
				       : not_there;
		offset += (bytes + 3) & ~3u; /* padded to words */
	}
	return not_there;
}
