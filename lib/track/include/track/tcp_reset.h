/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * RST-1 to RST-10: which reset is believed.
 *
 * An endpoint believes a RST whose SEQ is exactly its RCV.NXT (RFC 5961 3.2). That is
 * somewhere in [una, nxt] (MODEL-1), so what lies there passes. It ends the connection here
 * only where the two are one number; else it is in doubt (rst_pend) until both ends have been
 * probed, or the one that is said to be dead has spoken (RST-7).
 */
#ifndef TRACK_TCP_RESET_H
#define TRACK_TCP_RESET_H

#include <track/tcp_step.h>

static inline bool
step_has_shadow_of(const struct tcp_step *st, uint8_t x)
{
	bool found = false;
	int i;

	if (!st->side)
		return false;
	for (i = 0; i < TCP_SHADOWS; i++)
		if (st->side->shadow[i].live &&
		    (st->side->shadow[i].hot.flags & TRACK_ORIG) == x)
			found = true;
	return found;
}

/*
 * RST-2: x has not sent the SYN that somebody has answered, an old duplicate or a forged one:
 * only that is gone. Where it is the only one, so is the connection; in a simultaneous open the
 * other side's stays. False: the RST is about none of them.
 */
static inline bool
reset_syn(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint32_t seq = st->in->seg->seq;
	uint8_t x = step_side(st), y = !x;
	struct tcp_rare *rare = p->rare;
	struct tcp_candidate q;

	if (rare && rare->has_second[x]) {
		if (seq_within(seq, p->c->iss[x], p->h->nxt[x]))
			pair_swap_candidates(p, x);
		if (!seq_within(seq, rare->second[x].iss, rare->second[x].end))
			return false;
		rare->has_second[x] = false;
		if (!rare->ooo_ack_side) /* the same RST may come once more */
			pair_note_ooo_ack(p, x, seq);
		return true;
	}
	if (!seq_within(seq, p->c->iss[x], p->h->nxt[x]))
		return false;
	if (!ep_has(p, y, EP_SS)) {
		pair_close(p, x, seq, st->in->now);
		return true;
	}
	q = pair_candidate(p, y);
	pair_begin(p, y, &q, p->c->t0, p->h->last);
	return true;
}

/* RST-1 and RST-2: nobody has answered a SYN yet. */
static inline enum tcp_outcome
reset_syn_sent(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st);
	struct tcp_candidate q;
	bool second;

	if (pair_state(p, !x) == TCP_STATE_SYN_SENT &&
	    (st->in->config->tcp_be_liberal ||
	     ((seg->flags & TCP_ACK) && pair_match(p, !x, seg->ack, &q, &second)))) {
		pair_close(p, x, seg->seq, st->in->now); /* RST-1 */
		return TCP_PASS;
	}
	if (pair_state(p, x) == TCP_STATE_SYN_SENT) { /* RST-2 */
		if (reset_syn(st, p) || pair_is_ooo_ack(p, x, seg->seq))
			return TCP_PASS;
	}
	return step_drop(st, REASON_TCP_RST_SYN_SENT);
}

/* RST-6: in the window, but RCV.NXT it cannot be. Ask the receiver what it is. */
static inline enum tcp_outcome
reset_inexact(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint8_t x = step_side(st);

	if (!pair_is_signed(p) && step_needs_side(st))
		return TCP_ASK;
	if (!pair_is_signed(p) && step_take_one(st, TCP_RATE_PROBE, x)) {
		st->r->action = ACTION_PROBE;
		st->r->made_to = !x;
		st->r->made = pair_make_probe(p, x);
	}
	return step_drop(st, REASON_TCP_RST_INEXACT);
}

/* RST-2 in SYN_RECEIVED: only the SYN that was answered is gone, the other one lives. */
static inline void
reset_candidate(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint8_t x = step_side(st);
	struct tcp_rare *rare = p->rare;

	pair_begin(p, x, &rare->second[x], p->c->t0, st->in->now);
	rare->has_second[x] = false;
	pair_note_ooo_ack(p, x, st->in->seg->seq);
}

/* RST-5: it may be RCV.NXT. */
static inline void
reset_believed(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint32_t seq = st->in->seg->seq;
	uint8_t x = step_side(st);

	if (p->h->una[x] == p->h->nxt[x] && seq == p->h->una[x] && !pair_is_signed(p))
		pair_close(p, x, seq, st->in->now);
	else if (!(p->c->flags & COLD_RST_PEND) || pair_rst_side(p) != x)
		pair_set_rst_pend(p, x, seq_max(seq, p->h->una[x]), st->in->now);
	else if (pair_probes(p) && seq == p->h->una[x])
		pair_close(p, x, seq, st->in->now); /* the answer to our probe */
}

/*
 * RST-10: once it has the FIN of x, Linux takes the FIN's own number as well as the
 * one after it, and some senders use that.
 */
static inline bool
reset_at_fin(const struct tcp_pair *p, uint8_t x, uint32_t seq)
{
	return ep_has(p, x, EP_FS) && seq == p->c->fin[x] && seq + 1 == p->h->una[x];
}

/* A RST of in->side, on a pair that has been answered. */
static inline enum tcp_outcome
reset_answered(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	const struct track_hot *h = p->h;
	uint8_t x = step_side(st), y = !x;
	bool has_ack = (seg->flags & TCP_ACK) && seg->ack != 0;
	bool inside = seq_within(seg->seq, h->una[x], h->nxt[x]) ||
		      reset_at_fin(p, x, seg->seq);

	if (!ep_has(p, y, EP_PA) && (seg->flags & TCP_ACK) &&
	    pair_acked(p, y, seg->ack) && !inside) {
		pair_set_rst_pend(p, x, seg->seq, st->in->now); /* RST-9 */
		return TCP_PASS;
	}
	if (has_ack && !(acc4_holds(p, y, seg->ack) && acc3_holds(p, y, seg->ack)))
		return step_drop(st, REASON_TCP_RST_ACK); /* RST-3 */
	if (!inside && pair_is_ooo_ack(p, x, seg->seq))
		return TCP_TOLERATED; /* RST-2: the answer to what we have passed */
	if (pair_state(p, y) == TCP_STATE_TIME_WAIT && ep_has(p, x, EP_FA) &&
	    !(seg->seq == h->una[x] && step_has_shadow_of(st, x)))
		return step_drop(st, REASON_TCP_RST_TIME_WAIT); /* RST-8 */
	if (!inside && (seq_before(seg->seq, h->una[x]) ||
			seq_after(seg->seq, seq_max(h->edge[x], h->nxt[x]))))
		return step_drop(st, REASON_TCP_RST_SEQ); /* RST-4 */
	if (!inside)
		return reset_inexact(st, p);
	if (pair_state(p, y) == TCP_STATE_SYN_RECEIVED && x == pair_orig(p) && p->rare &&
	    p->rare->has_second[x])
		reset_candidate(st, p);
	else
		reset_believed(st, p);
	return TCP_PASS;
}

TRACK_RARE enum tcp_outcome
step_reset(const struct tcp_step *st, const struct tcp_pair *p)
{
	switch (pair_column(p)) {
	case TCP_COLUMN_CLOSED:
		return TCP_TOLERATED;
	case TCP_COLUMN_SYN_SENT:
		return reset_syn_sent(st, p);
	default:
		break;
	}
	if (st->in->config->tcp_be_liberal) { /* LIB-1 */
		pair_close(p, step_side(st), st->in->seg->seq, st->in->now);
		return TCP_PASS;
	}
	return reset_answered(st, p);
}

#endif
