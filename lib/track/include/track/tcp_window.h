/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * ACC: is the segment one that its receiver may act on? And ACC-7: what it tells us.
 *
 * What the receiver holds is not known, only its bounds: una <= RCV.NXT <= nxt (MODEL-1).
 * Every test here is the widest one that follows from that, so that nothing a genuine
 * sender sends is refused, and as narrow as RFC 5961 wants it against a blind one.
 */
#ifndef TRACK_TCP_WINDOW_H
#define TRACK_TCP_WINDOW_H

#include <track/tcp_state.h>

/* The tests that failed. */
#define ACC_1 0x01u
#define ACC_2 0x02u
#define ACC_3 0x04u
#define ACC_4 0x08u
#define ACC_5 0x10u
#define ACC_6 0x20u
#define ACC_EARLY 0x40u /* nothing is known yet */

/*
 * RFC 7323 5.5: an idle connection's timestamps are forgotten before the sender's clock
 * can have gone half round: 24 days for the fastest clock of the RFC, 35 minutes for one
 * of microseconds. An old duplicate is gone after two (MSL).
 */
#define PAWS_IDLE_TICKS (1800u * TICKS_PER_S)
#define PAWS_CHECK_TICKS (300u * TICKS_PER_S) /* how late that may be noticed */

/* PICK-1, ACC-10: more than this is on its way at once on no path that is not exotic. */
#define TCP_UNSEEN_MAX (1u << 24)

/* ACC-1: a segment that starts inside the window may end so far past it. */
#define TCP_OVERSHOOT 65536u

/* Past the FIN of x that we know, or a FIN elsewhere. */
static inline bool
attempt_beyond_fin(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	uint32_t end = segment_end(seg);

	if (!ep_has(p, x, EP_FS))
		return false;
	return seq_after(end, p->c->fin[x] + 1) ||
	       ((seg->flags & TCP_FIN) && end != p->c->fin[x] + 1);
}

/* ACC-1. Where the acknowledgments go another way (ACC-10), una stands still. */
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
 * ACC-3. Where y is not seen, nxt of y is a guess: after a pickup (PICK-1), and where
 * what y sends goes another way (ACC-10). What y may have sent, its receiver has offered.
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
 * PICK-1: whether a pickup that nobody has answered was of something else: seg of x is
 * far from it. Of the two that may be forged neither is worth more.
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

/* Linux takes a segment that is one tick older, which RFC 7323 5.3 lets it discard. */
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

/* ACC-1 to ACC-6 of a segment from x; the ACC_* that fail. */
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

/* Was this FIN of x sent before x had the peer's? */
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

/* ACC-6: nothing was heard for so long that no timestamp is an old one. */
static inline void
attempt_forget_ts(const struct tcp_attempt *p, uint32_t now)
{
	if ((p->h->flags & TRACK_TS) && ticks_since(p->h->last, now) >= PAWS_IDLE_TICKS)
		p->h->ts_lag[0] = p->h->ts_lag[1] = TS_LAG_STALE;
}

/* ACC-6: TSval and TSecr of a segment that passed. */
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
		      p->h->tsmax[y])) { /* it goes on where we do not see it */
		p->h->ts_lag[y] = TS_LAG_STALE;
		return;
	}
	if (!attempt_ts_recent(p, y, &ts_recent) || seq_after(seg->tsecr, ts_recent))
		attempt_set_ts(p, y, p->h->tsmax[y], seg->tsecr);
}

/*
 * TW-1: x, whose FIN is known, sends that or data before it: if the FIN was
 * acknowledged, that has not reached x.
 */
static inline bool
attempt_sends_again(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	return (seg->flags & TCP_FIN) ||
	       (seg->len != 0 && seq_before(seg->seq, p->c->fin[x]));
}

