/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071).
 *
 * rte_raw_cksum_mbuf() of DPDK 22.11 is not used: when a segment of the chain ends at an
 * odd offset, it swaps a sum that it has cut to 16 bits, and so loses carries. It also
 * sums two bytes at a time, this code eight: the sum is the largest cost of a full-size
 * segment.
 */
#include <string.h>

#include <rte_byteorder.h>

#include <packet/checksum.h>

/* One's complement addition: the carry out of the highest bit is added to the lowest. */
static inline uint64_t
add(uint64_t sum, uint64_t word)
{
	return __builtin_add_overflow(sum, word, &sum) ? sum + 1 : sum;
}

static inline uint64_t
load(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

uint32_t
checksum_bytes(const void *data, uint32_t len)
{
	const uint8_t *at = data;
	uint64_t a = 0, b = 0, c = 0, d = 0;
	uint64_t tail = 0;

	/*
	 * four independent sums, so that an addition need not wait for the previous one
	 */
	for (; len >= 32; at += 32, len -= 32) {
		a = add(a, load(at));
		b = add(b, load(at + 8));
		c = add(c, load(at + 16));
		d = add(d, load(at + 24));
	}
	for (; len >= 8; at += 8, len -= 8)
		a = add(a, load(at));
	/* pad the last word with zeros in memory order, which is right on any host */
	if (len & 4) {
		uint32_t word;

		memcpy(&word, at, sizeof(word));
		tail += word;
		at += sizeof(word);
	}
	if (len & 2) {
		uint16_t word;

		memcpy(&word, at, sizeof(word));
		tail += word;
		at += sizeof(word);
	}
	if (len & 1)
		tail += rte_le_to_cpu_16(*at);
	return checksum_fold(add(add(a, b), add(add(c, d), tail)));
}
