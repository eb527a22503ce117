/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The way of nearly every segment: both ends ESTABLISHED, plain ACK or data, inside the
 * window, nothing remarkable. It reads and writes the hot line only, and its tests imply
 * those of tcp_segment(): where it says yes, the slow way would have said the same and left
 * the same connection behind (asserted by tests/unit/track_tcp_fast_test.c). Where it says
 * no it has changed nothing, and tcp_segment() decides.
 */
#ifndef TRACK_TCP_FAST_H
#define TRACK_TCP_FAST_H

#include <base/seq.h>
#include <track/conn.h>

#define TCP_FAST_FLAGS (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)
#define TCP_FAST_EP (EP_SS | EP_PA | EP_SA)
#define TCP_FAST_TRACK (TRACK_SLOW | TRACK_RETRANSMITTED(0) | TRACK_RETRANSMITTED(1))

/* PAWS and the timestamps that the segment leaves behind. False: not here. */
static inline bool
tcp_fast_timestamps(struct track_hot *h, uint8_t x, const struct tcp_segment *seg,
		    uint32_t tsmax[2], uint16_t lag[2])
{
	uint8_t y = !x;
	uint32_t ahead, behind;

	if (!seg->has_ts || seq_before(seg->tsval, h->tsmax[x]) ||
	    seq_after(seg->tsecr, h->tsmax[y]))
		return false;
	ahead = seg->tsval - h->tsmax[x];
	behind = h->tsmax[y] - seg->tsecr;
	if (ahead >= 1u << 30) /* order is lost near 2^31 */
		return false;
	tsmax[x] = seg->tsval;
	tsmax[y] = h->tsmax[y];
	lag[x] = h->ts_lag[x];
	lag[y] = h->ts_lag[y];
	if (lag[x] < TS_LAG_SPILLED) {
		if (lag[x] + ahead >= TS_LAG_SPILLED)
			return false;
		lag[x] = (uint16_t)(lag[x] + ahead);
	}
	if (behind >= TS_LAG_SPILLED || lag[y] >= TS_LAG_SPILLED)
		return lag[y] < TS_LAG_SPILLED && behind >= lag[y];
	if (behind < lag[y])
		lag[y] = (uint16_t)behind;
	return true;
}

/* A segment of the connection from side x. True: passed, and all is updated. */
static inline bool
tcp_fast(struct track_hot *h, uint8_t x, const struct tcp_segment *seg, uint32_t now)
{
	uint8_t y = !x;
	uint8_t scale_x = x ? h->scale >> 4 : h->scale & 0x0f;
	uint8_t scale_y = x ? h->scale & 0x0f : h->scale >> 4;
	uint32_t end = seg->seq + seg->len;
	uint32_t window_x = (uint32_t)h->maxwnd[x] << scale_y; /* of use to x, by y */
	uint32_t window_y = (uint32_t)h->maxwnd[y] << scale_x;
	uint32_t right = seq_max(seq_max(h->una[x] + window_x, h->nxt[x]), h->edge[x]);
	uint32_t tsmax[2], edge;
	uint16_t lag[2];

	if ((seg->flags & TCP_FAST_FLAGS) != TCP_ACK || (h->flags & TCP_FAST_TRACK) ||
	    (h->ep[0] & h->ep[1]) != TCP_FAST_EP || h->ep[0] != h->ep[1] || seg->win == 0)
		return false;
	if (seq_after(end, right) || seq_before(seg->seq, h->una[x] - 1 - window_x) ||
	    seq_after(seg->ack, h->nxt[y]) || seq_before(seg->ack, h->una[y] - window_y))
		return false;
	if (seg->len != 0 && !seq_before(seg->seq, right))
		return false; /* its end alone may have come round */
	if (seg->len != 0 && !seq_after(end, h->nxt[x]) && seq_after(end, h->una[x]))
		return false; /* a retransmission is counted */
	if (h->flags & TRACK_TS) {
		if (!tcp_fast_timestamps(h, x, seg, tsmax, lag))
			return false;
		h->tsmax[x] = tsmax[x];
		h->ts_lag[x] = lag[x];
		h->ts_lag[y] = lag[y];
	}
	h->nxt[x] = seq_max(end, h->nxt[x]);
	h->una[y] = seq_max(seg->ack, h->una[y]);
	edge = seg->ack + ((uint32_t)seg->win << scale_x);
	h->edge[y] = seq_max(edge, h->edge[y]);
	if (seg->win > h->maxwnd[y])
		h->maxwnd[y] = seg->win;
	h->last = now;
	return true;
}

#endif
