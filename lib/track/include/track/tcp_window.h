/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * ACC: whether the receiver of a segment may accept it. ACC-7: how a segment that passes
 * updates the connection.
 *
 * The state of the receiver is not known, only its bounds: una <= RCV.NXT <= nxt
 * (MODEL-1). Each test is as wide as these bounds require, so that no segment of a
 * genuine sender is dropped, and as narrow as RFC 5961 requires against an off-path
 * attacker.
 */
#ifndef TRACK_TCP_WINDOW_H
#define TRACK_TCP_WINDOW_H

#include <track/tcp_state.h>

/* A bit for each test, set when it has failed. */
#define ACC_1 0x01u
#define ACC_2 0x02u
#define ACC_3 0x04u
#define ACC_4 0x08u
#define ACC_5 0x10u
#define ACC_6 0x20u
#define ACC_EARLY 0x40u /* no SYN is answered: no numbers to test */

/*
 * RFC 7323 5.5: after this idle time the timestamps of a connection are invalid. The
 * sender's clock must not advance by half its range before: that takes 24 days with the
 * fastest clock of the RFC, and 35 minutes with a clock of microseconds. An old duplicate
 * segment disappears after two minutes (MSL).
 */
#define PAWS_IDLE_TICKS (1800u * TICKS_PER_S)
/* how often the timer runs at least, to notice that timestamps have expired */
#define PAWS_CHECK_TICKS (300u * TICKS_PER_S)

/* PICK-1, ACC-10: an upper bound for the data in flight on common paths. */
#define TCP_UNSEEN_MAX (1u << 24)

/* ACC-1: a segment that begins inside the window may end at most this far beyond it. */
#define TCP_OVERSHOOT 65536u

/* Whether the segment is beyond the known FIN of x, or has a FIN at another number. */
static inline bool
attempt_beyond_fin(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	uint32_t end = segment_end(seg);

	if (!ep_has(p, x, EP_FS))
		return false;
	return seq_after(end, p->c->fin[x] + 1) ||
	       ((seg->flags & TCP_FIN) && end != p->c->fin[x] + 1);
}

/*
 * ACC-1: the right edge for x. When acknowledgments take another path (ACC-10), una does
 * not advance.
 */
static inline uint32_t
attempt_right_edge(const struct tcp_attempt *p, uint8_t x)
{
	if (attempt_acks_unseen(p, x))
		return seq_max(p->h->nxt[x] + attempt_maxwnd(p, x), p->h->edge[x]);
	return seq_max(seq_max(p->h->una[x] + attempt_maxwnd(p, x), p->h->nxt[x]),
		       p->h->edge[x]);
}

static inline bool
acc1_holds(uint32_t right, const struct tcp_segment *seg)
{
	int32_t over = seq_diff(seg->seq, right);

	return over < 0 || (over == 0 && seg->len <= 1) ||
	       (over <= 1 && segment_len(seg) == 0);
}

/*
 * ACC-3: whether x may acknowledge this number of y. When segments of y are not seen, nxt
 * of y is a guess: after a pickup (PICK-1), or when they take another path (ACC-10).
 * Then the window that x has offered to y is the limit.
 */
static inline bool
acc3_holds(const struct tcp_attempt *p, uint8_t y, uint32_t ack)
{
	if (!seq_after(ack, p->h->nxt[y]))
		return true;
	return (p->c->flags & COLD_UNSEEN(y)) && ack - p->h->nxt[y] <= TCP_UNSEEN_MAX &&
	       !seq_after(ack, attempt_right_edge(p, y));
}

/*
 * PICK-1: whether seg of x is so far from the numbers of an unanswered pickup that the
 * pickup belongs to another connection. Either segment may be forged, so neither has
 * precedence.
 */
TRACK_RARE bool
attempt_is_other_pickup(const struct tcp_attempt *p, uint8_t x,
			const struct tcp_segment *seg)
{
	return !(p->h->flags & TRACK_REPLIED) &&
	       (seg->seq - p->h->nxt[x] + TCP_UNSEEN_MAX > 2 * TCP_UNSEEN_MAX ||
		seg->ack - p->h->nxt[!x] + TCP_UNSEEN_MAX > 2 * TCP_UNSEEN_MAX);
}

static inline bool
acc4_holds(const struct tcp_attempt *p, uint8_t y, uint32_t ack)
{
	return !seq_before(ack, p->h->una[y] - attempt_maxwnd(p, y));
}

/* Linux accepts a segment that is one tick older; RFC 7323 5.3 allows to discard it. */
#define PAWS_GRACE 1u

static inline bool
acc6_holds(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	uint32_t ts_recent;

	if (!(p->h->flags & TRACK_TS) || !seg->has_ts ||
	    !attempt_ts_recent(p, x, &ts_recent))
		return true;
	return !seq_before(seg->tsval, ts_recent - PAWS_GRACE);
}

/*
 * Test a segment of x by ACC-1 to ACC-6. Returns the ACC_* bits of the tests that failed.
 */
