/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/packet's access to bytes in several spans, and for its sum of bytes, by
 * cases: each chain of 1 to SPANS spans of 0 to SPAN_BYTES bytes with each offset and
 * each length up to one byte beyond its end, and each length of a sum up to SUM_BYTES,
 * which has each way through its loops. The bytes are arbitrary. Spans, and what is
 * copied, lie at the end of objects, so that an access beyond them is out of bounds. The
 * functions have no other bound, so longer spans take the same ways.
 */
#include "parse.h"

#include "proof.h"

#define SPANS 3
#define SPAN_BYTES 2
#define ALL_BYTES (SPANS * SPAN_BYTES)
#define SUM_BYTES 72 /* twice through the loop of 32 bytes, once through each other */

static uint8_t first[SPAN_BYTES], second[SPAN_BYTES], third[SPAN_BYTES];
static uint8_t copy[ALL_BYTES + 1], summed[SUM_BYTES];
static uint32_t parts[SPANS];
static unsigned spans, at_span;

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

static void
use_span(struct packet_bytes *b, unsigned number)
{
	at_span = number;
	b->part = parts[number];
	b->at = (number == 0   ? first
		 : number == 1 ? second
			       : third) +
		SPAN_BYTES - b->part;
}

bool
bytes_next(struct packet_bytes *b)
{
	if (at_span + 1 >= spans)
		return false;
	use_span(b, at_span + 1);
	return true;
}

struct packet_bytes
bytes_of_mbuf(const struct rte_mbuf *m)
{
	struct packet_bytes b = {.mbuf = m};

	use_span(&b, 0);
	return b;
}

static void
step_spans(void)
{
	struct packet_bytes b = {0};
	struct packet_piece piece = {0};
	const struct datagram datagram = {.pieces = &piece, .n = 1};
	uint32_t off, len, all = 0;
	struct span got;
	unsigned i;

	spans = 1 + each(SPANS - 1);
	for (i = 0; i < spans; i++) {
		parts[i] = each(SPAN_BYTES);
		all += parts[i];
	}
	off = each(all + 1);
	len = each(all + 1);
	use_span(&b, 0);
	b.len = all;
	got = bytes_join(&b, off, len, len > 0 ? copy + sizeof(copy) - len : copy);
	if (got.at != NULL && len > 0)
		answer = ((const uint8_t *)got.at)[len - 1];
	use_span(&b, 0);
	answer = bytes_sum(&b, off, len);
	piece.len = (uint16_t)all;
	answer = checksum_datagram(&datagram, off, len);
}

int
main(void)
{
	uint32_t len;

	ANY(first);
	ANY(second);
	ANY(third);
	ANY(summed);
	if (any_bool()) {
		step_spans();
	} else {
		len = each(SUM_BYTES);
		answer = checksum_bytes(summed + SUM_BYTES - len, len);
	}
	return 0;
}
