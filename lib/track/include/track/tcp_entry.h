/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The functions of tcp.h as inline functions. lib/track/tcp.c uses them on the host; a
 * BPF program may use them on a connection in a map.
 */
#ifndef TRACK_TCP_ENTRY_H
#define TRACK_TCP_ENTRY_H

#include <track/tcp_timer.h>

static inline void
entry_unknown(const struct tcp_input *in, struct track_result *r)
{
	struct seg_ctx st = {.in = in, .r = r};
	uint8_t kind = segment_kind(in->seg);

	*r = (struct track_result){.verdict = VERDICT_DROP};
	if (!segment_flags_valid(in->seg)) {
		r->reason = REASON_TCP_FLAGS;
		return;
	}
	if (kind == TCP_SYN || ((kind & TCP_ACK) && !(kind & TCP_RST) &&
				in->config->tcp_loose)) { /* PICK-1 */
		if (seg_needs_rules(&st))
			r->verdict = VERDICT_NEED_INPUT;
		else if (in->rules == TCP_RULES_ALLOW)
			r->verdict = VERDICT_PASS;
		else
			r->reason = REASON_POLICY_DROP;
		return;
	}
	r->reason = REASON_TCP_NO_CONNECTION;
	if (!(kind & TCP_RST) && in->config->tcp_unknown_reset)
		seg_make_rst(&st);
}

static inline void
entry_open(struct track_conn *conn, const struct tcp_input *in)
{
	struct tcp_attempt p = conn_attempt(conn);
	struct tcp_candidate q = candidate_of(in->seg);

	uint8_t kind = segment_kind(in->seg);

	if (kind == TCP_SYN)
		attempt_begin(&p, in->side & 1, &q, in->now, in->now);
	else if (kind & TCP_SYN)
		attempt_pickup_answer(&p, in->side & 1, in->seg, in->now);
	else
		attempt_pickup(&p, in->side & 1, in->seg, in->now);
	attempt_set_slow(&p, conn->ext);
}

static inline enum tcp_state
entry_state(const struct track_conn *conn, uint8_t x)
{
	struct tcp_attempt p = conn_attempt(conn), n;
	struct tcp_ext *ext = conn->ext;

	/* while the connection lingers, report the state of the new attempt (SYN-1) */
	if ((p.c->flags & COLD_CLOSED) && ext && ext->shadow[0].live) {
		n = shadow_attempt(shadow_successor(ext));
		if (seq_after(n.c->t0, p.c->rst_tick))
			return attempt_state(&n, x);
	}
	return attempt_state(&p, x);
}

/*
 * The bits from which the states are derived, as one number to compare without branches.
 * ep[1] is shifted by 9, to keep the compiler from loading both bytes as one word: a
 * processor stalls when it loads a word of which one byte was just stored.
 */
static inline uint32_t
entry_facts(const struct tcp_attempt *p)
{
	uint32_t first = p->h->ep[0] & ~EP_ZERO_WINDOW;
	uint32_t second = p->h->ep[1] & ~EP_ZERO_WINDOW;

	return first | second << 9 | (uint32_t)(p->c->flags & COLD_CLOSED) << 24;
}

