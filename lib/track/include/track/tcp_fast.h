/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The fast path for nearly every segment: both endpoints ESTABLISHED, an ACK with or
 * without data, inside the window, no pending exception. It reads and writes the hot line
 * only. Its tests are stricter than those of tcp_segment(): when it returns true,
 * tcp_segment() would have passed the segment and made the same changes
 * (tests/unit/track_tcp_fast_test.c asserts that). When it returns false it has changed
 * nothing, and tcp_segment() decides. tcp_next_fits() does the same for the in-order next
 * segment, which is the most frequent kind.
 */
#ifndef TRACK_TCP_FAST_H
#define TRACK_TCP_FAST_H

#include <stddef.h>

#include <base/seq.h>
#include <track/conn.h>

#define TCP_FAST_FLAGS (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)
#define TCP_FAST_EP (EP_SS | EP_PA | EP_SA)

/*
 * ep[0], ep[1], scale and flags of struct track_hot, as one 32-bit word in memory order.
 */
#define TCP_FAST_WORD(ep0, ep1, flags)                                                   \
	(((union {                                                                       \
		 uint8_t byte[4];                                                        \
		 uint32_t word;                                                          \
	 }){{ep0, ep1, 0, flags}})                                                       \
		 .word)

_Static_assert(offsetof(struct track_hot, flags) == offsetof(struct track_hot, ep) + 3,
	       "compared as one word");

/* Whether the state of the connection allows the fast path. */
static inline bool
tcp_fast_conn(const struct track_hot *h)
{
	const uint32_t mask = TCP_FAST_WORD(0xff, 0xff,
					    TRACK_SLOW | TRACK_REPLIED | TRACK_SIGNED |
						    TRACK_RELEARN(0) | TRACK_RELEARN(1));
	const uint32_t wanted = TCP_FAST_WORD(TCP_FAST_EP, TCP_FAST_EP, TRACK_REPLIED);
	uint32_t word;

	__builtin_memcpy(&word, (const char *)h + offsetof(struct track_hot, ep),
			 sizeof(word));
	return (word & mask) == wanted;
}

/* Whether state and flags allow the fast path; the numbers are not tested. */
static inline bool
tcp_fast_eligible(const struct track_hot *h, const struct tcp_segment *seg)
{
	return (seg->flags & TCP_FAST_FLAGS) == TCP_ACK && tcp_fast_conn(h) &&
	       seg->win != 0;
}

/*
 * Check PAWS and update the timestamps, if both sides agreed on them. Returns false when
 * the fast path cannot handle the segment; then nothing has changed.
 */
static inline bool
tcp_fast_timestamps(struct track_hot *h, uint8_t x, const struct tcp_segment *seg)
{
	uint32_t ahead, behind, lag_x, lag_y;
	uint8_t y = !x;

	if (!(h->flags & TRACK_TS))
		return true;
	ahead = seg->tsval - h->tsmax[x];
	behind = h->tsmax[y] - seg->tsecr;
	lag_y = h->ts_lag[y];
	/* differences near 2^31 have no order */
	if (!seg->has_ts || ahead >= 1u << 30 || behind >= 1u << 31 ||
	    lag_y >= TS_LAG_SPILLED)
		return false;
	/* a lag that does not fit 16 bits is in the cold line: not for the fast path */
	lag_x = h->ts_lag[x] + ahead;
	if (lag_x >= TS_LAG_SPILLED)
		return false;
	h->tsmax[x] = seg->tsval;
	h->ts_lag[x] = (uint16_t)lag_x;
	h->ts_lag[y] = (uint16_t)(behind < lag_y ? behind : lag_y);
	return true;
}

/* Update the window that a segment of x offers to the other side. */
static inline void
tcp_fast_window(struct track_hot *h, uint8_t x, const struct tcp_segment *seg)
{
	uint8_t y = !x;
	uint32_t edge = seg->ack + ((uint32_t)seg->win << ((h->scale >> 4 * x) & 0x0f));

	h->edge[y] = seq_max(edge, h->edge[y]);
	if (seg->win > h->maxwnd[y])
		h->maxwnd[y] = seg->win;
}

/*
 * The in-order next segment: it begins where the previous one of x ended, fits into the
 * window last offered, and acknowledges only data that y has sent, and not less than
 * before. This test needs half of the numbers and no timestamps, so the caller decodes
 * timestamps only when it succeeds. Therefore it has two functions: the caller calls
 * tcp_next_take() after tcp_fast_timestamps() has accepted the timestamps.
 */
static inline bool
tcp_next_fits(const struct track_hot *h, uint8_t x, const struct tcp_segment *seg)
{
	uint8_t y = !x;

	return tcp_fast_eligible(h, seg) && seg->seq == h->nxt[x] &&
	       !seq_after(seg->seq + seg->len, h->edge[x]) &&
	       !seq_after(seg->ack, h->nxt[y]) && !seq_before(seg->ack, h->una[y]);
}

static inline void
tcp_next_take(struct track_hot *h, uint8_t x, const struct tcp_segment *seg, uint32_t now)
{
	h->nxt[x] = seg->seq + seg->len;
	h->una[!x] = seg->ack;
	tcp_fast_window(h, x, seg);
	h->last = now;
}

/*
 * Any segment of the connection from side x. Returns true when it passes; the connection
 * is then updated.
 */
static inline bool
tcp_fast(struct track_hot *h, uint8_t x, const struct tcp_segment *seg, uint32_t now)
{
	uint32_t end = seg->seq + seg->len, window_x, window_y, right;
	uint8_t y = !x;

	if (!tcp_fast_eligible(h, seg))
		return false;
	/* offered by y */
	window_x = (uint32_t)h->maxwnd[x] << ((h->scale >> 4 * y) & 0x0f);
	window_y = (uint32_t)h->maxwnd[y] << ((h->scale >> 4 * x) & 0x0f);
	right = seq_max(seq_max(h->una[x] + window_x, h->nxt[x]), h->edge[x]);
	if (seq_after(end, right) || seq_before(seg->seq, h->una[x] - 1 - window_x) ||
	    seq_after(seg->ack, h->nxt[y]) || seq_before(seg->ack, h->una[y] - window_y))
		return false;
	if (seg->len != 0 && !seq_before(seg->seq, right))
		return false; /* the end may have wrapped into the window */
	if (!tcp_fast_timestamps(h, x, seg))
		return false;
	h->nxt[x] = seq_max(end, h->nxt[x]);
	h->una[y] = seq_max(seg->ack, h->una[y]);
	tcp_fast_window(h, x, seg);
	h->last = now;
	return true;
}

#endif
