/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * A segment's way through the rules: first a shadow that it completes (SYN-4), then the
 * connection, then, when that refuses it or only tolerates it, the shadows.
 */
#ifndef TRACK_TCP_MACHINE_H
#define TRACK_TCP_MACHINE_H

#include <track/tcp_ack.h>
#include <track/tcp_reset.h>
#include <track/tcp_syn.h>

#define TCP_SHADOW_BUCKET ((struct tcp_bucket){TICKS_PER_S, 3}) /* SYN-4 */

static inline struct tcp_pair
conn_pair(const struct track_conn *conn)
{
	return (struct tcp_pair){conn->hot, conn->cold,
				 conn->side ? &conn->side->rare : NULL};
}

static inline uint8_t
segment_kind(const struct tcp_segment *seg)
{
	return seg->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
}

/* FLAG-1 */
static inline bool
segment_flags_valid(const struct tcp_segment *seg)
{
	switch (segment_kind(seg)) {
	case TCP_SYN:
	case TCP_SYN | TCP_ACK:
	case TCP_ACK:
	case TCP_ACK | TCP_FIN:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return true;
	default:
		return false;
	}
}

/*
 * SIG-1: both ends sign, and take no notice of what is not signed. A SYN is an attempt
 * of its own, for its receiver to judge.
 */
static inline bool
pair_takes_unsigned(const struct tcp_pair *p, const struct tcp_segment *seg)
{
	return seg->is_signed || !pair_is_signed(p) || segment_kind(seg) == TCP_SYN;
}

static inline enum tcp_outcome
step_dispatch(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint8_t kind = segment_kind(st->in->seg);

	if (!pair_takes_unsigned(p, st->in->seg))
		return step_drop(st, REASON_TCP_UNSIGNED);
	if (kind & TCP_RST)
		return step_reset(st, p);
	if (kind == TCP_SYN)
		return step_syn(st, p);
	if (kind == (TCP_SYN | TCP_ACK))
		return step_synack(st, p);
	return step_ack(st, p);
}

/* What is the engine's in cold stays where another attempt takes the connection's place. */
static inline void
pair_replace(const struct tcp_pair *p, const struct tcp_pair *by)
{
	struct track_cold old = *p->c;

	*p->h = *by->h;
	*p->c = *by->c;
	p->c->id = old.id;
	p->c->side = old.side;
	p->c->l2 = old.l2;
	p->c->rule = old.rule;
	if (p->rare && p->rare != by->rare)
		*p->rare = *by->rare;
}

static inline void
side_forget_shadows(struct tcp_side *side)
{
	side->shadow[0].live = false;
	side->shadow[1].live = false;
}

/*
 * SYN-4: the shadow that follows the connection: the newest. But where both connect at once, and
 * only the older one's SYN has been answered, that is the one they may have agreed on.
 */
static inline struct tcp_shadow *
side_heir(struct tcp_side *side)
{
	struct tcp_shadow *older = &side->shadow[0], *newer = &side->shadow[1];
	struct tcp_pair a = shadow_pair(older), b = shadow_pair(newer);

	if (!newer->live)
		return older;
	if (pair_orig(&a) != pair_orig(&b) && pair_answered(&a) && !pair_answered(&b))
		return older;
	return newer;
}

/* SYN-1: how long a shadow waits. */
static inline bool
shadow_over(struct tcp_shadow *shadow, uint32_t now, const struct track_config *config)
{
	struct tcp_pair n = shadow_pair(shadow);
	uint32_t life = pair_column(&n) == TCP_COLUMN_SYN_SENT && !shadow->rare.heard
				? config->tcp_timeout_close
				: config->tcp_timeout_syn_recv;
	uint32_t since = seq_max(shadow->hot.last, shadow->cold.t0);

	return ticks_since(since, now) > life;
}

/*
 * SYN-4: whether a shadow has become the connection's own: both connect, the connection comes to
 * be by the one's SYN, and the shadow is of the other's. It knows less.
 */
static inline bool
shadow_is_own(struct tcp_shadow *shadow, const struct tcp_pair *p)
{
	struct tcp_pair n = shadow_pair(shadow);
	uint8_t x;

	if (!(p->h->ep[0] & p->h->ep[1] & EP_SA) || (p->c->flags & COLD_CLOSED))
		return false;
	for (x = 0; x < 2; x++)
		if (ep_has(&n, x, EP_SS) && n.c->iss[x] != p->c->iss[x])
			return false;
	return true;
}

