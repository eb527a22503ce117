/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Access to bytes that are in several spans. Each offset and length is compared with the
 * spans that there are, so no argument makes these functions read elsewhere.
 */
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "parse.h"

struct span
bytes_join(const struct packet_bytes *b, uint32_t off, uint32_t len, void *buf)
{
	struct packet_bytes span = *b;
	uint32_t done = 0, n;

	do {
		if (off >= span.part) {
			off -= span.part;
			continue;
		}
		n = RTE_MIN(span.part - off, len - done);
		memcpy((uint8_t *)buf + done, span.at + off, n);
		done += n;
		off = 0;
	} while (done < len && bytes_next(&span));
	return done < len ? (struct span){NULL, 0} : (struct span){buf, len};
}

uint32_t
bytes_sum(const struct packet_bytes *b, uint32_t off, uint32_t len)
{
	struct packet_bytes span = *b;
	uint32_t sum = 0, done = 0, part, n;

	if ((uint64_t)off + len <= b->part)
		return checksum_bytes(b->at + off, len);
	do {
		if (off >= span.part) {
			off -= span.part;
			continue;
		}
		n = RTE_MIN(span.part - off, len - done);
		part = checksum_bytes(span.at + off, n);
		/* the sum of a part that begins at an odd offset has its bytes swapped */
		sum += (done & 1) ? rte_bswap16((uint16_t)part) : part;
		sum = (sum & UINT16_MAX) + (sum >> 16);
		done += n;
		off = 0;
	} while (done < len && bytes_next(&span));
	return sum;
}

/*
 * Each piece begins at a multiple of eight in the datagram, and each header at an even
 * offset, so the sums of the parts can be added.
 */
uint32_t
checksum_datagram(const struct datagram *d, uint32_t off, uint32_t len)
{
	uint32_t start = off - d->at, end = start + len, sum = 0, from, to;
	struct packet_bytes bytes;
	unsigned i;

	for (i = 0; i < d->n; i++) {
		const struct packet_piece *piece = &d->pieces[i];

		from = RTE_MAX(start, piece->off);
		to = RTE_MIN(end, (uint32_t)piece->off + piece->len);
		if (from >= to)
			continue;
		bytes = bytes_of_mbuf(piece->m);
		sum += bytes_sum(&bytes, piece->at + from - piece->off, to - from);
	}
	return sum;
}
