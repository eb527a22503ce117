/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071) over bytes and over chains of mbufs.
 *
 * Not rte_raw_cksum_mbuf(): where a segment of the chain ends at an odd offset, that of
 * DPDK 22.11 swaps a sum that it has cut to 16 bits and so loses its carries. And a word
 * at a time where we take eight bytes: the sum is what a full-size segment costs most.
 */
#include <string.h>

#include "parse.h"

/* One's complement addition: a carry out of the top comes in at the bottom. */
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

	/* Four sums, since each addition has to wait for the carry of the one before. */
	for (; len >= 32; at += 32, len -= 32) {
		a = add(a, load(at));
		b = add(b, load(at + 8));
		c = add(c, load(at + 16));
		d = add(d, load(at + 24));
	}
	for (; len >= 8; at += 8, len -= 8)
		a = add(a, load(at));
	/* Bytes that are not there count as 0, in memory order, on any host. */
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

uint32_t
checksum_mbuf(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	const struct rte_mbuf *seg = m;
	uint32_t sum = 0, done = 0, part, n;

	if (off + len <= m->data_len)
		return checksum_bytes(rte_pktmbuf_mtod_offset(m, const uint8_t *, off),
				      len);
	for (; seg != NULL && done < len; seg = seg->next) {
		if (off >= seg->data_len) {
			off -= seg->data_len;
			continue;
		}
		n = RTE_MIN(seg->data_len - off, len - done);
		part = checksum_bytes(rte_pktmbuf_mtod_offset(seg, const uint8_t *, off),
				      n);
		/* What starts at an odd byte was summed with its halves exchanged. */
		sum += (done & 1) ? rte_bswap16((uint16_t)part) : part;
		sum = (sum & UINT16_MAX) + (sum >> 16);
		done += n;
		off = 0;
	}
	return sum;
}

/*
 * A piece starts on a multiple of eight and a header on an even byte: sums just add up.
 */
uint32_t
checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len)
{
	uint32_t start = off - d->at, end = start + len, sum = 0, from, to;
	unsigned i;

	for (i = 0; i < d->n; i++) {
		const struct packet_piece *piece = &d->pieces[i];

		from = RTE_MAX(start, piece->off);
		to = RTE_MIN(end, (uint32_t)piece->off + piece->len);
		if (from < to)
			sum += checksum_mbuf(piece->m, piece->at + from - piece->off,
					     to - from);
	}
	return sum;
}
