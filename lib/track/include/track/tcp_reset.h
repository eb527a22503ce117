/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * RST-1 to RST-10: which resets are believed.
 *
 * An endpoint accepts a RST only if SEQ equals its RCV.NXT (RFC 5961 3.2). RCV.NXT is
 * somewhere in [una, nxt] (MODEL-1), so a RST in that range passes. It ends the
 * connection here only if una equals nxt. Otherwise it is in doubt (rst_pend) until both
 * endpoints have been probed, or until the endpoint that the RST is from sends another
 * segment (RST-7).
 */
#ifndef TRACK_TCP_RESET_H
#define TRACK_TCP_RESET_H

#include <track/seg_ctx.h>

static inline bool
seg_has_shadow_of(const struct seg_ctx *st, uint8_t x)
{
	bool found = false;
	int i;

	if (!st->ext)
		return false;
	for (i = 0; i < TCP_SHADOWS; i++)
		if (st->ext->shadow[i].live &&
		    (st->ext->shadow[i].hot.flags & TRACK_ORIG) == x)
			found = true;
	return found;
}

/*
 * RST-2: the RST of x says that x has not sent the SYN that was answered: that SYN was an
 * old duplicate or forged. Remove only that SYN, and the connection if it has no other.
 * In a simultaneous open the SYN of the other side is kept. Returns false when the RST
 * refers to none of the SYNs.
 */
static inline bool
reset_syn(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint32_t seq = st->in->seg->seq;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_handshake_ext *handshake = p->handshake;
	struct tcp_candidate q;

	if (handshake && handshake->has_second[x]) {
		if (seq_within(seq, p->c->iss[x], p->h->nxt[x]))
			attempt_swap_candidates(p, x);
		if (!seq_within(seq, handshake->second[x].iss, handshake->second[x].end))
			return false;
		handshake->has_second[x] = false;
		if (!handshake->bad_ack_side) /* the same RST may arrive again */
			attempt_note_bad_ack(p, x, seq);
		return true;
	}
	if (!seq_within(seq, p->c->iss[x], p->h->nxt[x]))
		return false;
	if (!ep_has(p, y, EP_SS)) {
		pair_close(p, x, seq, st->in->now);
		return true;
	}
	q = attempt_candidate(p, y);
	attempt_begin(p, y, &q, p->c->t0, p->h->last);
	return true;
}

/* RST-1 and RST-2 while no SYN has been answered. */
static inline enum tcp_outcome
reset_syn_sent(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);
	struct tcp_candidate q;
	bool second;

	if (attempt_state(p, !x) == TCP_STATE_SYN_SENT &&
	    (st->in->config->tcp_be_liberal ||
	     ((seg->flags & TCP_ACK) && attempt_match(p, !x, seg->ack, &q, &second)))) {
		pair_close(p, x, seg->seq, st->in->now); /* RST-1 */
		return TCP_PASS;
	}
	if (attempt_state(p, x) == TCP_STATE_SYN_SENT) { /* RST-2 */
		if (reset_syn(st, p) || attempt_is_bad_ack(p, x, seg->seq))
			return TCP_PASS;
	}
	return seg_drop(st, REASON_TCP_RST_SYN_SENT);
}

/*
 * RST-6: SEQ is in the window but cannot be RCV.NXT. Send a probe that makes the receiver
 * tell its RCV.NXT.
 */
