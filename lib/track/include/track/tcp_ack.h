/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Segments without SYN and RST: ACK, data, FIN. The rows "ACK toward SYN_SENT", "data of the
 * SYN_RECEIVED side" and "FIN+ACK" of the table of verdicts, and ACC where both sides are
 * synchronised.
 */
#ifndef TRACK_TCP_ACK_H
#define TRACK_TCP_ACK_H

#include <track/tcp_unseen.h>

/* ACC-8: one retransmission can be several segments. */
#define TCP_OLD_BUCKET ((struct tcp_bucket){TICKS_PER_S / 20, 20})

/* Whether y, whose SYN nobody has acknowledged yet, answers such an ACK with RST (GEN-2). */
static inline bool
pair_handshake_wrong(const struct tcp_pair *p, uint8_t y, uint32_t ack)
{
	return !ep_has(p, y, EP_SA) && !pair_acked(p, y, ack);
}

/* RST-7: x acknowledges what was sent to it after its RST had passed. */
static inline bool
pair_acks_lingered(const struct tcp_pair *p, uint32_t ack)
{
	return p->rare && p->rare->has_lingered && seq_after(ack, p->rare->lingered);
}

/* RST-7: a host that reset sends nothing but RSTs afterwards. */
static inline bool
pair_contradicts(const struct tcp_pair *p, uint8_t x, const struct tcp_segment *seg,
		 uint32_t now)
{
	if (!(p->c->flags & COLD_RST_PEND) || pair_rst_side(p) != x)
		return false;
	if (pair_handshake_wrong(p, !x, seg->ack))
		return false;
	return seq_after(segment_end(seg), p->c->rst_seq) || pair_probes(p) ||
	       ticks_since(p->c->rst_tick, now) > TICKS_PER_S ||
	       pair_acks_lingered(p, seg->ack);
}

/*
 * RST-7: what the other end sends while the pair lingers may reach its receiver, if that has not reset
 * at all: it counts, or the answer would be of something that was never sent.
 */
static inline void
pair_update_lingering(const struct tcp_pair *p, uint8_t x, const struct tcp_segment *seg,
		      uint32_t now)
{
	if (pair_rst_side(p) == x)
		return;
	if (p->rare && !p->rare->has_lingered) {
		p->rare->has_lingered = true;
		p->rare->lingered = p->h->nxt[x];
	}
	pair_update(p, x, seg, now);
}

/* PICK-1: pick up anew, from this segment, what nobody has answered so far. */
TRACK_RARE enum tcp_outcome
ack_pickup(const struct tcp_step *st, const struct tcp_pair *p, enum reason otherwise)
{
	if (step_needs_rules(st))
		return TCP_ASK;
	if (st->in->rules != TCP_RULES_ALLOW)
		return step_drop(st, otherwise);
	pair_pickup(p, step_side(st), st->in->seg, st->in->now);
	return TCP_PASS;
}

/* The column "CLOSED, lingering". */
TRACK_RARE enum tcp_outcome
ack_lingering(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st);
	bool fits = pair_tests(p, x, seg) == 0;

	if (fits && pair_contradicts(p, x, seg, st->in->now)) { /* RST-7 */
		p->c->flags &= (uint8_t) ~(COLD_RST_PEND | COLD_CLOSED);
		st->r->events |= TRACK_EVENT_RST_FORGED;
		pair_update(p, x, seg, st->in->now);
		return TCP_PASS;
	}
	if ((p->c->flags & COLD_LOOSE) && !(p->h->flags & TRACK_REPLIED) &&
	    st->in->config->tcp_loose) /* PICK-1: a RST of a pickup without an answer */
		return ack_pickup(st, p, REASON_TCP_RATE);
	if (step_needs_side(st))
		return TCP_ASK;
	if (!step_take_one(st, TCP_RATE_CLOSED, x))
		return step_drop(st, REASON_TCP_RATE);
	if (fits)
		pair_update_lingering(p, x, seg, st->in->now);
	return TCP_TOLERATED;
}

/* x goes on, though we have not seen its SYN answered: ACC-10, LIB-1. */
TRACK_RARE enum tcp_outcome
ack_unanswered(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct track_config *config = st->in->config;
	uint8_t x = step_side(st);

	if (config->tcp_loose && !config->tcp_be_liberal &&
	    (st->side == NULL || step_is_own(st, p)))
		/* PICK-1: else who forges a SYN keeps it from being picked up */
		return ack_pickup(st, p, REASON_TCP_NO_HANDSHAKE);
	if (TRACK_SIDES && !config->tcp_be_liberal && config->tcp_asymmetric) {
		if (step_needs_side(st))
			return TCP_ASK;
		if (!step_is_own(st, p) || !unseen_answer_shown(st, p))
			return step_drop(st, REASON_TCP_NO_HANDSHAKE);
		pair_set_unseen(st, p, COLD_UNSEEN(!x));
	} else if (!config->tcp_be_liberal) {
		return step_drop(st, REASON_TCP_NO_HANDSHAKE);
	}
	pair_answered_elsewhere(p, x, st->in->seg, st->in->now);
	return TCP_PASS;
}

