/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * SYN and SYN+ACK: SYN-1 to SYN-4, TW-2.
 *
 * A SYN destroys nothing (SYN-1). From SYN_RECEIVED on it is forwarded and opens a
 * *shadow*, an attempt of its own beside the connection, that takes its place only when
 * its sender's ACK completes it. The endpoint decides, as if we were not there: it
 * answers SYN+ACK or a challenge ACK, and who forges SYNs gains nothing.
 */
#ifndef TRACK_TCP_SYN_H
#define TRACK_TCP_SYN_H

#include <track/seg_ctx.h>

static inline struct tcp_attempt
shadow_attempt(struct tcp_shadow *shadow)
{
	return (struct tcp_attempt){&shadow->hot, &shadow->cold, &shadow->handshake};
}

/*
 * The place of a new shadow. Of two others the newest stays, but one that has been
 * answered makes no room while one that has not is there.
 */
static inline struct tcp_shadow *
side_new_shadow(struct tcp_ext *ext)
{
	struct tcp_attempt older = shadow_attempt(&ext->shadow[0]);
	struct tcp_attempt newer = shadow_attempt(&ext->shadow[1]);

	if (ext->shadow[0].live && ext->shadow[1].live &&
	    (attempt_answered(&newer) || !attempt_answered(&older)))
		ext->shadow[0] = ext->shadow[1];
	return &ext->shadow[ext->shadow[0].live ? 1 : 0];
}

/* A new shadow begins with x's SYN q. */
static inline struct tcp_attempt
shadow_begin(struct tcp_ext *ext, uint8_t x, const struct tcp_candidate *q, uint32_t t0,
	     uint32_t now)
{
	struct tcp_shadow *shadow = side_new_shadow(ext);
	struct tcp_attempt n;

	*shadow = (struct tcp_shadow){.live = true};
	n = shadow_attempt(shadow);
	attempt_begin(&n, x, q, t0, now);
	return n;
}

/* A SYN beside a live connection, allowed by the rules. */
TRACK_RARE enum tcp_outcome
syn_shadow(const struct seg_ctx *st)
{
	const struct tcp_segment *seg = st->in->seg;
	struct tcp_candidate q = candidate_of(seg);
	uint8_t x = seg_side(st);
	struct tcp_shadow *shadow;
	struct tcp_attempt n;
	int i;

	if (!TRACK_EXTS || !st->side)
		/* not remembered: the endpoints will have to repeat it */
		return TCP_PASS;
	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->side->shadow[i];
		n = shadow_attempt(shadow);
		if (!shadow->live || attempt_orig(&n) != x)
			continue;
		if (!attempt_syn_again(&n, x, seg)) {
			if (attempt_phase(&n) != TCP_PHASE_SYN_SENT)
				continue;
			attempt_syn_candidate(&n, x, seg);
		}
		shadow->cold.t0 = st->in->now;
		return TCP_PASS;
	}
	shadow_begin(st->side, x, &q, st->in->now, st->in->now);
	return TCP_PASS;
}

/*
 * Whether the SYN crosses one that opened a shadow and has not been answered: it is
 * the second half of a simultaneous open that the rules have let in (RFC 5382 REQ-2).
 */
static inline bool
syn_crosses_shadow(const struct seg_ctx *st)
{
	bool found = false;
	int i;

	if (!st->side)
		return false;
	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&st->side->shadow[i]);

		if (st->side->shadow[i].live && attempt_orig(&n) != seg_side(st) &&
		    attempt_phase(&n) == TCP_PHASE_SYN_SENT)
			found = true;
	}
	return found;
}