/* The FINs and what acknowledges them; TW-1. */
static inline void
attempt_update_fin(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
		   uint32_t now)
{
	uint8_t y = !x;
	/* ACC-5: nobody acknowledges more than there is before a FIN */
	bool below = seq_before(segment_end(seg), p->h->una[x]);

	if (ep_has(p, x, EP_FS) && attempt_sends_again(p, x, seg)) {
		p->h->ep[x] &= (uint8_t)~EP_FA;
		if (p->c->flags & COLD_TIME_WAIT)
			p->c->tw_tick = now;
		if ((seg->flags & TCP_FIN) && fin_is_active(p, x, seg))
			p->h->ep[x] |= EP_ACT; /* the first came late */
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

/* ACC-5: that was no FIN of x, though LIB-1 may have taken it for an acknowledged one. */
static inline void
attempt_withdraw_fin(const struct tcp_attempt *p, uint8_t x)
{
	struct track_hot *h = p->h;

	h->ep[x] &= (uint8_t) ~(EP_FS | EP_FA | EP_ACT);
	h->ep[!x] &= (uint8_t)~EP_PF;
	if (h->ep[!x] & EP_FS)
		h->ep[!x] |= EP_ACT; /* so its own acknowledged none */
	p->c->flags &= (uint8_t)~COLD_TIME_WAIT;
}

/* nxt of the sender. */
static inline void
attempt_update_sent(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;

	if (attempt_beyond_fin(p, x, seg))
		attempt_withdraw_fin(p, x);
	h->nxt[x] = seq_max(segment_end(seg), h->nxt[x]);
}

/* una, edge, maxwnd of the receiver's direction, and whether its window is zero. */
static inline void
attempt_update_acked(const struct tcp_attempt *p, uint8_t x,
		     const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	uint8_t y = !x;

	h->una[y] = seq_max(seg->ack, h->una[y]);
	if (ep_has(p, y, EP_FS) && seq_after(h->una[y], p->c->fin[y] + 1))
		attempt_withdraw_fin(p, y); /* more than the FIN is there, and was sent */
	h->edge[y] = seq_max(seg->ack + ((uint32_t)seg->win << attempt_scale(p, x)),
			     h->edge[y]);
	if (seg->win > h->maxwnd[y])
		h->maxwnd[y] = seg->win;
	/* only the segment that is the sender's newest speaks for its window */
	if (seg->ack == h->una[y] && segment_end(seg) == h->nxt[x])
		h->ep[x] = (uint8_t)((h->ep[x] & ~EP_ZERO_WINDOW) |
				     (seg->win == 0 ? EP_ZERO_WINDOW : 0));
	if (!seq_before(seg->ack, p->c->iss[y] + 1)) { /* MODEL-4 */
		h->ep[y] |= EP_SA;
		h->ep[x] |= EP_PA;
	}
}

/*
 * PICK-1, ACC-10: a segment from x has passed, while of x or y we do not know what it has
 * sent. It is known for certain once something new was acknowledged by its number, or an
 * empty segment stands at the number that was acknowledged. Before y has spoken at all,
 * una of x is a guess.
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
	if (attempt_acks_unseen(p, x)) { /* x has no more under way than y has offered */
		h->nxt[x] = seq_max(segment_end(seg), h->nxt[x]);
		h->una[x] = seq_max(h->nxt[x] - attempt_maxwnd(p, x) - TCP_OVERSHOOT,
				    h->una[x]);
		h->edge[x] = seq_max(h->nxt[x], h->edge[x]);
	}
	if (p->c->flags & COLD_UNSEEN(y)) {
		h->nxt[y] = seq_max(seg->ack, h->nxt[y]);
		if (seq_after(seg->ack, p->c->iss[y] + 1)) { /* x takes data of y */
			h->ep[y] |= EP_PA;
			h->ep[x] |= EP_SA;
		}
	}
	p->c->flags &= (uint8_t)~known;
}

/* ACC-7: a segment from x has passed all tests. */
TRACK_CALL void
attempt_update(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
	       uint32_t now)
{
	p->h->last = now; /* MODEL-3 */
	/*
	 * of a RST in doubt only its sender's own word counts: the other end answers
	 * every
	 * probe, which must not keep a dead pair alive */
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
