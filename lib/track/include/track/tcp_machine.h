/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The order in which a segment is processed: first a shadow that it may complete (SYN-4);
 * then the connection; then, if the connection drops it or passes it without an update,
 * the shadows.
 */
#ifndef TRACK_TCP_MACHINE_H
#define TRACK_TCP_MACHINE_H

#include <track/tcp_ack.h>
#include <track/tcp_reset.h>
#include <track/tcp_syn.h>

/* SYN-4: burst 3, refill 1/s */
#define TCP_SHADOW_BUCKET ((struct tcp_bucket){TICKS_PER_S, 3})

static inline struct tcp_attempt
conn_attempt(const struct track_conn *conn)
{
	return (struct tcp_attempt){conn->hot, conn->cold,
				    conn->ext ? &conn->ext->handshake : NULL};
}

static inline uint8_t
segment_kind(const struct tcp_segment *seg)
{
	return seg->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
}

/* FLAG-1: whether the combination of flags is valid. */
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
 * SIG-1: whether to ignore a segment that is not signed, because both endpoints sign. A
 * SYN is an exception: it is a new attempt, and its receiver decides.
 */
static inline bool
attempt_takes_unsigned(const struct tcp_attempt *p, const struct tcp_segment *seg)
{
	return seg->is_signed || !attempt_is_signed(p) || segment_kind(seg) == TCP_SYN;
}

static inline enum tcp_outcome
seg_dispatch(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint8_t kind = segment_kind(st->in->seg);

	if (!attempt_takes_unsigned(p, st->in->seg))
		return seg_drop(st, REASON_TCP_UNSIGNED);
	if (kind & TCP_RST)
		return seg_reset(st, p);
	if (kind == TCP_SYN)
		return seg_syn(st, p);
	if (kind == (TCP_SYN | TCP_ACK))
		return seg_synack(st, p);
	return seg_ack(st, p);
}

/* Replace the connection by another attempt. The connection keeps its extension. */
static inline void
attempt_replace(const struct tcp_attempt *p, const struct tcp_attempt *by)
{
	uint16_t ext_index = p->c->ext_index;

	*p->h = *by->h;
	*p->c = *by->c;
	p->c->ext_index = ext_index;
	if (p->handshake && p->handshake != by->handshake)
		*p->handshake = *by->handshake;
}

static inline void
ext_forget_shadows(struct tcp_ext *ext)
{
	ext->shadow[0].live = false;
	ext->shadow[1].live = false;
}

/*
 * SYN-4: the shadow that replaces the connection when it ends: the newest one. In a
 * simultaneous open in which only the older shadow's SYN was answered, it is the older
 * one, since the endpoints may have agreed on it.
 */
static inline struct tcp_shadow *
shadow_successor(struct tcp_ext *ext)
{
	struct tcp_shadow *older = &ext->shadow[0], *newer = &ext->shadow[1];
	struct tcp_attempt a = shadow_attempt(older), b = shadow_attempt(newer);

	if (!newer->live)
		return older;
	if (attempt_orig(&a) != attempt_orig(&b) && attempt_answered(&a) &&
	    !attempt_answered(&b))
		return older;
	return newer;
}

/* SYN-1: whether a shadow has waited for too long. */
static inline bool
shadow_over(struct tcp_shadow *shadow, uint32_t now, const struct track_config *config)
{
	struct tcp_attempt n = shadow_attempt(shadow);
	uint32_t life = attempt_phase(&n) == TCP_PHASE_SYN_SENT &&
					!shadow->handshake.heard
				? config->tcp_timeout_close
				: config->tcp_timeout_syn_recv;
	uint32_t since = seq_max(shadow->hot.last, shadow->cold.t0);

	return ticks_since(since, now) > life;
}

/*
 * SYN-4: whether a shadow describes the same attempt as the connection: both sides
 * connect, one SYN has made the connection, and the shadow holds the other's SYN. The
 * shadow has less state and is then dropped.
 */
static inline bool
shadow_is_own(struct tcp_shadow *shadow, const struct tcp_attempt *p)
{
	struct tcp_attempt n = shadow_attempt(shadow);
	uint8_t x;

	if (!(p->h->ep[0] & p->h->ep[1] & EP_SA) || (p->c->flags & COLD_CLOSED))
		return false;
	for (x = 0; x < 2; x++)
		if (ep_has(&n, x, EP_SS) && n.c->iss[x] != p->c->iss[x])
			return false;
	return true;
}

