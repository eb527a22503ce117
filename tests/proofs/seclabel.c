/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/packet/seclabel.c, by cases: IPv4 options of each length, and IPv6
 * hop-by-hop options of each length that their header can express. The bytes are
 * arbitrary. The packet is in one span, which ends with the options at the end of an
 * object, so that an access beyond them is out of bounds; or it is in several, and a read
 * fails or gives the bytes asked for in the caller's buffer, whose other bytes are
 * uninitialised. XXH3 is taken by its contract: it reads the bytes that it is given
 * (include/xxhash.h).
 */
#include <packet/hash.h>

#include "parse.h"

#include "proof.h"

#define MAX_IP4_OPTIONS_WORDS 10
#define IP6_OPTIONS_OFF (RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv6_hdr))
#define MAX_FRAME_BYTES (IP6_OPTIONS_OFF + 2048)

static uint8_t room[MAX_FRAME_BYTES], secret[KEY_SECRET_BYTES];
static uint8_t units; /* length field of hop-by-hop options, in units of 8 bytes */

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

struct span
bytes_join(const struct packet_bytes *b, uint32_t off, uint32_t len, void *buf)
{
	answer = off + b->len;
	Frama_C_make_unknown(buf, len);
	if (any_bool())
		return (struct span){NULL, 0};
	if (len == 2) /* the first bytes of hop-by-hop options */
		((uint8_t *)buf)[1] = units;
	return (struct span){buf, len};
}

/* Return a frame of len bytes in one span. */
static struct packet_bytes
one_span(size_t len)
{
	ANY(room);
	return (struct packet_bytes){
		.at = room + sizeof(room) - len,
		.part = (uint32_t)len,
		.len = (uint32_t)len,
	};
}

static void
step_ipv4(void)
{
	const size_t off = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr);
	const size_t len = each(MAX_IP4_OPTIONS_WORDS) * 4;
	const struct packet packet = {.family = 4,
				      .l3_off = RTE_ETHER_HDR_LEN,
				      .l4_off = (uint16_t)(off + len)};
	struct packet_bytes frame = {0};

	if (each(1))
		frame = one_span(off + len);
	answer = bytes_seclabel(&frame, &packet, secret);
}

static void
step_ipv6(void)
{
	const struct packet packet = {.family = 6, .l3_off = RTE_ETHER_HDR_LEN};
	struct packet_bytes frame = {0};

	units = (uint8_t)each(UINT8_MAX);
	if (each(1)) {
		frame = one_span(IP6_OPTIONS_OFF + (units + 1) * 8);
		room[sizeof(room) - (units + 1) * 8 + 1] = units;
	}
	answer = bytes_seclabel(&frame, &packet, secret);
}

int
main(void)
{
	ANY(secret);
	if (each(1))
		step_ipv4();
	else
		step_ipv6();
	return 0;
}
