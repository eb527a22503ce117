/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Segments without SYN and RST: ACK, data, FIN. Implements the rows "ACK toward
 * SYN_SENT", "data of the SYN_RECEIVED side" and "FIN+ACK" of the table of verdicts in
 * docs/tcp-tracking.md, and ACC when both sides are synchronised.
 */
#ifndef TRACK_TCP_ACK_H
#define TRACK_TCP_ACK_H

#include <track/tcp_unseen.h>

/* ACC-8: burst 20, refill 20/s, because one retransmission may be several segments. */
#define TCP_OLD_BUCKET ((struct tcp_bucket){TICKS_PER_S / 20, 20})

/*
 * Whether y, whose SYN is not acknowledged yet, has to answer this ACK with a RST
 * (GEN-2).
 */
static inline bool
attempt_handshake_wrong(const struct tcp_attempt *p, uint8_t y, uint32_t ack)
{
	return !ep_has(p, y, EP_SA) && !attempt_acked(p, y, ack);
}

/* RST-7: x acknowledges data that was sent to it after its RST had passed. */
static inline bool
attempt_acks_lingered(const struct tcp_attempt *p, uint32_t ack)
{
	return p->handshake && p->handshake->has_lingered &&
	       seq_after(ack, p->handshake->lingered);
}

/*
 * RST-7: whether the segment contradicts the RST of x. A host that has reset sends
 * nothing but RSTs afterwards.
 */
static inline bool
attempt_contradicts(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg,
		    uint32_t now)
{
	if (!(p->c->flags & COLD_RST_PEND) || attempt_rst_side(p) != x)
		return false;
	if (attempt_handshake_wrong(p, !x, seg->ack))
		return false;
	return seq_after(segment_end(seg), p->c->rst_seq) || attempt_probes(p) ||
	       ticks_since(p->c->rst_tick, now) > TICKS_PER_S ||
	       attempt_acks_lingered(p, seg->ack);
}

/*
 * RST-7: while the pair lingers, segments of the other endpoint still pass, because their
 * receiver may not have reset at all. Update nxt for them: otherwise the receiver's
 * answer would acknowledge data that was never seen.
 */
static inline void
attempt_update_lingering(const struct tcp_attempt *p, uint8_t x,
			 const struct tcp_segment *seg, uint32_t now)
{
	if (attempt_rst_side(p) == x)
		return;
	if (p->handshake && !p->handshake->has_lingered) {
		p->handshake->has_lingered = true;
		p->handshake->lingered = p->h->nxt[x];
	}
	attempt_update(p, x, seg, now);
}

/* PICK-1: replace an unanswered connection by one that is picked up from this segment. */
TRACK_RARE enum tcp_outcome
ack_pickup(const struct seg_ctx *st, const struct tcp_attempt *p, enum reason otherwise)
{
	if (seg_needs_rules(st))
		return TCP_NEED_INPUT;
	if (st->in->rules != TCP_RULES_ALLOW)
		return seg_drop(st, otherwise);
	attempt_pickup(p, seg_side(st), st->in->seg, st->in->now);
	st->r->events |= TRACK_EVENT_RESYNC;
	return TCP_PASS;
}

/* Table of verdicts, column "CLOSED, lingering". */
TRACK_RARE enum tcp_outcome
ack_lingering(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);
	bool fits = attempt_tests(p, x, seg) == 0;

	if (fits && attempt_contradicts(p, x, seg, st->in->now)) { /* RST-7 */
		p->c->flags &= (uint8_t) ~(COLD_RST_PEND | COLD_CLOSED);
		st->r->events |= TRACK_EVENT_RST_FORGED;
		attempt_update(p, x, seg, st->in->now);
		return TCP_PASS;
	}
	if ((p->c->flags & COLD_LOOSE) && !(p->h->flags & TRACK_REPLIED) &&
	    st->in->config->tcp_loose) /* PICK-1: a RST closed an unanswered pickup */
		return ack_pickup(st, p, REASON_TCP_RATE);
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (!seg_take_one(st, TCP_RATE_CLOSED, x))
		return seg_drop(st, REASON_TCP_RATE);
	if (fits)
		attempt_update_lingering(p, x, seg, st->in->now);
	return TCP_PASS_NO_UPDATE;
}

/* x continues although no answer to its SYN was seen: ACC-10, LIB-1. */
TRACK_RARE enum tcp_outcome
ack_unanswered(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct track_config *config = st->in->config;
	uint8_t x = seg_side(st);

	if (config->tcp_loose && !config->tcp_be_liberal &&
	    (st->ext == NULL || seg_is_own(st, p)))
		/* PICK-1: else a forged SYN would prevent the pickup */
		return ack_pickup(st, p, REASON_TCP_NO_HANDSHAKE);
	if (TRACK_EXTS && !config->tcp_be_liberal && config->tcp_asymmetric) {
		if (seg_needs_ext(st))
			return TCP_NEED_INPUT;
		if (!(seg_is_own(st, p) || st->over) || !unseen_answer_shown(st, p))
			return seg_drop(st, REASON_TCP_NO_HANDSHAKE);
		attempt_set_unseen(st, p, COLD_UNSEEN(!x));
	} else if (!config->tcp_be_liberal) {
		return seg_drop(st, REASON_TCP_NO_HANDSHAKE);
	}
	attempt_answered_elsewhere(p, x, st->in->seg, st->in->now);
	return TCP_PASS;
}