TRACK_RARE_VOID
ext_prune(struct tcp_ext *ext, const struct tcp_attempt *p, uint32_t now,
	  const struct track_config *config)
{
	int i;

	for (i = 0; i < TCP_SHADOWS; i++)
		if (ext->shadow[i].live && (shadow_over(&ext->shadow[i], now, config) ||
					    shadow_is_own(&ext->shadow[i], p)))
			ext->shadow[i].live = false;
	if (!ext->shadow[0].live && ext->shadow[1].live) {
		ext->shadow[0] = ext->shadow[1];
		ext->shadow[1].live = false;
	}
}

/* SYN-4: replace the connection by shadow i. */
static inline void
shadow_promote(const struct seg_ctx *st, const struct tcp_attempt *p, int i)
{
	struct tcp_attempt n = shadow_attempt(&st->ext->shadow[i]);

	attempt_replace(p, &n);
	ext_forget_shadows(st->ext);
	st->r->events |= TRACK_EVENT_RESYNC;
}

/* SYN-4: whether the segment is the ACK of the SYN's sender that completes a shadow. */
TRACK_RARE bool
shadow_completed(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint8_t x = seg_side(st), y = !x;
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&st->ext->shadow[i]);

		if (!st->ext->shadow[i].live || !ep_has(&n, x, EP_SA) ||
		    ep_has(&n, x, EP_PA) || !ep_has(&n, y, EP_PA) ||
		    !attempt_acked(&n, y, st->in->seg->ack) ||
		    !attempt_takes_unsigned(&n, st->in->seg) ||
		    attempt_tests(&n, x, st->in->seg) != 0)
			continue;
		shadow_promote(st, p, i);
		attempt_update(p, x, st->in->seg, st->in->now);
		return true;
	}
	return false;
}

/*
 * SYN-5: whether `seg` of x belongs to the connection rather than to the handshake of
 * `synack`, where the SYN+ACKs of both have the same sequence number. It belongs to the
 * one in which x has sent less data so far, that is, whose start is nearer below SEQ.
 */
static inline bool
handshake_is_own(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *synack,
		 const struct tcp_segment *seg)
{
	return ep_has(p, !x, EP_SS | EP_PA) && p->c->iss[!x] == synack->seq &&
	       seg->seq - p->c->iss[x] - 1 <= seg->seq - synack->ack;
}

/*
 * SYN-5: whether the segment is an ACK from x of a SYN+ACK that answers an unknown SYN,
 * within the window that the SYN+ACK offered.
 */