TRACK_RARE void
side_prune(struct tcp_side *side, const struct tcp_pair *p, uint32_t now,
	   const struct track_config *config)
{
	int i;

	for (i = 0; i < TCP_SHADOWS; i++)
		if (side->shadow[i].live && (shadow_over(&side->shadow[i], now, config) ||
					     shadow_is_own(&side->shadow[i], p)))
			side->shadow[i].live = false;
	if (!side->shadow[0].live && side->shadow[1].live) {
		side->shadow[0] = side->shadow[1];
		side->shadow[1].live = false;
	}
}

/* SYN-4: shadow i is the connection from now on. */
static inline void
shadow_commit(const struct tcp_step *st, const struct tcp_pair *p, int i)
{
	struct tcp_pair n = shadow_pair(&st->side->shadow[i]);

	pair_replace(p, &n);
	side_forget_shadows(st->side);
	st->r->events |= TRACK_EVENT_RESYNC;
}

/* SYN-4: the ACK of the SYN's sender that completes a shadow. */
TRACK_RARE bool
shadow_completed(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint8_t x = step_side(st), y = !x;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_pair n = shadow_pair(&st->side->shadow[i]);

		if (!st->side->shadow[i].live || !ep_has(&n, x, EP_SA) ||
		    ep_has(&n, x, EP_PA) || !ep_has(&n, y, EP_PA) ||
		    !pair_acked(&n, y, st->in->seg->ack) ||
		    !pair_takes_unsigned(&n, st->in->seg) ||
		    pair_tests(&n, x, st->in->seg) != 0)
			continue;
		shadow_commit(st, p, i);
		pair_update(p, x, st->in->seg, st->in->now);
		return true;
	}
	return false;
}

/*
 * SYN-5: the SYN+ACK that we did not expect has the number of the connection's own, and acknowledged
 * something else. The ACK of x is of the one whose ACK is the nearer below SEQ.
 */
static inline bool
handshake_is_own(const struct tcp_pair *p, uint8_t x, const struct tcp_segment *synack,
		 const struct tcp_segment *seg)
{
	return ep_has(p, !x, EP_SS | EP_PA) && p->c->iss[!x] == synack->seq &&
	       seg->seq - p->c->iss[x] - 1 <= seg->seq - synack->ack;
}

/* SYN-5: an ACK from x of a SYN+ACK whose SYN we do not know, in the window that it offered. */
static inline bool
handshake_agreed(const struct tcp_step *st, const struct tcp_pair *p,
		 const struct tcp_rare *rare)
{
	const struct tcp_segment *seg = st->in->seg;
	struct tcp_segment synack = rare->synack;
	uint8_t x = step_side(st);
	struct tcp_candidate q;

	if (rare->synack_side != !x + 1 || seg->seq - synack.ack > synack.win ||
	    seg->ack != segment_end(&synack) || handshake_is_own(p, x, &synack, seg))
		return false;
	q = (struct tcp_candidate){
		.iss = synack.ack - 1,
		.end = synack.ack,
		.win = 65535,
		.scale = synack.scale == TCP_NO_SCALE ? TCP_NO_SCALE : TCP_MAX_SCALE,
		.has_ts = seg->has_ts,
		.is_signed = seg->is_signed,
		.tsval = seg->tsval,
	};
	st->side->rare = (struct tcp_rare){0};
	side_forget_shadows(st->side);
	pair_begin(p, x, &q, st->in->now, st->in->now);
	pair_answer(p, !x, &q, &synack);
	pair_update(p, x, seg, st->in->now);
	st->r->events |= TRACK_EVENT_RESYNC;
	return true;
}

TRACK_RARE bool
both_agree(const struct tcp_step *st, const struct tcp_pair *p)
{
	int i;

	if (handshake_agreed(st, p, &st->side->rare))
		return true;
	for (i = 0; i < TCP_SHADOWS; i++)
		if (st->side->shadow[i].live &&
		    handshake_agreed(st, p, &st->side->shadow[i].rare))
			return true;
	return false;
}