static inline void
entry_segment(struct track_conn *conn, const struct tcp_input *in, struct track_result *r)
{
	struct tcp_attempt p = conn_attempt(conn);
	struct seg_ctx st = {.in = in, .r = r, .ext = conn->ext};
	uint32_t before = entry_facts(&p);
	uint32_t due_before = attempt_wakeup(&p, in->config, in->now), due;
	enum tcp_outcome outcome;

	*r = (struct track_result){.verdict = VERDICT_DROP};
	if (!segment_flags_valid(in->seg)) {
		r->reason = REASON_TCP_FLAGS;
		return;
	}
	if (st.ext)
		ext_prune(st.ext, &p, in->now, in->config);
	outcome = seg_run(&st, &p);
	if (outcome == TCP_NEED_INPUT) {
		r->verdict = VERDICT_NEED_INPUT;
		return;
	}
	attempt_set_slow(&p, st.ext);
	if (before != entry_facts(&p))
		r->events |= TRACK_EVENT_STATE;
	due = attempt_wakeup(&p, in->config, in->now);
	if (seq_before(due, due_before)) {
		r->events |= TRACK_EVENT_SHORTER;
		r->wakeup = due;
	}
	if (outcome == TCP_DROP)
		return;
	r->verdict = VERDICT_PASS;
	if (in->side != attempt_orig(&p))
		p.h->flags |= TRACK_REPLIED;
	if ((p.h->ep[0] & p.h->ep[1] & EP_SA) && /* MODEL-4, PICK-1 */
	    (!(p.c->flags & COLD_LOOSE) || (p.h->flags & TRACK_REPLIED)))
		p.h->flags |= TRACK_ASSURED | TRACK_REPLIED;
}

/* Table of verdicts, row "ICMP error", for a connection or a shadow of it. */
static inline bool
attempt_icmp_fits(const struct tcp_attempt *p, uint8_t x, uint32_t seq)
{
	const struct tcp_handshake_ext *handshake = p->handshake;

	switch (attempt_phase(p)) {
	case TCP_PHASE_CLOSED:
		return false;
	case TCP_PHASE_SYN_SENT:
		if (handshake && handshake->has_second[x] &&
		    seq == handshake->second[x].iss)
			return true;
		return ep_has(p, x, EP_SS) && seq == p->c->iss[x];
	default:
		return seq_within(seq, p->h->una[x] - 1, p->h->nxt[x]);
	}
}

static inline void
entry_icmp_error(const struct track_conn *conn, uint8_t x, uint32_t seq,
		 struct track_result *r)
{
	struct tcp_attempt p = conn_attempt(conn);
	bool fits = attempt_icmp_fits(&p, x, seq);
	int i;

	for (i = 0; i < TCP_SHADOWS && conn->ext && !fits; i++) {
		struct tcp_attempt n = shadow_attempt(&conn->ext->shadow[i]);

		fits = conn->ext->shadow[i].live && attempt_icmp_fits(&n, x, seq);
	}
	*r = (struct track_result){.verdict = VERDICT_DROP,
				   .reason = REASON_ICMP_INNER_SEQ};
	if (!fits)
		return;
	r->verdict = VERDICT_PASS;
	r->reason = REASON_NONE;
}

/*
 * GEN-4. The RST has the sequence number that the segment acknowledges. So only a segment
 * that passes the sequence checks is answered: otherwise an off-path attacker could make
 * us reset a host. The checks run on a copy of the connection.
 */
static inline void
entry_seclabel_mismatch(const struct track_conn *conn, const struct tcp_input *in,
			struct track_result *r)
{
	struct track_hot hot = *conn->hot;
	struct track_cold cold = *conn->cold;
	struct track_conn copy = {&hot, &cold, 0};
	struct tcp_input allowed = *in;
	struct seg_ctx st = {.in = in, .r = r};
	bool passes;

	allowed.rules = TCP_RULES_ALLOW;
	allowed.no_ext = true;
	entry_segment(&copy, &allowed, r);
	passes = r->verdict == VERDICT_PASS;
	*r = (struct track_result){.verdict = VERDICT_DROP, .reason = REASON_IP_SECURITY};
	if (passes && !(in->seg->flags & TCP_RST) && !in->seg->is_signed)
		seg_make_rst(&st);
}

/*
 * GEN-6: the RSTs that make side x forget the connection, as if from its peer. RCV.NXT of
 * x is what it has acknowledged last or, if later data has reached it, the end of what
 * was forwarded to it; a RST for each. They acknowledge all that x has sent, so that x
 * accepts them in SYN_SENT, too. None for a side that has sent no SYN, and none where
 * segments are signed, since x would ignore them (SIG-1).
 */
