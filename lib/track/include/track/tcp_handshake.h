/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * SYNs and the segments that answer them.
 *
 * Until a SYN is answered, hot and cold hold the SYN of each side that sent one: iss, nxt
 * (its end), the scale (SCALE_NONE: no option), tsmax with ts_lag 0 (TS_LAG_NONE: no
 * option), and its window as syn_win of the peer, where it stays afterwards. A second SYN
 * of the same side with another sequence number is stored as a candidate. The answer of
 * the peer tells which of the two it has received.
 */
#ifndef TRACK_TCP_HANDSHAKE_H
#define TRACK_TCP_HANDSHAKE_H

#include <track/tcp_window.h>

/* MODEL: largest amount of data that may arrive before the handshake */
#define TCP_PRE_DATA_MAX 65535u

static inline struct tcp_candidate
candidate_of(const struct tcp_segment *syn)
{
	return (struct tcp_candidate){
		.iss = syn->seq,
		.end = segment_end(syn),
		.tsval = syn->tsval,
		.win = syn->win,
		.scale = syn->scale,
		.has_ts = syn->has_ts,
		.is_signed = syn->is_signed,
	};
}

/*
 * Whether ack acknowledges the SYN, or data that its sender has sent since. An ack that
 * is half the sequence space or more behind that has no order, and counts as none.
 */
static inline bool
candidate_acked(const struct tcp_candidate *q, uint32_t ack)
{
	return ack - q->iss - 1 < q->end - q->iss && !seq_after(ack, q->end);
}

/* SIG-1: whether the SYN of x, which is not answered yet, is signed. */
static inline bool
attempt_syn_is_signed(const struct tcp_attempt *p, uint8_t x)
{
	return x == attempt_orig(p) ? (p->h->flags & TRACK_SIGNED) != 0
				    : (p->c->count & COUNT_SIGNED) != 0;
}

static inline void
attempt_sign_syn(const struct tcp_attempt *p, uint8_t x, bool is_signed)
{
	if (x == attempt_orig(p))
		p->h->flags = (uint8_t)((p->h->flags & ~TRACK_SIGNED) |
					(is_signed ? TRACK_SIGNED : 0));
	else
		p->c->count = (uint8_t)((p->c->count & ~COUNT_SIGNED) |
					(is_signed ? COUNT_SIGNED : 0));
}

/* Both SYNs are known. */
static inline void
attempt_set_signed(const struct tcp_attempt *p, bool is_signed)
{
	attempt_sign_syn(p, attempt_orig(p), is_signed);
}

/*
 * The SYN of x that hot and cold hold. After it was answered, only some members are
 * known.
 */
static inline struct tcp_candidate
attempt_candidate(const struct tcp_attempt *p, uint8_t x)
{
	const struct track_hot *h = p->h;
	struct tcp_candidate q = {
		.iss = p->c->iss[x],
		.end = h->nxt[x],
		.win = p->c->syn_win[!x],
	};
	uint32_t ts;

	if (!attempt_answered(p)) {
		q.scale = attempt_scale(p, x) == SCALE_NONE ? TCP_NO_SCALE
							    : attempt_scale(p, x);
		q.has_ts = h->ts_lag[x] != TS_LAG_NONE;
		q.is_signed = attempt_syn_is_signed(p, x);
		q.tsval = h->tsmax[x];
		return q;
	}
	q.scale = h->scale ? attempt_scale(p, x) : TCP_NO_SCALE;
	q.has_ts = (h->flags & TRACK_TS) != 0;
	q.is_signed = (h->flags & TRACK_SIGNED) != 0;
	q.tsval = attempt_ts_recent(p, x, &ts) ? ts : h->tsmax[x];
	return q;
}

