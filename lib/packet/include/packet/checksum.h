/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071): one's complement sums in memory order, so no bytes
 * are swapped. They are sums of 16-bit words, whatever width is added at a time. Any
 * thread; nothing is shared.
 */
#ifndef PACKET_CHECKSUM_H
#define PACKET_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sum of len bytes, folded to 16 bits. */
uint32_t checksum_bytes(const void *data, uint32_t len);

/* Sum of a short len that is a compile-time constant and a multiple of 4; not folded. */
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
 * Fold a sum to 16 bits; the result is 0 only if the sum is 0. Adding the word with its
 * halves exchanged leaves, in the upper half, the sum of both halves with its carry.
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
 * Whether the parts of a checksummed datagram, with the checksum, sum to a valid value: a
 * multiple of 65,535 that is not 0. A multiple times the inverse of 65,535 modulo 2^64 is
 * the quotient; any other number gives a product larger than any quotient (Hacker's
 * Delight, 10-17).
 */
static inline bool
checksum_right(uint64_t sum)
{
	return sum * UINT64_C(0xfffefffefffeffff) - 1 < UINT64_MAX / UINT16_MAX;
}

#endif
