/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * SYN and SYN+ACK: SYN-1 to SYN-4, TW-2.
 *
 * A SYN destroys nothing (SYN-1). From SYN_RECEIVED on it is forwarded and opens a *shadow*,
 * an attempt of its own beside the connection, that takes its place only when its sender's
 * ACK completes it. The endpoint decides, as if we were not there: it answers SYN+ACK or a
 * challenge ACK, and who forges SYNs gains nothing.
 */
#ifndef TRACK_TCP_SYN_H
#define TRACK_TCP_SYN_H

#include <track/tcp_step.h>

static inline struct tcp_pair
shadow_pair(struct tcp_shadow *shadow)
{
	return (struct tcp_pair){&shadow->hot, &shadow->cold, &shadow->rare};
}

/*
 * The place of a new shadow. Of two others the newest stays, but one that has been
 * answered makes no room while one that has not is there.
 */
static inline struct tcp_shadow *
side_new_shadow(struct tcp_side *side)
{
	struct tcp_pair older = shadow_pair(&side->shadow[0]);
	struct tcp_pair newer = shadow_pair(&side->shadow[1]);

	if (side->shadow[0].live && side->shadow[1].live &&
	    (pair_answered(&newer) || !pair_answered(&older)))
		side->shadow[0] = side->shadow[1];
	return &side->shadow[side->shadow[0].live ? 1 : 0];
}

/* A new shadow begins with x's SYN q. */
static inline struct tcp_pair
shadow_begin(struct tcp_side *side, uint8_t x, const struct tcp_candidate *q, uint32_t t0,
	     uint32_t now)
{
	struct tcp_shadow *shadow = side_new_shadow(side);
	struct tcp_pair n;

	*shadow = (struct tcp_shadow){.live = true};
	n = shadow_pair(shadow);
	pair_begin(&n, x, q, t0, now);
	return n;
}

/* A SYN beside a live connection, allowed by the rules. */
TRACK_RARE enum tcp_outcome
syn_shadow(const struct tcp_step *st)
{
	const struct tcp_segment *seg = st->in->seg;
	struct tcp_candidate q = candidate_of(seg);
	uint8_t x = step_side(st);
	struct tcp_shadow *shadow;
	struct tcp_pair n;
	int i;

	if (!TRACK_SIDES || !st->side)
		return TCP_PASS; /* not remembered: the endpoints will have to repeat it */
	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->side->shadow[i];
		n = shadow_pair(shadow);
		if (!shadow->live || pair_orig(&n) != x)
			continue;
		if (!pair_syn_again(&n, x, seg)) {
			if (pair_column(&n) != TCP_COLUMN_SYN_SENT)
				continue;
			pair_syn_candidate(&n, x, seg);
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
syn_crosses_shadow(const struct tcp_step *st)
{
	bool found = false;
	int i;

	if (!st->side)
		return false;
	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_pair n = shadow_pair(&st->side->shadow[i]);

		if (st->side->shadow[i].live && pair_orig(&n) != step_side(st) &&
		    pair_column(&n) == TCP_COLUMN_SYN_SENT)
			found = true;
	}
	return found;
}

/* Whether a shadow of its sender has that SYN: it has passed before. */
static inline bool
shadow_knows_syn(const struct tcp_step *st, uint32_t seq)
{
	uint8_t x = step_side(st);
	bool found = false;
	int i;

	for (i = 0; st->side && i < TCP_SHADOWS; i++) {
		const struct tcp_shadow *shadow = &st->side->shadow[i];

		if (shadow->live && (shadow->hot.flags & TRACK_ORIG) == x &&
		    (shadow->cold.iss[x] == seq ||
		     (shadow->rare.has_second[x] && shadow->rare.second[x].iss == seq)))
			found = true;
	}
	return found;
}

TRACK_CALL enum tcp_outcome
step_syn(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st), y = !x;
	enum tcp_column column = pair_column(p);
	struct tcp_candidate q;

	if (column == TCP_COLUMN_SYN_SENT || column == TCP_COLUMN_SYN_RECEIVED
		    ? pair_syn_again(p, x, seg)
		    : column != TCP_COLUMN_CLOSED && p->c->iss[x] == seg->seq &&
			      pair_syn_again(p, x, seg))
		return TCP_PASS;
	if (column == TCP_COLUMN_SYN_SENT && ep_has(p, x, EP_SS)) {
		if (step_needs_side(st))
			return TCP_ASK;
		pair_syn_candidate(p, x, seg);
		return TCP_PASS;
	}
	if (column == TCP_COLUMN_SYN_SENT) { /* simultaneous open, SYN-6 */
		q = candidate_of(seg);
		pair_syn_sent(p, x, &q);
		p->c->count |= COUNT_SIMULTANEOUS;
		return TCP_PASS;
	}
	if (!syn_crosses_shadow(st) && step_needs_rules(st))
		return TCP_ASK;
	if (st->in->rules == TCP_RULES_DENY)
		return step_drop(st, REASON_POLICY_DROP);
	if (column == TCP_COLUMN_SYN_RECEIVED && ep_has(p, y, EP_PA) &&
	    !ep_has(p, y, EP_SA) && seq_after(seg->seq, p->c->iss[x]) &&
	    seq_before(seg->seq, p->h->edge[x]) && !shadow_knows_syn(st, seg->seq))
		return step_drop(st, REASON_TCP_SYN_IN_WINDOW);
	if (step_needs_side(st))
		return TCP_ASK;
	return syn_shadow(st);
}

