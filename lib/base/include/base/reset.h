/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Builds the RST that answers a segment without a connection, in its three forms. Pure.
 */
#ifndef BASE_RESET_H
#define BASE_RESET_H

#include <base/segment.h>

/* The RST that answers seg: RFC 9293 3.5.2, GEN-1, GEN-2. */
static inline struct tcp_segment
segment_reset(const struct tcp_segment *seg)
{
	struct tcp_segment rst = {.flags = TCP_RST, .scale = TCP_NO_SCALE};

	if (seg->flags & TCP_ACK) {
		rst.seq = seg->ack;
	} else {
		rst.flags |= TCP_ACK;
		rst.ack = segment_end(seg);
	}
	return rst;
}

#endif