/* A shadow that is reset goes back to its SYN, the newest it has. */
static inline void
shadow_restart(const struct tcp_step *st, const struct tcp_pair *p,
	       struct tcp_shadow *shadow)
{
	struct tcp_pair n = shadow_pair(shadow);
	uint8_t x = pair_orig(&n), from = step_side(st);
	struct tcp_candidate q;

	if (from != x && pair_column(p) == TCP_COLUMN_SYNCHRONISED &&
	    !(p->c->flags & COLD_RST_PEND)) /* its receiver refused the SYN */
		pair_set_rst_pend(p, from, p->h->una[from], st->in->now);
	if (shadow->rare.has_second[x] && !shadow->rare.second_is_older[x])
		pair_swap_candidates(&n, x);
	shadow->rare.heard = false;
	q = pair_candidate(&n, x);
	pair_begin(&n, x, &q, shadow->cold.t0, st->in->now);
}

/*
 * SYN-1: the SYN+ACK of this shadow was lost before us, but what follows it shows that
 * its peer has answered: it lives as one in SYN_RECEIVED does.
 */
static inline void
shadow_heard(const struct tcp_step *st, struct tcp_shadow *shadow)
{
	struct tcp_pair n = shadow_pair(shadow);
	struct tcp_candidate q;
	bool second;

	if (pair_column(&n) != TCP_COLUMN_SYN_SENT ||
	    !pair_match(&n, !step_side(st), st->in->seg->ack, &q, &second))
		return;
	shadow->rare.heard = true;
	shadow->cold.t0 = st->in->now;
}

/*
 * SYN-4: a segment that the connection refused, or passed only as unacceptable, is put to
 * shadow i by the same rules. TCP_DROP: not this one's either.
 */
static inline enum tcp_outcome
shadow_try(const struct tcp_step *st, const struct tcp_pair *p, int i,
	   enum tcp_outcome first)
{
	struct tcp_shadow *shadow = &st->side->shadow[i], before = *shadow;
	struct tcp_pair n = shadow_pair(shadow);
	const struct tcp_segment *seg = st->in->seg;
	enum tcp_outcome outcome;
	bool empty, confirmed, replaced = false;

	outcome = step_dispatch(st, &n);
	/* a FIN of who answered the SYN confirms nothing, though both are synchronised then */
	confirmed = (n.h->ep[0] & n.h->ep[1] & EP_SA) != 0;
	empty = segment_kind(seg) == TCP_ACK && segment_len(seg) == 0 && !confirmed;
	if (shadow->cold.flags & COLD_CLOSED) {
		shadow_restart(st, p, shadow);
		empty = false;
	} else if (shadow->cold.flags & COLD_RST_PEND) { /* it ends soon by itself */
		shadow->cold.flags &= (uint8_t) ~(COLD_RST_PEND | COLD_RST_SIDE);
		empty = false;
	} else if (confirmed) {
		shadow_commit(st, p, i);
		replaced = true;
	}
	if (outcome == TCP_DROP || (outcome == TCP_TOLERATED && first == TCP_TOLERATED))
		return TCP_DROP;
	if ((empty || outcome == TCP_TOLERATED) &&
	    !step_take(st, TCP_RATE_SHADOW, 0, TCP_SHADOW_BUCKET)) {
		if (first == TCP_DROP) /* MODEL-2 */
			*shadow = before;
		return TCP_DROP;
	}
	if (!replaced && outcome == TCP_PASS)
		st->side->rare.synack_side = 0;
	if (outcome == TCP_TOLERATED && segment_kind(seg) != (TCP_SYN | TCP_ACK))
		shadow_heard(st, shadow);
	return outcome;
}

/* After the connection itself has said `first`. */
TRACK_RARE enum tcp_outcome
to_shadows(const struct tcp_step *st, const struct tcp_pair *p, enum tcp_outcome first)
{
	struct track_result before = *st->r;
	enum tcp_outcome outcome;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		if (!st->side->shadow[i].live)
			continue;
		outcome = shadow_try(st, p, i, first);
		if (outcome != TCP_DROP) {
			st->r->reason = REASON_NONE;
			st->r->action = ACTION_NONE;
			return outcome;
		}
		before.events |= st->r->events;
		*st->r = before; /* a shadow makes no segments and gives no reasons */
	}
	return first;
}