/* Whether some shadow waits for the SYN+ACK that acknowledges ack, from side x. */
static inline bool
shadow_expects(struct tcp_side *side, uint8_t x, uint32_t ack)
{
	struct tcp_candidate q;
	bool second, found = false;
	int i;

	for (i = 0; side && i < TCP_SHADOWS; i++) {
		struct tcp_pair n = shadow_pair(&side->shadow[i]);

		if (side->shadow[i].live && pair_match(&n, !x, ack, &q, &second))
			found = true;
	}
	return found;
}

/* SYN-5: a SYN+ACK of x that answers no SYN that we know. */
static inline void
pair_note_synack(const struct tcp_pair *p, uint8_t x, const struct tcp_segment *seg)
{
	if (!p->rare)
		return;
	p->rare->synack = *seg;
	p->rare->synack_side = x + 1;
}

/* SYN+ACK while the pair lingers. */
TRACK_RARE enum tcp_outcome
synack_lingering(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (shadow_expects(st->side, x, seg->ack))
		return TCP_TOLERATED; /* SYN-4: it goes to the shadow */
	if (ep_has(p, y, EP_SS) && !ep_has(p, y, EP_PA) &&
	    pair_match(p, y, seg->ack, &q, &second)) {
		/* the RST may have come from, or been lost on its way to, a SYN_SENT */
		pair_begin(p, y, &q, p->c->t0, st->in->now);
		pair_answer(p, x, &q, seg);
		return TCP_PASS;
	}
	if (step_needs_side(st))
		return TCP_ASK;
	if (!step_take_one(st, TCP_RATE_CLOSED, x))
		return step_drop(st, REASON_TCP_RATE);
	/* the shadow that it answers may have lost its place; its own is a ghost's */
	if (!ep_has(p, x, EP_SS) || seg->seq != p->c->iss[x])
		pair_note_synack(p, x, seg);
	return TCP_TOLERATED;
}

/* SYN+ACK while some side has not been answered. */
static inline enum tcp_outcome
synack_syn_sent(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (!ep_has(p, y, EP_SS)) /* from the initiator toward LISTEN */
		return step_drop(st, REASON_TCP_NO_HANDSHAKE);
	if (!pair_match(p, y, seg->ack, &q, &second) && !st->in->config->tcp_be_liberal) {
		if (step_needs_side(st))
			return TCP_ASK;
		pair_note_ooo_ack(p, y, seg->ack);
		pair_note_synack(p, x, seg);
		return TCP_TOLERATED; /* its receiver must answer with RST */
	}
	if (second)
		pair_swap_candidates(p, y);
	pair_answer(p, x, &q, seg);
	p->h->last = st->in->now;
	return TCP_PASS;
}

/* The first SYN+ACK was lost behind us: another one of x, to a SYN of y that we know. */
TRACK_RARE void
synack_shadow(const struct tcp_step *st, const struct tcp_pair *p,
	      const struct tcp_candidate *q)
{
	uint8_t x = step_side(st), y = !x;
	struct tcp_shadow *shadow;
	struct tcp_pair n;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->side->shadow[i];
		if (shadow->live && (shadow->hot.flags & TRACK_ORIG) == y &&
		    shadow->cold.iss[y] == q->iss &&
		    shadow->cold.iss[x] == st->in->seg->seq)
			return;
	}
	n = shadow_begin(st->side, y, q, p->c->t0, st->in->now);
	pair_answer(&n, x, q, st->in->seg);
}

static inline enum tcp_outcome
synack_answered(const struct tcp_step *st, const struct tcp_pair *p)
{
	const struct tcp_segment *seg = st->in->seg;
	struct track_hot *h = p->h;
	uint8_t x = step_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (ep_has(p, x, EP_SS) && seg->seq == p->c->iss[x] &&
	    pair_acked(p, y, seg->ack)) {
		if (!ep_has(p, y, EP_SA)) { /* the second one of a simultaneous open */
			pair_answer_late(p, x, seg);
			h->ep[x] |= EP_PA;
			h->ep[y] |= EP_SA;
			h->last = st->in->now;
		}
		pair_update_ts(p, x, seg);
		/* after half the space, an old one looks like the newest */
		if (pair_column(p) != TCP_COLUMN_TIME_WAIT &&
		    acc4_holds(p, y, seg->ack) && !seq_after(seg->ack, h->nxt[y])) {
			h->una[y] = seq_max(seg->ack, h->una[y]);
			h->edge[y] = seq_max(seg->ack + seg->win, h->edge[y]);
		}
		return TCP_PASS;
	}
	if (step_needs_side(st))
		return TCP_ASK;
	if (pair_match(p, y, seg->ack, &q, &second) ||
	    (st->in->config->tcp_be_liberal && pair_began(p, y))) {
		if (TRACK_SIDES && st->side)
			synack_shadow(st, p, &q);
		return TCP_PASS;
	}
	if (st->in->config->tcp_be_liberal && pair_column(p) != TCP_COLUMN_SYN_RECEIVED)
		return TCP_PASS;
	if (!step_take_one(st, TCP_RATE_SYNACK, 0))
		return step_drop(st, REASON_TCP_RATE);
	pair_note_ooo_ack(p, y, seg->ack);
	pair_note_synack(p, x, seg);
	return TCP_TOLERATED;
}

TRACK_CALL enum tcp_outcome
step_synack(const struct tcp_step *st, const struct tcp_pair *p)
{
	switch (pair_column(p)) {
	case TCP_COLUMN_CLOSED:
		return synack_lingering(st, p);
	case TCP_COLUMN_SYN_SENT:
		return synack_syn_sent(st, p);
	default:
		return synack_answered(st, p);
	}
}

#endif