static inline enum tcp_outcome
reset_inexact(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint8_t x = seg_side(st);

	if (!attempt_is_signed(p) && seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (!attempt_is_signed(p) && seg_take_one(st, TCP_RATE_PROBE, x)) {
		st->r->action = ACTION_PROBE;
		st->r->generated_to = !x;
		st->r->generated = attempt_make_probe(p, x);
	}
	return seg_drop(st, REASON_TCP_RST_INEXACT);
}

/* RST-2 in SYN_RECEIVED: remove the SYN that was answered; keep the other one. */
static inline void
reset_candidate(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint8_t x = seg_side(st);
	struct tcp_handshake_ext *handshake = p->handshake;

	attempt_begin(p, x, &handshake->second[x], p->c->t0, st->in->now);
	handshake->has_second[x] = false;
	attempt_note_bad_ack(p, x, st->in->seg->seq);
}

/* RST-5: SEQ may be RCV.NXT. */
static inline void
reset_believed(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint32_t seq = st->in->seg->seq;
	uint8_t x = seg_side(st);

	if (p->h->una[x] == p->h->nxt[x] && seq == p->h->una[x] && !attempt_is_signed(p))
		pair_close(p, x, seq, st->in->now);
	else if (!(p->c->flags & COLD_RST_PEND) || attempt_rst_side(p) != x)
		attempt_set_rst_pend(p, x, seq_max(seq, p->h->una[x]), st->in->now);
	else if (attempt_probes(p) && seq == p->h->una[x])
		pair_close(p, x, seq, st->in->now); /* it answers our probe */
}

/*
 * RST-10: after Linux has received the FIN of x, it accepts the sequence number of the
 * FIN as well as the one after it, and some senders use the former.
 */
static inline bool
reset_at_fin(const struct tcp_attempt *p, uint8_t x, uint32_t seq)
{
	return ep_has(p, x, EP_FS) && seq == p->c->fin[x] && seq + 1 == p->h->una[x];
}

/* Decide about a RST of in->side, for a pair whose SYN was answered. */
static inline enum tcp_outcome
reset_answered(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	const struct track_hot *h = p->h;
	uint8_t x = seg_side(st), y = !x;
	bool has_ack = (seg->flags & TCP_ACK) && seg->ack != 0;
	bool inside = seq_within(seg->seq, h->una[x], h->nxt[x]) ||
		      reset_at_fin(p, x, seg->seq);

	if (!ep_has(p, y, EP_PA) && (seg->flags & TCP_ACK) &&
	    attempt_acked(p, y, seg->ack) && !inside) {
		attempt_set_rst_pend(p, x, seg->seq, st->in->now); /* RST-9 */
		return TCP_PASS;
	}
	if (has_ack && !(acc4_holds(p, y, seg->ack) && acc3_holds(p, y, seg->ack)))
		return seg_drop(st, REASON_TCP_RST_ACK); /* RST-3 */
	if (!inside && attempt_is_bad_ack(p, x, seg->seq))
		return TCP_PASS_NO_UPDATE; /* RST-2: it answers a segment that passed */
	if (attempt_state(p, y) == TCP_STATE_TIME_WAIT && ep_has(p, x, EP_FA) &&
	    !(seg->seq == h->una[x] && seg_has_shadow_of(st, x)))
		return seg_drop(st, REASON_TCP_RST_TIME_WAIT); /* RST-8 */
	if (!inside && (seq_before(seg->seq, h->una[x]) ||
			seq_after(seg->seq, seq_max(h->edge[x], h->nxt[x]))))
		return seg_drop(st, REASON_TCP_RST_SEQ); /* RST-4 */
	if (!inside)
		return reset_inexact(st, p);
	if (attempt_state(p, y) == TCP_STATE_SYN_RECEIVED && x == attempt_orig(p) &&
	    p->handshake && p->handshake->has_second[x])
		reset_candidate(st, p);
	else
		reset_believed(st, p);
	return TCP_PASS;
}

TRACK_RARE enum tcp_outcome
seg_reset(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	switch (attempt_phase(p)) {
	case TCP_PHASE_CLOSED:
		return TCP_PASS_NO_UPDATE;
	case TCP_PHASE_SYN_SENT:
		return reset_syn_sent(st, p);
	default:
		break;
	}
	if (st->in->config->tcp_be_liberal) { /* LIB-1 */
		pair_close(p, seg_side(st), st->in->seg->seq, st->in->now);
		return TCP_PASS;
	}
	return reset_answered(st, p);
}

#endif