/* Store the first SYN of x. */
static inline void
attempt_syn_sent(const struct tcp_attempt *p, uint8_t x, const struct tcp_candidate *q)
{
	struct track_hot *h = p->h;

	h->ep[x] |= EP_SS | (q->win == 0 ? EP_ZERO_WINDOW : 0);
	p->c->iss[x] = q->iss;
	h->una[x] = q->iss;
	h->nxt[x] = q->end;
	h->tsmax[x] = q->tsval;
	h->ts_lag[x] = q->has_ts ? 0 : TS_LAG_NONE;
	p->c->syn_win[!x] = q->win;
	attempt_set_scale(p, x, q->scale == TCP_NO_SCALE ? SCALE_NONE : q->scale);
	attempt_sign_syn(p, x, q->is_signed);
}

/*
 * Set hot and cold to the state after SYN q of x, which was seen first at tick t0. The
 * extension is kept.
 */
static inline void
attempt_begin(const struct tcp_attempt *p, uint8_t x, const struct tcp_candidate *q,
	      uint32_t t0, uint32_t now)
{
	struct track_cold *c = p->c;

	*p->h = (struct track_hot){.last = now, .flags = x ? TRACK_ORIG : 0};
	c->iss[0] = c->iss[1] = 0;
	c->syn_win[0] = c->syn_win[1] = 0;
	c->count = 0;
	c->flags = 0;
	c->t0 = t0;
	attempt_syn_sent(p, x, q);
}

/*
 * Now that iss and nxt of x are known, count in nxt the data of x that was forwarded
 * before its SYN+ACK.
 */
static inline void
attempt_take_pre_data(const struct tcp_attempt *p, uint8_t x)
{
	const struct tcp_early *early;
	int i;

	for (i = 0; p->handshake && i < TCP_EARLIES; i++) {
		early = &p->handshake->pre_data[i];
		if (p->handshake->early_side[i] == x + 1 &&
		    early->end - p->h->nxt[x] - 1 < TCP_PRE_DATA_MAX &&
		    early->ack - p->c->iss[!x] - 1 < TCP_PRE_DATA_MAX)
			p->h->nxt[x] = early->end;
	}
}

/* Whether two sequence numbers may belong to pre-handshake data of the same attempt. */
static inline bool
early_is_near(uint32_t a, uint32_t b)
{
	return a - b < TCP_PRE_DATA_MAX || b - a < TCP_PRE_DATA_MAX;
}

/*
 * Store the end and the ACK of pre-handshake data of x. For the same acknowledgment
 * number the highest end is kept; when there are too many entries, the newest ones are
 * kept.
 */
static inline void
attempt_keep_early(const struct tcp_attempt *p, uint8_t x, uint32_t end, uint32_t ack)
{
	struct tcp_handshake_ext *handshake = p->handshake;
	struct tcp_early now = {.end = end, .ack = ack};
	int i;

	for (i = 0; i < TCP_EARLIES; i++) {
		if (handshake->early_side[i] == x + 1 &&
		    early_is_near(end, handshake->pre_data[i].end) &&
		    early_is_near(ack, handshake->pre_data[i].ack)) {
			if (seq_after(end, handshake->pre_data[i].end))
				handshake->pre_data[i] = now;
			return;
		}
	}
	for (i = 0; i + 1 < TCP_EARLIES; i++) {
		handshake->pre_data[i] = handshake->pre_data[i + 1];
		handshake->early_side[i] = handshake->early_side[i + 1];
	}
	handshake->pre_data[i] = now;
	handshake->early_side[i] = x + 1;
}

/*
 * The SYN+ACK seg of x answers the SYN q of the other side: MODEL-5, SYN-3. In a
 * simultaneous open, x has sent a SYN before, and the other side may have sent a SYN+ACK.
 */