/* Whether a shadow of its sender has that SYN: it has passed before. */
static inline bool
shadow_knows_syn(const struct seg_ctx *st, uint32_t seq)
{
	uint8_t x = seg_side(st);
	bool found = false;
	int i;

	for (i = 0; st->side && i < TCP_SHADOWS; i++) {
		const struct tcp_shadow *shadow = &st->side->shadow[i];

		if (shadow->live && (shadow->hot.flags & TRACK_ORIG) == x &&
		    (shadow->cold.iss[x] == seq ||
		     (shadow->handshake.has_second[x] &&
		      shadow->handshake.second[x].iss == seq)))
			found = true;
	}
	return found;
}

TRACK_CALL enum tcp_outcome
seg_syn(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	enum tcp_phase phase = attempt_phase(p);
	struct tcp_candidate q;

	if (phase == TCP_PHASE_SYN_SENT || phase == TCP_PHASE_SYN_RECEIVED
		    ? attempt_syn_again(p, x, seg)
		    : phase != TCP_PHASE_CLOSED && p->c->iss[x] == seg->seq &&
			      attempt_syn_again(p, x, seg))
		return TCP_PASS;
	if (phase == TCP_PHASE_SYN_SENT && ep_has(p, x, EP_SS)) {
		if (seg_needs_side(st))
			return TCP_NEED_INPUT;
		attempt_syn_candidate(p, x, seg);
		return TCP_PASS;
	}
	if (phase == TCP_PHASE_SYN_SENT) { /* simultaneous open, SYN-6 */
		q = candidate_of(seg);
		attempt_syn_sent(p, x, &q);
		p->c->count |= COUNT_SIMULTANEOUS;
		return TCP_PASS;
	}
	if (!syn_crosses_shadow(st) && seg_needs_rules(st))
		return TCP_NEED_INPUT;
	if (st->in->rules == TCP_RULES_DENY)
		return seg_drop(st, REASON_POLICY_DROP);
	if (phase == TCP_PHASE_SYN_RECEIVED && ep_has(p, y, EP_PA) &&
	    !ep_has(p, y, EP_SA) && seq_after(seg->seq, p->c->iss[x]) &&
	    seq_before(seg->seq, p->h->edge[x]) && !shadow_knows_syn(st, seg->seq))
		return seg_drop(st, REASON_TCP_SYN_IN_WINDOW);
	if (seg_needs_side(st))
		return TCP_NEED_INPUT;
	return syn_shadow(st);
}

/* Whether some shadow waits for the SYN+ACK that acknowledges ack, from side x. */
static inline bool
shadow_expects(struct tcp_ext *ext, uint8_t x, uint32_t ack)
{
	struct tcp_candidate q;
	bool second, found = false;
	int i;

	for (i = 0; ext && i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&ext->shadow[i]);

		if (ext->shadow[i].live && attempt_match(&n, !x, ack, &q, &second))
			found = true;
	}
	return found;
}

/* SYN-5: a SYN+ACK of x that answers no SYN that we know. */
static inline void
attempt_note_synack(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	if (!p->handshake)
		return;
	p->handshake->synack = *seg;
	p->handshake->synack_side = x + 1;
}

/* SYN+ACK while the pair lingers. */
TRACK_RARE enum tcp_outcome
synack_lingering(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (shadow_expects(st->side, x, seg->ack))
		return TCP_PASS_NO_UPDATE; /* SYN-4: it goes to the shadow */
	if (ep_has(p, y, EP_SS) && !ep_has(p, y, EP_PA) &&
	    attempt_match(p, y, seg->ack, &q, &second)) {
		/* the RST may have come from, or been lost on its way to, a SYN_SENT */
		attempt_begin(p, y, &q, p->c->t0, st->in->now);
		attempt_answer(p, x, &q, seg);
		return TCP_PASS;
	}
	if (seg_needs_side(st))
		return TCP_NEED_INPUT;
	if (!seg_take_one(st, TCP_RATE_CLOSED, x))
		return seg_drop(st, REASON_TCP_RATE);
	/* the shadow that it answers may have lost its place; its own is a ghost's */
	if (!ep_has(p, x, EP_SS) || seg->seq != p->c->iss[x])
		attempt_note_synack(p, x, seg);
	return TCP_PASS_NO_UPDATE;
}