/* Table of verdicts, column "a side in SYN_SENT". */
static inline enum tcp_outcome
ack_syn_sent(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;

	if (ep_has(p, x, EP_SS) && ep_has(p, y, EP_SS) && attempt_acked(p, y, seg->ack) &&
	    seg->seq - p->c->iss[x] - 1 <= p->c->syn_win[x]) {
		attempt_answer_late(p, x, seg); /* simultaneous open with plain ACKs */
		p->h->ep[x] |= EP_PA;
		p->h->ep[y] |= EP_SA;
		p->h->nxt[x] = seq_max(segment_end(seg), p->h->nxt[x]);
		p->h->last = st->in->now;
		attempt_update_ts(p, x, seg);
		return TCP_PASS;
	}
	if (attempt_state(p, y) !=
	    TCP_STATE_SYN_SENT) /* from the initiator toward LISTEN */
		return ack_unanswered(st, p);
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	attempt_note_bad_ack(p, y, seg->ack); /* y may not have sent that SYN */
	return TCP_PASS_NO_UPDATE;
}

/*
 * GEN-2: an unacceptable ACK while the SYN+ACK is not acknowledged. The endpoint answers
 * it with a RST.
 */
TRACK_RARE enum tcp_outcome
ack_handshake_wrong(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	if (st->in->config->tcp_unsynchronized_reset && !attempt_is_signed(p)) {
		seg_make_rst(st);
		return seg_drop(st, REASON_TCP_HANDSHAKE_ACK);
	}
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (!seg_take_one(st, TCP_RATE_HANDSHAKE, 0))
		return seg_drop(st, REASON_TCP_HANDSHAKE_ACK);
	attempt_note_bad_ack(p, !seg_side(st), st->in->seg->ack);
	return TCP_PASS_NO_UPDATE;
}

/* ACC-8 and ACC-9: decide about a segment for which the tests in `bad` have failed. */
TRACK_RARE enum tcp_outcome
ack_unacceptable(const struct seg_ctx *st, const struct tcp_attempt *p, uint32_t bad)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);
	bool old = bad == ACC_2 && !seq_after(segment_end(seg), p->h->una[x]);
	/* x may be in SYN_RECEIVED, where it answers an ACK of iss with a RST */
	bool answer = (bad & (ACC_1 | ACC_3)) && ep_has(p, x, EP_SA) &&
		      !attempt_is_signed(p) && st->in->config->tcp_challenge_ack;

	if ((old || answer) && seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (old)
		return seg_take(st, TCP_RATE_OLD, x, TCP_OLD_BUCKET)
			       ? TCP_PASS_NO_UPDATE
			       : seg_drop(st, REASON_TCP_RATE);
	if (answer && seg_take_one(st, TCP_RATE_CHALLENGE, x)) { /* GEN-3 */
		st->r->action = ACTION_CHALLENGE_ACK;
		st->r->generated_to = x;
		st->r->generated = attempt_make_ack(p, !x, p->h->nxt[!x], p->h->una[x]);
	}
	return seg_drop(st, acc_reason(bad));
}

/* LIB-1: pass the segment whatever its numbers, and update the states. */
TRACK_RARE enum tcp_outcome
ack_liberal(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);

	p->h->ep[!x] |= EP_SA;
	p->h->ep[x] |= EP_PA;
	if ((seg->flags & TCP_FIN) && !ep_has(p, x, EP_FS))
		attempt_fin_sent(p, x, seg);
	if (p->h->ep[0] & p->h->ep[1] & EP_FS) {
		p->h->ep[0] |= EP_FA;
		p->h->ep[1] |= EP_FA;
		if (!(p->c->flags & COLD_TIME_WAIT)) {
			p->c->flags |= COLD_TIME_WAIT;
			p->c->tw_tick = st->in->now;
		}
	}
	p->h->last = st->in->now;
	attempt_set_probes(p, 0);
	return TCP_PASS;
}

TRACK_CALL enum tcp_outcome
seg_ack(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	bool liberal = st->in->config->tcp_be_liberal;
	enum tcp_phase phase = attempt_phase(p);
	uint32_t bad;

	if (phase == TCP_PHASE_CLOSED)
		return ack_lingering(st, p);
	if (phase == TCP_PHASE_SYN_SENT)
		return ack_syn_sent(st, p);
	/* y may have sent its FIN in SYN_RECEIVED: its SYN is not acknowledged even so */
	if (!liberal && attempt_handshake_wrong(p, y, seg->ack))
		return ack_handshake_wrong(st, p);
	if ((p->c->flags & COLD_LOOSE) && !liberal && st->in->config->tcp_loose &&
	    attempt_is_other_pickup(p, x, seg))
		return ack_pickup(st, p, REASON_TCP_SEQ_RIGHT);
	bad = attempt_tests(p, x, seg);
	if (bad && liberal)
		return ack_liberal(st, p);
	if (TRACK_EXTS && bad && st->in->config->tcp_asymmetric &&
	    !(bad & (ACC_EARLY | ACC_5))) { /* ACC-10 */
		if (seg_needs_ext(st))
			return TCP_NEED_INPUT;
		if (seg_is_own(st, p) && unseen_shown(st, p, bad))
			bad = 0;
	}
	if (bad)
		return ack_unacceptable(st, p, bad);
	if (TRACK_EXTS && p->handshake)
		unseen_contradicted(p, x, seg);
	if (liberal) {
		p->h->ep[y] |= EP_SA;
		p->h->ep[x] |= EP_PA;
	}
	if (attempt_contradicts(p, x, seg, st->in->now)) { /* RST-7 */
		p->c->flags &= (uint8_t)~COLD_RST_PEND;
		st->r->events |= TRACK_EVENT_RST_FORGED;
	}
	if (seq_after(segment_end(seg), attempt_right_edge(p, x)))
		st->r->events |= TRACK_EVENT_OVERSHOOT;
	attempt_update(p, x, seg, st->in->now);
	return TCP_PASS;
}

#endif