static inline bool
handshake_agreed(const struct seg_ctx *st, const struct tcp_attempt *p,
		 const struct tcp_handshake_ext *handshake)
{
	const struct tcp_segment *seg = st->in->seg;
	struct tcp_segment synack = handshake->synack;
	uint8_t x = seg_side(st);
	struct tcp_candidate q;

	if (handshake->synack_side != !x + 1 || seg->seq - synack.ack > synack.win ||
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
	st->ext->handshake = (struct tcp_handshake_ext){0};
	ext_forget_shadows(st->ext);
	attempt_begin(p, x, &q, st->in->now, st->in->now);
	attempt_answer(p, !x, &q, &synack);
	attempt_update(p, x, seg, st->in->now);
	st->r->events |= TRACK_EVENT_RESYNC;
	return true;
}

TRACK_RARE bool
match_unsolicited_synack(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	int i;

	if (handshake_agreed(st, p, &st->ext->handshake))
		return true;
	for (i = 0; i < TCP_SHADOWS; i++)
		if (st->ext->shadow[i].live &&
		    handshake_agreed(st, p, &st->ext->shadow[i].handshake))
			return true;
	return false;
}

/*
 * A RST has ended the shadow. Set it back to the state after its newest SYN, which the
 * RST may not have meant.
 */
static inline void
shadow_restart(const struct seg_ctx *st, const struct tcp_attempt *p,
	       struct tcp_shadow *shadow)
{
	struct tcp_attempt n = shadow_attempt(shadow);
	uint8_t x = attempt_orig(&n), from = seg_side(st);
	struct tcp_candidate q;

	if (from != x && attempt_phase(p) == TCP_PHASE_SYNCHRONISED &&
	    !(p->c->flags & COLD_RST_PEND)) /* the receiver refused the SYN */
		attempt_set_rst_pend(p, from, p->h->una[from], st->in->now);
	if (shadow->handshake.has_second[x] && !shadow->handshake.second_is_older[x])
		attempt_swap_candidates(&n, x);
	shadow->handshake.heard = false;
	q = attempt_candidate(&n, x);
	attempt_begin(&n, x, &q, shadow->cold.t0, st->in->now);
}

/*
 * SYN-1: the SYN+ACK of this shadow did not reach us, but later segments show that the
 * peer has answered. The shadow then lives as long as one in SYN_RECEIVED.
 */
static inline void
shadow_heard(const struct seg_ctx *st, struct tcp_shadow *shadow)
{
	struct tcp_attempt n = shadow_attempt(shadow);
	struct tcp_candidate q;
	bool second;

	if (attempt_phase(&n) != TCP_PHASE_SYN_SENT ||
	    !attempt_match(&n, !seg_side(st), st->in->seg->ack, &q, &second))
		return;
	shadow->handshake.heard = true;
	shadow->cold.t0 = st->in->now;
}

/*
 * SYN-4: process a segment for shadow i by the same rules, after the connection has
 * dropped it or passed it without an update. TCP_DROP: the shadow drops it too.
 */
static inline enum tcp_outcome
shadow_try(const struct seg_ctx *st, const struct tcp_attempt *p, int i,
	   enum tcp_outcome first)
{
	struct tcp_shadow *shadow = &st->ext->shadow[i], before = *shadow;
	struct tcp_attempt n = shadow_attempt(shadow);
	const struct tcp_segment *seg = st->in->seg;
	enum tcp_outcome outcome;
	bool empty, confirmed, replaced = false;

	outcome = seg_dispatch(st, &n);
	/*
	 * Not attempt_phase(): a FIN of the endpoint that answered the SYN makes that
	 * TCP_PHASE_SYNCHRONISED without the ACK that confirms the connection.
	 */
	confirmed = (n.h->ep[0] & n.h->ep[1] & EP_SA) != 0;
	empty = segment_kind(seg) == TCP_ACK && segment_len(seg) == 0 && !confirmed;
	if (shadow->cold.flags & COLD_CLOSED) {
		shadow_restart(st, p, shadow);
		empty = false;
		/*
		 * a shadow keeps no RST in doubt: it ends soon anyway, unless it is
		 * confirmed
		 */
	} else if (shadow->cold.flags & COLD_RST_PEND) {
		shadow->cold.flags &= (uint8_t) ~(COLD_RST_PEND | COLD_RST_SIDE);
		empty = false;
	} else if (confirmed) {
		shadow_promote(st, p, i);
		replaced = true;
	}
	if (outcome == TCP_DROP ||
	    (outcome == TCP_PASS_NO_UPDATE && first == TCP_PASS_NO_UPDATE))
		return TCP_DROP;
	if ((empty || outcome == TCP_PASS_NO_UPDATE) &&
	    !seg_take(st, TCP_RATE_SHADOW, 0, TCP_SHADOW_BUCKET)) {
		if (first == TCP_DROP) /* MODEL-2 */
			*shadow = before;
		return TCP_DROP;
	}
	if (!replaced && outcome == TCP_PASS)
		st->ext->handshake.synack_side = 0;
	if (outcome == TCP_PASS_NO_UPDATE && segment_kind(seg) != (TCP_SYN | TCP_ACK))
		shadow_heard(st, shadow);
	return outcome;
}

/*
 * Whether the connection has ended: 2MSL is running after both FINs, or a RST has closed
 * it.
 */
static inline bool
attempt_is_over(const struct tcp_attempt *p)
{
	return (p->c->flags & (COLD_TIME_WAIT | COLD_CLOSED)) != 0;
}

/* Process the segment for the shadows. `first` is the outcome for the connection. */
TRACK_RARE enum tcp_outcome
to_shadows(const struct seg_ctx *of_conn, const struct tcp_attempt *p,
	   enum tcp_outcome first)
{
	struct seg_ctx of_shadow = *of_conn;
	const struct seg_ctx *st = &of_shadow;
	struct track_result before = *st->r;
	enum tcp_outcome outcome;
	int i;

	of_shadow.over = attempt_is_over(p);
	for (i = 0; i < TCP_SHADOWS; i++) {
		if (!st->ext->shadow[i].live)
			continue;
		outcome = shadow_try(st, p, i, first);
		if (outcome != TCP_DROP) {
			st->r->reason = REASON_NONE;
			st->r->action = ACTION_NONE;
			return outcome;
		}
		before.events |= st->r->events;
		*st->r = before; /* shadows neither generate segments nor set reasons */
	}
	return first;
}

/*
 * Set TRACK_SLOW if tcp_fast() must not decide alone, because the next segment may change
 * something in the cold line or the extension.
 */
static inline void
attempt_set_slow(const struct tcp_attempt *p, const struct tcp_ext *ext)
{
	bool slow = (p->c->flags & (COLD_CLOSED | COLD_RST_PEND | COLD_UNSEEN(0) |
				    COLD_UNSEEN(1))) != 0 ||
		    attempt_probes(p) != 0;

	if (ext && (ext->shadow[0].live || ext->handshake.synack_side ||
		    refused_pending(&ext->handshake.refused[0]) ||
		    refused_pending(&ext->handshake.refused[1])))
		slow = true;
	if (slow)
		p->h->flags |= TRACK_SLOW;
	else
		p->h->flags &= (uint8_t)~TRACK_SLOW;
}

/*
 * Data of x was forwarded that fits no known attempt. It may belong to this one: either
 * it acknowledges the SYN of y, and has overtaken the SYN+ACK of x; or it follows the SYN
 * of x, and has overtaken the answer to that.
 */
static inline void
attempt_note_pre_data(const struct tcp_attempt *p, uint8_t x,
		      const struct tcp_segment *seg)
{
	uint8_t y = !x;
	uint32_t end = segment_end(seg);
	struct tcp_candidate q;
	bool second, answers, goes_on;

	if (end == seg->seq || (attempt_answered(p) && !(p->c->flags & COLD_CLOSED)))
		return;
	answers = ep_has(p, y, EP_SS) && !ep_has(p, y, EP_PA) &&
		  attempt_match(p, y, seg->ack, &q, &second);
	goes_on = ep_has(p, x, EP_SS) && !ep_has(p, x, EP_SA) && !ep_has(p, y, EP_SS) &&
		  seg->seq - p->h->nxt[x] < TCP_PRE_DATA_MAX;
	if (answers || goes_on)
		attempt_keep_early(p, x, end, seg->ack);
}

TRACK_RARE_VOID
seg_note_pre_data(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	int i;

	attempt_note_pre_data(p, seg_side(st), st->in->seg);
	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&st->ext->shadow[i]);

		if (st->ext->shadow[i].live)
			attempt_note_pre_data(&n, seg_side(st), st->in->seg);
	}
}