static inline unsigned
entry_resets(const struct track_conn *conn, uint8_t x, struct tcp_segment reset[2])
{
	struct tcp_attempt p = conn_attempt(conn);
	struct tcp_segment seg = {.ack = p.h->nxt[x],
				  .flags = TCP_RST | TCP_ACK,
				  .scale = TCP_NO_SCALE};
	unsigned n = 0;

	if ((p.c->flags & COLD_CLOSED) || !ep_has(&p, x, EP_SS) || attempt_is_signed(&p))
		return 0;
	if (ep_has(&p, x, EP_PA) && p.h->una[!x] != p.h->nxt[!x]) {
		reset[n] = seg;
		reset[n++].seq = p.h->una[!x];
	}
	if (ep_has(&p, !x, EP_SS))
		seg.seq = p.h->nxt[!x];
	reset[n++] = seg;
	return n;
}

/* TIM-2: the rank for eviction. */
static inline enum track_eviction
entry_eviction(const struct track_conn *conn, uint32_t now)
{
	struct tcp_attempt p = conn_attempt(conn);

	switch (attempt_phase(&p)) {
	case TCP_PHASE_CLOSED:
		return TRACK_EVICT_CLOSED;
	case TCP_PHASE_TIME_WAIT:
		return p.c->flags & COLD_TIME_WAIT ? TRACK_EVICT_TIME_WAIT
						   : TRACK_EVICT_LAST_ACK;
	case TCP_PHASE_SYN_SENT:
		return ticks_since(p.c->t0, now) > TRACK_STALE_TICKS
			       ? TRACK_EVICT_STALE
			       : TRACK_EVICT_UNANSWERED;
	case TCP_PHASE_SYN_RECEIVED:
		return TRACK_EVICT_UNCONFIRMED;
	default:
		break;
	}
	if ((p.c->flags & COLD_LOOSE) && !(p.h->flags & TRACK_REPLIED))
		return TRACK_EVICT_UNCONFIRMED;
	if ((((p.h->ep[0] | p.h->ep[1]) & EP_FS) ||
	     (attempt_is_signed(&p) && (p.c->flags & COLD_RST_PEND))) &&
	    ticks_since(p.h->last, now) > TRACK_IDLE_TICKS)
		return TRACK_EVICT_HALF_CLOSED;
	return TRACK_EVICT_NEVER;
}

static inline enum track_timer
entry_timer(struct track_conn *conn, uint32_t now, const struct track_config *config,
	    struct tcp_segment probe[2])
{
	struct tcp_attempt p = conn_attempt(conn);
	uint8_t probes = attempt_probes(&p), x;

	if (conn->ext)
		ext_prune(conn->ext, &p, now, config);
	attempt_forget_ts(&p, now);
	if (!ticks_reached(attempt_deadline(&p, config), now))
		return TRACK_TIMER_WAIT;
	if (attempt_is_probed(&p) && probes < TCP_PROBES) { /* TIM-1 */
		for (x = 0; x < 2; x++)
			probe[x] = attempt_make_probe(&p, !x);
		attempt_set_probes(&p, probes + 1);
		p.c->rst_tick = now;
		attempt_set_slow(&p, conn->ext);
		return TRACK_TIMER_PROBE;
	}
	return shadow_promote_on_expiry(&p, conn->ext) ? TRACK_TIMER_WAIT
						       : TRACK_TIMER_EXPIRE;
}

/*
 * TIM-1 when probes cannot be sent: whether to keep the connection and try again. Only
 * connections that were answered are kept.
 */
static inline bool
entry_probe_unsent(struct track_conn *conn, uint32_t now,
		   const struct track_config *config)
{
	struct tcp_attempt p = conn_attempt(conn);

	if (!(p.h->flags & TRACK_REPLIED) || (p.c->flags & COLD_RST_PEND) ||
	    ticks_since(attempt_end(&p, config), now) > TCP_PROBE_PATIENCE)
		return false;
	attempt_set_probes(&p, attempt_probes(&p) - 1);
	return true;
}

#endif