static inline uint32_t
attempt_tests(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	const struct track_hot *h = p->h;
	uint8_t y = !x;
	uint32_t bad = 0;

	if (!attempt_answered(p))
		return ACC_EARLY;
	if (!acc1_holds(attempt_right_edge(p, x), seg))
		bad |= ACC_1;
	if (seq_before(seg->seq, h->una[x] - 1 - attempt_maxwnd(p, x)))
		bad |= ACC_2;
	if (!acc3_holds(p, y, seg->ack))
		bad |= ACC_3;
	if (!acc4_holds(p, y, seg->ack))
		bad |= ACC_4;
	if (attempt_beyond_fin(p, x, seg) && seq_after(h->una[x], p->c->fin[x]))
		bad |= ACC_5;
	if (!acc6_holds(p, x, seg))
		bad |= ACC_6;
	return bad;
}

static inline enum reason
acc_reason(uint32_t bad)
{
	if (bad & ACC_EARLY)
		return REASON_TCP_NO_HANDSHAKE;
	if (bad & ACC_1)
		return REASON_TCP_SEQ_RIGHT;
	if (bad & ACC_2)
		return REASON_TCP_SEQ_LEFT;
	if (bad & ACC_3)
		return REASON_TCP_ACK_UNSENT;
	if (bad & ACC_4)
		return REASON_TCP_ACK_OLD;
	return bad & ACC_5 ? REASON_TCP_PAST_FIN : REASON_TCP_PAWS;
}

/* Whether x has sent this FIN before it received the peer's FIN. */
static inline bool
fin_is_active(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	return !ep_has(p, !x, EP_FS) || seq_before(seg->ack, p->c->fin[!x] + 1);
}

static inline void
attempt_fin_sent(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	p->c->fin[x] = segment_end(seg) - 1;
	p->h->ep[x] = (uint8_t)((p->h->ep[x] & ~EP_ACT) | EP_FS |
				(fin_is_active(p, x, seg) ? EP_ACT : 0));
	p->h->ep[!x] |= EP_PF;
}

/* ACC-6: the connection was idle for so long that no timestamp can be called old. */
static inline void
attempt_forget_ts(const struct tcp_attempt *p, uint32_t now)
{
	if ((p->h->flags & TRACK_TS) && ticks_since(p->h->last, now) >= PAWS_IDLE_TICKS)
		p->h->ts_lag[0] = p->h->ts_lag[1] = TS_LAG_STALE;
}

/* ACC-6: update the timestamps from TSval and TSecr of a segment that passed. */
static inline void
attempt_update_ts(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	uint8_t y = !x;
	uint32_t ts_recent;

	if (!(p->h->flags & TRACK_TS) || !seg->has_ts)
		return;
	if (p->h->ts_lag[x] == TS_LAG_STALE) {
		p->h->tsmax[x] = seg->tsval;
		p->h->ts_lag[x] = TS_LAG_NONE;
	} else if (seq_after(seg->tsval, p->h->tsmax[x])) {
		attempt_advance_tsmax(p, x, seg->tsval);
	}
	if (p->h->ts_lag[y] == TS_LAG_STALE)
		return;
	if (seq_after(seg->tsecr,
		      /* the echoed value was not seen: y sends on another path */
		      p->h->tsmax[y])) {
		p->h->ts_lag[y] = TS_LAG_STALE;
		return;
	}
	if (!attempt_ts_recent(p, y, &ts_recent) || seq_after(seg->tsecr, ts_recent))
		attempt_set_ts(p, y, p->h->tsmax[y], seg->tsecr);
}

/*
 * TW-1: whether x, whose FIN is known, sends that FIN or data before it. Then an
 * acknowledgment of the FIN, if there was one, has not reached x.
 */
static inline bool
attempt_sends_again(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	return (seg->flags & TCP_FIN) ||
	       (seg->len != 0 && seq_before(seg->seq, p->c->fin[x]));
}

/* Update the bits for FINs and their acknowledgments; TW-1. */
static inline void
attempt_update_fin(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
		   uint32_t now)
{
	uint8_t y = !x;
	/*
	 * ACC-5: a number below una is not a FIN's: its receiver acknowledged data beyond
	 * it
	 */
	bool below = seq_before(segment_end(seg), p->h->una[x]);

	if (ep_has(p, x, EP_FS) && attempt_sends_again(p, x, seg)) {
		p->h->ep[x] &= (uint8_t)~EP_FA;
		if (p->c->flags & COLD_TIME_WAIT)
			p->c->tw_tick = now;
		if ((seg->flags & TCP_FIN) && fin_is_active(p, x, seg))
			p->h->ep[x] |= EP_ACT; /* an earlier FIN than the one seen */
	} else if ((seg->flags & TCP_FIN) && !ep_has(p, x, EP_FS) && !below) {
		attempt_fin_sent(p, x, seg);
	}
	if (ep_has(p, y, EP_FS) && !seq_before(seg->ack, p->c->fin[y] + 1))
		p->h->ep[y] |= EP_FA;
	if ((p->h->ep[0] & p->h->ep[1] & EP_FA) && !(p->c->flags & COLD_TIME_WAIT)) {
		p->c->flags |= COLD_TIME_WAIT;
		p->c->tw_tick = now;
	}
}