TRACK_CALL void
attempt_answer(const struct tcp_attempt *p, uint8_t x, const struct tcp_candidate *q,
	       const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	uint8_t y = !x;
	bool scaled = q->scale != TCP_NO_SCALE && seg->scale != TCP_NO_SCALE;
	bool same = ep_has(p, x, EP_SS) && p->c->iss[x] == seg->seq;
	bool fresh = !same || !attempt_answered(p);
	uint8_t both = same && ep_has(p, x, EP_SA);

	h->ep[y] = (uint8_t)((h->ep[y] & ~EP_PA) | (both ? EP_PA : 0) | EP_SS | EP_SA);
	h->ep[x] = (uint8_t)((h->ep[x] & ~EP_SA) | (both ? EP_SA : 0) | EP_SS | EP_PA);
	attempt_set_scale(p, y, scaled ? q->scale : 0);
	attempt_set_scale(p, x, scaled ? seg->scale : 0);
	p->c->iss[y] = q->iss;
	h->nxt[y] = q->end;
	if (!same) /* if x has sent a SYN before, it was a different one */
		p->c->count &= (uint8_t)~COUNT_SIMULTANEOUS;
	if (fresh) {
		p->c->iss[x] = seg->seq;
		h->una[x] = seg->seq;
		h->nxt[x] = segment_end(seg);
		attempt_take_pre_data(p, x);
		h->edge[x] = seg->seq + 1 + q->win;
		h->maxwnd[x] = 0;
	}
	attempt_take_pre_data(p, y);
	h->una[y] = seg->ack;
	h->edge[y] = seg->ack + seg->win;
	h->maxwnd[y] = 0;
	if (!same || seg->win > p->c->syn_win[y]) /* else its SYN has offered more */
		p->c->syn_win[y] = seg->win;
	h->ep[x] = (uint8_t)((h->ep[x] & ~EP_ZERO_WINDOW) |
			     (seg->win ? 0 : EP_ZERO_WINDOW));
	h->ep[y] = (uint8_t)((h->ep[y] & ~EP_ZERO_WINDOW) |
			     (q->win ? 0 : EP_ZERO_WINDOW));
	attempt_set_signed(p, q->is_signed && seg->is_signed);
	h->flags &= (uint8_t)~TRACK_TS;
	if (q->has_ts && seg->has_ts) {
		h->flags |= TRACK_TS;
		h->tsmax[x] = seg->tsval;
		h->ts_lag[x] = TS_LAG_NONE;
		attempt_set_ts(p, y, q->tsval, q->tsval);
	}
}

/*
 * Simultaneous open: the second SYN+ACK from x, or an ACK without SYN, completes the
 * handshake of the other side. If there was no SYN+ACK, scale and timestamps are those of
 * the two SYNs.
 */
static inline void
attempt_answer_late(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	struct track_cold *c = p->c;
	uint8_t y = !x;
	struct tcp_candidate a, b;
	bool scaled, has_ts;

	if (!attempt_answered(p)) {
		a = attempt_candidate(p, x);
		b = attempt_candidate(p, y);
		scaled = a.scale != TCP_NO_SCALE && b.scale != TCP_NO_SCALE;
		has_ts = a.has_ts && b.has_ts;
		attempt_set_scale(p, x, scaled ? a.scale : 0);
		attempt_set_scale(p, y, scaled ? b.scale : 0);
		h->edge[x] = c->iss[x] + 1 + b.win;
		h->ts_lag[x] = h->ts_lag[y] = TS_LAG_NONE;
		h->flags = (uint8_t)((h->flags & ~TRACK_TS) | (has_ts ? TRACK_TS : 0));
		attempt_set_signed(p, a.is_signed && b.is_signed);
	}
	h->una[y] = seg->ack;
	if (seg->flags & TCP_SYN) {
		h->edge[y] = seg->ack + seg->win;
		if (seg->win > c->syn_win[y])
			c->syn_win[y] = seg->win;
	} else {
		h->edge[y] = seg->ack + ((uint32_t)seg->win << attempt_scale(p, x));
		if (seg->win > h->maxwnd[y])
			h->maxwnd[y] = seg->win;
	}
}