/*
 * SYN-5: an endpoint that continues with the connection's numbers has not agreed to
 * others. Forget them.
 */
static inline void
ext_forget_synacks(struct tcp_ext *ext)
{
	int i;

	ext->handshake.synack_side = 0;
	for (i = 0; i < TCP_SHADOWS; i++)
		ext->shadow[i].handshake.synack_side = 0;
}

/*
 * SYN-4: data that is entirely old for a connection with a wide window may be new for a
 * shadow with similar numbers, if it comes from the endpoint that has answered the
 * shadow's SYN. Update the shadow for it too.
 */
TRACK_RARE_VOID
old_to_shadows(const struct seg_ctx *st)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);
	int i;

	for (i = 0; i < TCP_SHADOWS; i++) {
		struct tcp_attempt n = shadow_attempt(&st->ext->shadow[i]);

		if (st->ext->shadow[i].live && ep_has(&n, x, EP_PA) &&
		    seq_after(segment_end(seg), n.h->nxt[x]) &&
		    attempt_takes_unsigned(&n, seg) && attempt_tests(&n, x, seg) == 0)
			attempt_update(&n, x, seg, st->in->now);
	}
}

static inline enum tcp_outcome
seg_run(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	uint8_t kind = segment_kind(st->in->seg);
	enum tcp_outcome outcome;

	if (TRACK_EXTS && st->ext && !(kind & (TCP_SYN | TCP_RST)) &&
	    (shadow_completed(st, p) || match_unsolicited_synack(st, p)))
		return TCP_PASS;
	outcome = seg_dispatch(st, p);
	if (TRACK_EXTS && st->ext && outcome == TCP_PASS &&
	    !(kind & (TCP_SYN | TCP_RST))) {
		ext_forget_synacks(st->ext);
		if (!seq_after(segment_end(st->in->seg), p->h->una[seg_side(st)]))
			old_to_shadows(st);
	}
	if (TRACK_EXTS && st->ext && kind != TCP_SYN &&
	    (outcome == TCP_DROP || outcome == TCP_PASS_NO_UPDATE))
		outcome = to_shadows(st, p, outcome);
	if (TRACK_EXTS && st->ext && outcome == TCP_PASS_NO_UPDATE &&
	    !(kind & (TCP_SYN | TCP_RST)))
		seg_note_pre_data(st, p);
	return outcome;
}

#endif