/* The column "a side in SYN_SENT". */
static inline enum tcp_outcome
ack_syn_sent(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st), y = !x;

	if (ep_has(p, x, EP_SS) && ep_has(p, y, EP_SS) && pair_acked(p, y, seg->ack) &&
	    seg->seq - p->c->iss[x] - 1 <= p->c->syn_win[x]) {
		pair_answer_late(p, x, seg); /* simultaneous open with plain ACKs */
		p->h->ep[x] |= EP_PA;
		p->h->ep[y] |= EP_SA;
		p->h->nxt[x] = seq_max(segment_end(seg), p->h->nxt[x]);
		p->h->last = st->in->now;
		pair_update_ts(p, x, seg);
		return TCP_PASS;
	}
	if (pair_state(p, y) != TCP_STATE_SYN_SENT) /* from the initiator toward LISTEN */
		return ack_unanswered(st, p);
	if (step_needs_side(st))
		return TCP_ASK;
	pair_note_ooo_ack(p, y, seg->ack); /* y may not have sent that SYN */
	return TCP_TOLERATED;
}

/* GEN-2: a wrong ACK while the SYN+ACK is not acknowledged; the endpoint answers with RST. */
TRACK_RARE enum tcp_outcome
ack_handshake_wrong(const struct tcp_step *st, const struct tcp_pair *p)
{
	if (st->in->config->tcp_unsynchronized_reset && !pair_is_signed(p)) {
		step_make_rst(st);
		return step_drop(st, REASON_TCP_HANDSHAKE_ACK);
	}
	if (step_needs_side(st))
		return TCP_ASK;
	if (!step_take_one(st, TCP_RATE_HANDSHAKE, 0))
		return step_drop(st, REASON_TCP_HANDSHAKE_ACK);
	pair_note_ooo_ack(p, !step_side(st), st->in->seg->ack);
	return TCP_TOLERATED;
}

/* ACC-8 and ACC-9: some tests have failed. */
TRACK_RARE enum tcp_outcome
ack_unacceptable(const struct tcp_step *st, const struct tcp_pair *p, uint32_t bad)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st);
	bool old = bad == ACC_2 && !seq_after(segment_end(seg), p->h->una[x]);
	/* x may be in SYN_RECEIVED, and answers an ACK of iss with a RST */
	bool answer = (bad & (ACC_1 | ACC_3)) && ep_has(p, x, EP_SA) &&
		      !pair_is_signed(p) && st->in->config->tcp_challenge_ack;

	if ((old || answer) && step_needs_side(st))
		return TCP_ASK;
	if (old)
		return step_take(st, TCP_RATE_OLD, x, TCP_OLD_BUCKET)
			       ? TCP_TOLERATED
			       : step_drop(st, REASON_TCP_RATE);
	if (answer && step_take_one(st, TCP_RATE_CHALLENGE, x)) { /* GEN-3 */
		st->r->action = ACTION_CHALLENGE_ACK;
		st->r->made_to = x;
		st->r->made = pair_make_ack(p, !x, p->h->nxt[!x], p->h->una[x]);
	}
	return step_drop(st, acc_reason(bad));
}

/* LIB-1: numbers are not judged; states go on. */
TRACK_RARE enum tcp_outcome
ack_liberal(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st);

	p->h->ep[!x] |= EP_SA;
	p->h->ep[x] |= EP_PA;
	if ((seg->flags & TCP_FIN) && !ep_has(p, x, EP_FS))
		pair_fin_sent(p, x, seg);
	if (p->h->ep[0] & p->h->ep[1] & EP_FS) {
		p->h->ep[0] |= EP_FA;
		p->h->ep[1] |= EP_FA;
		if (!(p->c->flags & COLD_TIME_WAIT)) {
			p->c->flags |= COLD_TIME_WAIT;
			p->c->tw_tick = st->in->now;
		}
	}
	p->h->last = st->in->now;
	pair_set_probes(p, 0);
	return TCP_PASS;
}

TRACK_CALL enum tcp_outcome
step_ack(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st), y = !x;
	bool liberal = st->in->config->tcp_be_liberal;
	enum tcp_column column = pair_column(p);
	uint32_t bad;

	if (column == TCP_COLUMN_CLOSED)
		return ack_lingering(st, p);
	if (column == TCP_COLUMN_SYN_SENT)
		return ack_syn_sent(st, p);
	/* also where y has sent its FIN in SYN_RECEIVED */
	if (!liberal && pair_handshake_wrong(p, y, seg->ack))
		return ack_handshake_wrong(st, p);
	if ((p->c->flags & COLD_LOOSE) && !liberal && pair_is_other_pickup(p, x, seg))
		return ack_pickup(st, p, REASON_TCP_SEQ_RIGHT);
	bad = pair_tests(p, x, seg);
	if (bad && liberal)
		return ack_liberal(st, p);
	if (TRACK_SIDES && bad && st->in->config->tcp_asymmetric &&
	    !(bad & (ACC_EARLY | ACC_5))) { /* ACC-10 */
		if (step_needs_side(st))
			return TCP_ASK;
		if (step_is_own(st, p) && unseen_shown(st, p, bad))
			bad = 0;
	}
	if (bad)
		return ack_unacceptable(st, p, bad);
	if (TRACK_SIDES && p->rare)
		unseen_contradicted(p, x, seg);
	if (liberal) {
		p->h->ep[y] |= EP_SA;
		p->h->ep[x] |= EP_PA;
	}
	if (pair_contradicts(p, x, seg, st->in->now)) { /* RST-7 */
		p->c->flags &= (uint8_t)~COLD_RST_PEND;
		st->r->events |= TRACK_EVENT_RST_FORGED;
	}
	if (seq_after(segment_end(seg), pair_right_edge(p, x)))
		st->r->events |= TRACK_EVENT_OVERSHOOT;
	pair_update(p, x, seg, st->in->now);
	return TCP_PASS;
}

#endif