/*
 * ACC-5: there is data of x beyond its FIN, so what was taken for a FIN (possibly by
 * LIB-1, which checks no numbers) was not one. Forget it.
 */
static inline void
attempt_withdraw_fin(const struct tcp_attempt *p, uint8_t x)
{
	struct track_hot *h = p->h;

	h->ep[x] &= (uint8_t) ~(EP_FS | EP_FA | EP_ACT);
	h->ep[!x] &= (uint8_t)~EP_PF;
	if (h->ep[!x] & EP_FS)
		h->ep[!x] |= EP_ACT; /* the peer's FIN then did not acknowledge a FIN */
	p->c->flags &= (uint8_t)~COLD_TIME_WAIT;
}

/* Update nxt of the sender. */
static inline void
attempt_update_sent(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;

	if (attempt_beyond_fin(p, x, seg))
		attempt_withdraw_fin(p, x);
	h->nxt[x] = seq_max(segment_end(seg), h->nxt[x]);
}

/*
 * Update una, edge and maxwnd of side y, whose data x acknowledges, and whether the
 * window of x is zero.
 */
static inline void
attempt_update_acked(const struct tcp_attempt *p, uint8_t x,
		     const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	uint8_t y = !x;

	h->una[y] = seq_max(seg->ack, h->una[y]);
	/* data beyond what was taken for a FIN is acknowledged, so it was not a FIN */
	if (ep_has(p, y, EP_FS) && seq_after(h->una[y], p->c->fin[y] + 1))
		attempt_withdraw_fin(p, y);
	h->edge[y] = seq_max(seg->ack + ((uint32_t)seg->win << attempt_scale(p, x)),
			     h->edge[y]);
	if (seg->win > h->maxwnd[y])
		h->maxwnd[y] = seg->win;
	/* only the newest segment of the sender has its current window */
	if (seg->ack == h->una[y] && segment_end(seg) == h->nxt[x])
		h->ep[x] = (uint8_t)((h->ep[x] & ~EP_ZERO_WINDOW) |
				     (seg->win == 0 ? EP_ZERO_WINDOW : 0));
	if (!seq_before(seg->ack, p->c->iss[y] + 1)) { /* MODEL-4 */
		h->ep[y] |= EP_SA;
		h->ep[x] |= EP_PA;
	}
}

/*
 * PICK-1, ACC-10: a segment of x has passed, while nxt of x or y may be too low. A number
 * is certain once an acknowledgment of new data depends on it, or a segment without data
 * has the number that was acknowledged. Until y has sent anything, una of x is a guess.
 */
TRACK_RARE_VOID
attempt_update_unseen(const struct tcp_attempt *p, uint8_t x,
		      const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	uint8_t y = !x, known = 0;

	if (segment_len(seg) == 0 && seg->seq == h->nxt[x] && seg->seq == h->una[x] &&
	    (x != attempt_orig(p) || (h->flags & TRACK_REPLIED)))
		known |= COLD_UNSEEN(x);
	if (seg->ack == h->nxt[y] && seg->ack != h->una[y])
		known |= COLD_UNSEEN(y);
	/* x cannot have more unacknowledged data than y has offered window */
	if (attempt_acks_unseen(p, x)) {
		h->nxt[x] = seq_max(segment_end(seg), h->nxt[x]);
		h->una[x] = seq_max(h->nxt[x] - attempt_maxwnd(p, x) - TCP_OVERSHOOT,
				    h->una[x]);
		h->edge[x] = seq_max(h->nxt[x], h->edge[x]);
	}
	if (p->c->flags & COLD_UNSEEN(y)) {
		h->nxt[y] = seq_max(seg->ack, h->nxt[y]);
		/* x acknowledges data of y */
		if (seq_after(seg->ack, p->c->iss[y] + 1)) {
			h->ep[y] |= EP_PA;
			h->ep[x] |= EP_SA;
		}
	}
	p->c->flags &= (uint8_t)~known;
}

/* ACC-7: update the connection for a segment of x that has passed all tests. */
TRACK_CALL void
attempt_update(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
	       uint32_t now)
{
	p->h->last = now; /* MODEL-3 */
	/*
	 * With a RST in doubt, only segments of the RST's sender reset the count of
	 * unanswered probes: the other endpoint answers every probe, and that must not
	 * keep a dead connection.
	 */
	if (!(p->c->flags & COLD_RST_PEND) || attempt_rst_side(p) == x)
		attempt_set_probes(p, 0);
	if (p->c->flags & (COLD_UNSEEN(0) | COLD_UNSEEN(1)))
		attempt_update_unseen(p, x, seg);
	attempt_update_ts(p, x, seg);
	attempt_update_sent(p, x, seg);
	attempt_update_acked(p, x, seg);
	attempt_update_fin(p, x, seg, now);
}

#endif
