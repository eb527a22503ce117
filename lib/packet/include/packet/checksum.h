/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071): sums in one's complement and in memory order, so that
 * nothing is swapped; they are sums of 16-bit words whatever the width that they are
 * taken in. Any thread; nothing is shared.
 */
#ifndef PACKET_CHECKSUM_H
#define PACKET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of len bytes, folded to 16 bits. */
uint32_t checksum_bytes(const void *data, uint32_t len);

/* The same for a short len known to the compiler, a multiple of 4; not folded. */
static inline uint64_t
checksum_words(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t sum = 0;
	uint32_t word;
	size_t i;

	for (i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	return sum;
}

/*
 * Folded to 16 bits; 0 only of 0. Half of a word added to the other half, and the carry
 * to that, is what its upper half holds once the halves exchanged have been added to it.
 */
static inline uint32_t
checksum_fold(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return half >> 16;
}

/*
 * Whether the parts of a checksummed datagram, the checksum included, sum to "right": to
 * a multiple of 65,535 that is not 0. A multiple times the inverse of 65,535 modulo 2^64
 * is the quotient, and what is none becomes a number larger than any quotient (Hacker's
 * Delight, 10-17).
 */
static inline bool
checksum_right(uint64_t sum)
{
	return sum * UINT64_C(0xfffefffefffeffff) - 1 < UINT64_MAX / UINT16_MAX;
}

#endif