/* Whether cold or the side entry has something to say to each segment. */
static inline void
pair_set_slow(const struct tcp_pair *p, const struct tcp_side *side)
{
	bool slow = (p->c->flags & (COLD_CLOSED | COLD_RST_PEND | COLD_UNSEEN(0) |
				    COLD_UNSEEN(1))) != 0 ||
		    pair_probes(p) != 0;

	if (side && (side->shadow[0].live || side->rare.synack_side ||
		     side->rare.refused[0].count || side->rare.refused[1].count))
		slow = true;
	if (slow)
		p->h->flags |= TRACK_SLOW;
	else
		p->h->flags &= (uint8_t)~TRACK_SLOW;
}

/*
 * Data of x has been forwarded that no attempt knows to be its own. It may be of this one: it
 * acknowledges y's SYN, and has overtaken the SYN+ACK of x; or it goes on after x's own SYN, and
 * has overtaken what answers that.
 */
static inline void
pair_note_early(const struct tcp_pair *p, uint8_t x, const struct tcp_segment *seg)
{
	uint8_t y = !x;
	uint32_t end = segment_end(seg);
	struct tcp_candidate q;
	bool second, answers, goes_on;

	if (end == seg->seq || (pair_answered(p) && !(p->c->flags & COLD_CLOSED)))
		return;
	answers = ep_has(p, y, EP_SS) && !ep_has(p, y, EP_PA) &&
		  pair_match(p, y, seg->ack, &q, &second);
	goes_on = ep_has(p, x, EP_SS) && !ep_has(p, x, EP_SA) && !ep_has(p, y, EP_SS) &&
		  seg->seq - p->h->nxt[x] < TCP_EARLY_MAX;
	if (answers || goes_on)
		pair_keep_early(p, x, end, seg->ack);
}

TRACK_RARE void
step_note_early(const struct tcp_step *st, const struct tcp_pair *p)
{
	int i;

	pair_note_early(p, step_side(st), st->in->seg);
	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_pair n = shadow_pair(&st->side->shadow[i]);

		if (st->side->shadow[i].live)
			pair_note_early(&n, step_side(st), st->in->seg);
	}
}

/* SYN-5: who goes on with the connection's numbers has agreed to no others. */
static inline void
side_forget_synacks(struct tcp_side *side)
{
	int i;

	side->rare.synack_side = 0;
	for (i = 0; i < TCP_SHADOWS; i++)
		side->shadow[i].rare.synack_side = 0;
}

/*
 * SYN-4: data that is wholly old for the connection, whose window is wide, may be new
 * for a shadow whose numbers are near: the data of who has answered the SYN. It counts
 * there, too.
 */
TRACK_RARE void
old_to_shadows(const struct tcp_step *st)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = step_side(st);
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_pair n = shadow_pair(&st->side->shadow[i]);

		if (st->side->shadow[i].live && ep_has(&n, x, EP_PA) &&
		    seq_after(segment_end(seg), n.h->nxt[x]) &&
		    pair_takes_unsigned(&n, seg) && pair_tests(&n, x, seg) == 0)
			pair_update(&n, x, seg, st->in->now);
	}
}

static inline enum tcp_outcome
step_run(const struct tcp_step *st, const struct tcp_pair *p)
{
	uint8_t kind = segment_kind(st->in->seg);
	enum tcp_outcome outcome;

	if (TRACK_SIDES && st->side && !(kind & (TCP_SYN | TCP_RST)) &&
	    (shadow_completed(st, p) || both_agree(st, p)))
		return TCP_PASS;
	outcome = step_dispatch(st, p);
	if (TRACK_SIDES && st->side && outcome == TCP_PASS &&
	    !(kind & (TCP_SYN | TCP_RST))) {
		side_forget_synacks(st->side);
		if (!seq_after(segment_end(st->in->seg), p->h->una[step_side(st)]))
			old_to_shadows(st);
	}
	if (TRACK_SIDES && st->side && kind != TCP_SYN &&
	    (outcome == TCP_DROP || outcome == TCP_TOLERATED))
		outcome = to_shadows(st, p, outcome);
	if (TRACK_SIDES && st->side && outcome == TCP_TOLERATED &&
	    !(kind & (TCP_SYN | TCP_RST)))
		step_note_early(st, p);
	return outcome;
}

#endif