/* Find the newest SYN of x that ack acknowledges. *second: it is the one in `second`. */
static inline bool
attempt_match(const struct tcp_attempt *p, uint8_t x, uint32_t ack,
	      struct tcp_candidate *q, bool *second)
{
	const struct tcp_handshake_ext *handshake = p->handshake;
	bool first_fits, second_fits;

	*q = attempt_candidate(p, x);
	*second = false;
	first_fits = attempt_began(p, x) && candidate_acked(q, ack);
	second_fits = handshake && handshake->has_second[x] &&
		      candidate_acked(&handshake->second[x], ack);
	if (second_fits && (!first_fits || !handshake->second_is_older[x])) {
		*q = handshake->second[x];
		*second = true;
	}
	return first_fits || second_fits;
}

/* Exchange the SYN of x in hot and cold with the one in `second`. */
static inline void
attempt_swap_candidates(const struct tcp_attempt *p, uint8_t x)
{
	struct tcp_candidate q = attempt_candidate(p, x);

	attempt_syn_sent(p, x, &p->handshake->second[x]);
	p->handshake->second[x] = q;
	p->handshake->second_is_older[x] = !p->handshake->second_is_older[x];
}

/*
 * Update the attempt for a further copy of a SYN of x. The copy may carry data (TFO), or
 * options that the first one lacked (SYN-3). Does not refresh a timer (MODEL-3). Returns
 * false when no stored SYN of x has this sequence number.
 */
static inline bool
attempt_syn_again(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	struct tcp_candidate *q;
	bool known = false;

	if (!ep_has(p, x, EP_SS))
		return false;
	if (p->c->iss[x] == seg->seq) {
		known = true;
		/*
		 * Only before the handshake is complete, and if x began with this SYN:
		 * later the SYN may seem to be beyond nxt, which wraps.
		 */
		if (attempt_began(p, x) && !(p->h->ep[0] & p->h->ep[1] & EP_SA))
			h->nxt[x] = seq_max(segment_end(seg), h->nxt[x]);
		if (!attempt_answered(p)) {
			if (attempt_scale(p, x) == SCALE_NONE &&
			    seg->scale != TCP_NO_SCALE)
				attempt_set_scale(p, x, seg->scale);
			if (seg->is_signed)
				attempt_sign_syn(p, x, true);
			if (h->ts_lag[x] == TS_LAG_NONE && seg->has_ts) {
				h->ts_lag[x] = 0;
				h->tsmax[x] = seg->tsval;
			}
		}
	}
	if (p->handshake && p->handshake->has_second[x] &&
	    p->handshake->second[x].iss == seg->seq) {
		known = true;
		q = &p->handshake->second[x];
		q->end = seq_max(segment_end(seg), q->end);
		if (q->scale == TCP_NO_SCALE)
			q->scale = seg->scale;
		q->is_signed = q->is_signed || seg->is_signed;
		if (!q->has_ts && seg->has_ts) {
			q->has_ts = true;
			q->tsval = seg->tsval;
		}
	}
	return known;
}

/* Store a further SYN of x, which is unanswered like the first. The older one is kept. */
static inline void
attempt_syn_candidate(const struct tcp_attempt *p, uint8_t x,
		      const struct tcp_segment *seg)
{
	if (!p->handshake)
		return;
	if (p->handshake->has_second[x] && p->handshake->second_is_older[x])
		attempt_swap_candidates(p, x);
	p->handshake->second[x] = candidate_of(seg);
	p->handshake->has_second[x] = true;
	p->handshake->second_is_older[x] = false;
}

/*
 * PICK-1: the first segment seen is a SYN+ACK of x. Assume that it answers a SYN that
 * offered any window and any scale. x is the initiator for the rules, since they were
 * evaluated for x.
 */
