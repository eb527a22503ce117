/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet_fixture.h"

struct packet
parse_bytes(const uint8_t *bytes, size_t len, uint32_t flags, uint64_t ol_flags)
{
	uint8_t *heap = malloc(len ? len : 1);
	struct rte_mbuf m;
	struct packet p;

	assert_non_null(heap);
	if (len > 0)
		memcpy(heap, bytes, len);
	frame_mbuf(&m, heap, len, len);
	m.ol_flags = ol_flags;
	memset(&p, 0xa5, sizeof(p));
	packet_parse(&m, 0, NETWORK, flags, &p);
	free(heap);
	return p;
}

struct packet
parse_frame(const struct frame *f)
{
	uint8_t bytes[FRAME_MAX];
	size_t len = frame_build(f, bytes, sizeof(bytes));

	assert_int_not_equal(len, 0);
	return parse_bytes(bytes, len, ALL, 0);
}
