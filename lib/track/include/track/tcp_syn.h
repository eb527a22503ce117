/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * SYN and SYN+ACK: SYN-1 to SYN-4, TW-2.
 *
 * A SYN changes nothing in a connection (SYN-1). From SYN_RECEIVED on it is forwarded and
 * opens a *shadow*: an attempt beside the connection, which replaces the connection only
 * when the ACK of the SYN's sender completes it. The endpoint decides, as it would
 * without a firewall: it answers with SYN+ACK or with a challenge ACK. So forged SYNs
 * have no effect.
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
 * The entry for a new shadow. The newest of the existing two is kept, but one that was
 * answered is not replaced while there is one that was not.
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

/* Initialise a new shadow with the SYN q of x. */
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

/* A SYN beside a live connection, accepted by the rules. */
TRACK_RARE enum tcp_outcome
syn_shadow(const struct seg_ctx *st)
{
	const struct tcp_segment *seg = st->in->seg;
	struct tcp_candidate q = candidate_of(seg);
	uint8_t x = seg_side(st);
	struct tcp_shadow *shadow;
	struct tcp_attempt n;
	int i;

	if (!TRACK_EXTS || !st->ext)
		return TCP_PASS; /* not stored: the endpoints have to repeat it */
	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->ext->shadow[i];
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
	shadow_begin(st->ext, x, &q, st->in->now, st->in->now);
	return TCP_PASS;
}

/*
 * Whether the SYN crosses a SYN that opened a shadow and is not answered yet. Then it is
 * the second half of a simultaneous open, which the rules have accepted (RFC 5382 REQ-2).
 */
static inline bool
syn_crosses_shadow(const struct seg_ctx *st)
{
	bool found = false;
	int i;

	if (!st->ext)
		return false;
	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&st->ext->shadow[i]);

		if (st->ext->shadow[i].live && attempt_orig(&n) != seg_side(st) &&
		    attempt_phase(&n) == TCP_PHASE_SYN_SENT)
			found = true;
	}
	return found;
}

/*
 * Whether a shadow that this side began holds a SYN with this number. The SYN is then a
 * copy of one that has passed.
 */
static inline bool
shadow_knows_syn(const struct seg_ctx *st, uint32_t seq)
{
	uint8_t x = seg_side(st);
	bool found = false;
	int i;

	for (i = 0; st->ext && i < TCP_SHADOWS; i++) {
		const struct tcp_shadow *shadow = &st->ext->shadow[i];

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
		if (seg_needs_ext(st))
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
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	return syn_shadow(st);
}

/* Whether a shadow waits for a SYN+ACK of side x with this acknowledgment number. */
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

/* SYN-5: a SYN+ACK of x that answers no known SYN. */
static inline void
attempt_note_synack(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	if (!p->handshake)
		return;
	p->handshake->synack = *seg;
	p->handshake->synack_side = x + 1;
}

/* A SYN+ACK while the pair lingers. */
TRACK_RARE enum tcp_outcome
synack_lingering(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (shadow_expects(st->ext, x, seg->ack))
		return TCP_PASS_NO_UPDATE; /* SYN-4: it goes to the shadow */
	if (ep_has(p, y, EP_SS) && !ep_has(p, y, EP_PA) &&
	    attempt_match(p, y, seg->ack, &q, &second)) {
		/* the RST was forged or lost: y in SYN_SENT waits for this */
		attempt_begin(p, y, &q, p->c->t0, st->in->now);
		attempt_answer(p, x, &q, seg);
		return TCP_PASS;
	}
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (!seg_take_one(st, TCP_RATE_CLOSED, x))
		return seg_drop(st, REASON_TCP_RATE);
	/* it may answer a SYN whose shadow was replaced by later SYNs */
	if (!ep_has(p, x, EP_SS) || seg->seq != p->c->iss[x])
		attempt_note_synack(p, x, seg);
	return TCP_PASS_NO_UPDATE;
}

/* A SYN+ACK while one of the sides has not been answered. */
static inline enum tcp_outcome
synack_syn_sent(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_candidate q;
	bool second;

	if (!ep_has(p, y, EP_SS)) /* sent toward an endpoint that has sent no SYN */
		return seg_drop(st, REASON_TCP_NO_HANDSHAKE);
	if (!attempt_match(p, y, seg->ack, &q, &second) &&
	    !st->in->config->tcp_be_liberal) {
		if (seg_needs_ext(st))
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

/*
 * x has sent a SYN+ACK with another sequence number, which answers a known SYN of y: open
 * a shadow for it. The first SYN+ACK may have been lost behind us, and x may have started
 * again.
 */
TRACK_RARE_VOID
synack_shadow(const struct seg_ctx *st, const struct tcp_attempt *p,
	      const struct tcp_candidate *q)
{
	uint8_t x = seg_side(st), y = !x;
	struct tcp_shadow *shadow;
	struct tcp_attempt n;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		shadow = &st->ext->shadow[i];
		if (shadow->live && (shadow->hot.flags & TRACK_ORIG) == y &&
		    shadow->cold.iss[y] == q->iss &&
		    shadow->cold.iss[x] == st->in->seg->seq)
			return;
	}
	n = shadow_begin(st->ext, y, q, p->c->t0, st->in->now);
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
		/* an old SYN+ACK appears to be new after half the sequence space */
		if (attempt_phase(p) != TCP_PHASE_TIME_WAIT &&
		    acc4_holds(p, y, seg->ack) && !seq_after(seg->ack, h->nxt[y])) {
			h->una[y] = seq_max(seg->ack, h->una[y]);
			h->edge[y] = seq_max(seg->ack + seg->win, h->edge[y]);
		}
		return TCP_PASS;
	}
	if (seg_needs_ext(st))
		return TCP_NEED_INPUT;
	if (attempt_match(p, y, seg->ack, &q, &second) ||
	    (st->in->config->tcp_be_liberal && attempt_began(p, y))) {
		if (TRACK_EXTS && st->ext)
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