TRACK_RARE_VOID
attempt_pickup_answer(const struct tcp_attempt *p, uint8_t x,
		      const struct tcp_segment *seg, uint32_t now)
{
	struct tcp_candidate q = {
		.iss = seg->ack - 1,
		.end = seg->ack,
		.tsval = seg->tsecr,
		.win = 65535,
		.scale = seg->scale == TCP_NO_SCALE ? TCP_NO_SCALE : TCP_MAX_SCALE,
		.has_ts = seg->has_ts,
	};

	attempt_begin(p, !x, &q, now, now);
	attempt_answer(p, x, &q, seg);
	p->h->flags = (uint8_t)((p->h->flags & ~TRACK_ORIG) | (x ? TRACK_ORIG : 0));
	p->c->flags = (uint8_t)(COLD_LOOSE | COLD_UNSEEN(!x));
}

/* PICK-1: initialise the connection from a mid-stream ACK of x, which may have a FIN. */
TRACK_RARE_VOID
attempt_pickup(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
	       uint32_t now)
{
	struct track_hot *h = p->h;
	struct track_cold *c = p->c;
	uint8_t y = !x;

	*h = (struct track_hot){.last = now, .flags = x ? TRACK_ORIG : 0};
	h->ep[0] = h->ep[1] = EP_SS | EP_PA | EP_SA;
	h->scale = TCP_MAX_SCALE << 4 | TCP_MAX_SCALE;
	h->una[x] = seg->seq;
	h->nxt[x] = segment_end(seg);
	h->edge[x] = seg->seq + (65535u << TCP_MAX_SCALE);
	h->maxwnd[x] = 65535;
	h->una[y] = h->nxt[y] = seg->ack;
	h->edge[y] = seg->ack + ((uint32_t)seg->win << TCP_MAX_SCALE);
	h->maxwnd[y] = seg->win;
	if (seg->win == 0)
		h->ep[x] |= EP_ZERO_WINDOW;
	c->iss[x] = seg->seq - 1;
	c->iss[y] = seg->ack - 1;
	c->syn_win[y] = 65535;
	c->t0 = now;
	c->count = 0;
	c->flags = COLD_LOOSE | COLD_UNSEEN(0) | COLD_UNSEEN(1);
	if (seg->flags & TCP_FIN)
		attempt_fin_sent(p, x, seg);
}

/*
 * ACC-10, LIB-1: x continues after its SYN, but the answer to that took another path. The
 * acknowledgment of x is all that is known of y.
 */
TRACK_RARE_VOID
attempt_answered_elsewhere(const struct tcp_attempt *p, uint8_t x,
			   const struct tcp_segment *seg, uint32_t now)
{
	struct tcp_candidate q = attempt_candidate(p, x);
	bool has_ts = q.has_ts && seg->has_ts;
	struct track_hot *h = p->h;
	struct track_cold *c = p->c;
	uint8_t y = !x;

	h->ep[x] = h->ep[y] = EP_SS | EP_PA | EP_SA;
	attempt_set_scale(p, x, q.scale == TCP_NO_SCALE ? 0 : q.scale);
	attempt_set_scale(p, y, q.scale == TCP_NO_SCALE ? 0 : TCP_MAX_SCALE);
	c->iss[y] = seg->ack - 1;
	h->una[y] = h->nxt[y] = seg->ack;
	h->edge[y] = seg->ack + ((uint32_t)seg->win << attempt_scale(p, x));
	h->maxwnd[y] = seg->win;
	h->una[x] = q.iss + 1;
	h->nxt[x] = seq_max(segment_end(seg), q.end);
	h->edge[x] = h->una[x] + (65535u << attempt_scale(p, y));
	h->maxwnd[x] = 65535;
	h->flags = (uint8_t)((h->flags & ~TRACK_TS) | (has_ts ? TRACK_TS : 0));
	h->ts_lag[x] = h->ts_lag[y] = TS_LAG_STALE;
	h->last = now;
	c->flags |= (uint8_t)(COLD_LOOSE | COLD_UNSEEN(y));
	if (seg->flags & TCP_FIN)
		attempt_fin_sent(p, x, seg);
}

#endif