/* SYN+ACK while some side has not been answered. */
static inline enum tcp_outcome
synack_syn_sent(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (!ep_has(p, y, EP_SS)) /* from the initiator toward LISTEN */
		return seg_drop(st, REASON_TCP_NO_HANDSHAKE);
	if (!attempt_match(p, y, seg->ack, &q, &second) &&
	    !st->in->config->tcp_be_liberal) {
		if (seg_needs_side(st))
			return TCP_NEED_INPUT;
		attempt_note_bad_ack(p, y, seg->ack);
		attempt_note_synack(p, x, seg);
		return TCP_PASS_NO_UPDATE; /* its receiver must answer with RST */
	}
	if (second)
		attempt_swap_candidates(p, y);
	attempt_answer(p, x, &q, seg);
	p->h->last = st->in->now;
	return TCP_PASS;
}

/* The first SYN+ACK was lost behind us: another one of x, to a SYN of y that we know. */
TRACK_RARE_VOID
synack_shadow(const struct seg_ctx *st, const struct tcp_attempt *p,
	      const struct tcp_candidate *q)
{
	uint8_t x = seg_side(st), y = !x;
	struct tcp_shadow *shadow;
	struct tcp_attempt n;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->side->shadow[i];
		if (shadow->live && (shadow->hot.flags & TRACK_ORIG) == y &&
		    shadow->cold.iss[y] == q->iss &&
		    shadow->cold.iss[x] == st->in->seg->seq)
			return;
	}
	n = shadow_begin(st->side, y, q, p->c->t0, st->in->now);
	attempt_answer(&n, x, q, st->in->seg);
}

static inline enum tcp_outcome
synack_answered(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	struct track_hot *h = p->h;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (ep_has(p, x, EP_SS) && seg->seq == p->c->iss[x] &&
	    attempt_acked(p, y, seg->ack)) {
		if (!ep_has(p, y, EP_SA)) { /* the second one of a simultaneous open */
			attempt_answer_late(p, x, seg);
			h->ep[x] |= EP_PA;
			h->ep[y] |= EP_SA;
			h->last = st->in->now;
		}
		attempt_update_ts(p, x, seg);
		/* after half the space, an old one looks like the newest */
		if (attempt_phase(p) != TCP_PHASE_TIME_WAIT &&
		    acc4_holds(p, y, seg->ack) && !seq_after(seg->ack, h->nxt[y])) {
			h->una[y] = seq_max(seg->ack, h->una[y]);
			h->edge[y] = seq_max(seg->ack + seg->win, h->edge[y]);
		}
		return TCP_PASS;
	}
	if (seg_needs_side(st))
		return TCP_NEED_INPUT;
	if (attempt_match(p, y, seg->ack, &q, &second) ||
	    (st->in->config->tcp_be_liberal && attempt_began(p, y))) {
		if (TRACK_EXTS && st->side)
			synack_shadow(st, p, &q);
		return TCP_PASS;
	}
	if (st->in->config->tcp_be_liberal && attempt_phase(p) != TCP_PHASE_SYN_RECEIVED)
		return TCP_PASS;
	if (!seg_take_one(st, TCP_RATE_SYNACK, 0))
		return seg_drop(st, REASON_TCP_RATE);
	attempt_note_bad_ack(p, y, seg->ack);
	attempt_note_synack(p, x, seg);
	return TCP_PASS_NO_UPDATE;
}

TRACK_CALL enum tcp_outcome
seg_synack(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	switch (attempt_phase(p)) {
	case TCP_PHASE_CLOSED:
		return synack_lingering(st, p);
	case TCP_PHASE_SYN_SENT:
		return synack_syn_sent(st, p);
	default:
		return synack_answered(st, p);
	}
}

#endif
