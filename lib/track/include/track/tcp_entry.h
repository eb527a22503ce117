/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * What tcp.h declares, as inline functions: for lib/track/tcp.c on the host, and for a BPF
 * program that runs the tracker on a connection in a map.
 */
#ifndef TRACK_TCP_ENTRY_H
#define TRACK_TCP_ENTRY_H

#include <track/tcp_timer.h>

static inline void
entry_unknown(const struct tcp_input *in, struct track_result *r)
{
	struct tcp_step st = {.in = in, .r = r};
	uint8_t kind = segment_kind(in->seg);

	*r = (struct track_result){.verdict = VERDICT_DROP};
	if (!segment_flags_valid(in->seg)) {
		r->reason = REASON_TCP_FLAGS;
		return;
	}
	if (kind == TCP_SYN || ((kind & TCP_ACK) && !(kind & TCP_RST) &&
				in->config->tcp_loose)) { /* PICK-1 */
		if (step_needs_rules(&st))
			r->verdict = VERDICT_ASK;
		else if (in->rules == TCP_RULES_ALLOW)
			r->verdict = VERDICT_PASS;
		else
			r->reason = REASON_POLICY_DROP;
		return;
	}
	r->reason = REASON_TCP_NO_CONNECTION;
	if (!(kind & TCP_RST) && in->config->tcp_unknown_reset)
		step_make_rst(&st);
}

static inline void
entry_open(struct track_conn *conn, const struct tcp_input *in)
{
	struct tcp_pair p = conn_pair(conn);
	struct tcp_candidate q = candidate_of(in->seg);

	uint8_t kind = segment_kind(in->seg);

	if (kind == TCP_SYN)
		pair_begin(&p, in->side & 1, &q, in->now, in->now);
	else if (kind & TCP_SYN)
		pair_pickup_answer(&p, in->side & 1, in->seg, in->now);
	else
		pair_pickup(&p, in->side & 1, in->seg, in->now);
	pair_set_slow(&p, conn->side);
}

static inline enum tcp_state
entry_state(const struct track_conn *conn, uint8_t x)
{
	struct tcp_pair p = conn_pair(conn), n;
	struct tcp_side *side = conn->side;

	/* the linger shows the attempt that follows it (SYN-1) */
	if ((p.c->flags & COLD_CLOSED) && side && side->shadow[0].live) {
		n = shadow_pair(side_heir(side));
		if (seq_after(n.c->t0, p.c->rst_tick))
			return pair_state(&n, x);
	}
	return pair_state(&p, x);
}

/*
 * The facts that the states are derived from; compared, they cost no branches. ep[1] is shifted
 * by 9, lest the compiler read both at once: of a byte just written and one that was not, a
 * processor cannot make a word before the write is done.
 */
static inline uint32_t
entry_facts(const struct tcp_pair *p)
{
	uint32_t first = p->h->ep[0] & ~EP_ZERO_WINDOW;
	uint32_t second = p->h->ep[1] & ~EP_ZERO_WINDOW;

	return first | second << 9 | (uint32_t)(p->c->flags & COLD_CLOSED) << 24;
}

static inline void
entry_segment(struct track_conn *conn, const struct tcp_input *in, struct track_result *r)
{
	struct tcp_pair p = conn_pair(conn);
	struct tcp_step st = {.in = in, .r = r, .side = conn->side};
	uint32_t before = entry_facts(&p);
	uint32_t due_before = pair_wakeup(&p, in->config, in->now), due;
	enum tcp_outcome outcome;

	*r = (struct track_result){.verdict = VERDICT_DROP};
	if (!segment_flags_valid(in->seg)) {
		r->reason = REASON_TCP_FLAGS;
		return;
	}
	if (st.side)
		side_prune(st.side, &p, in->now, in->config);
	outcome = step_run(&st, &p);
	if (outcome == TCP_ASK) {
		r->verdict = VERDICT_ASK;
		return;
	}
	pair_set_slow(&p, st.side);
	if (before != entry_facts(&p))
		r->events |= TRACK_EVENT_STATE;
	due = pair_wakeup(&p, in->config, in->now);
	if (seq_before(due, due_before)) {
		r->events |= TRACK_EVENT_SHORTER;
		r->wakeup = due;
	}
	if (outcome == TCP_DROP)
		return;
	r->verdict = VERDICT_PASS;
	if (in->side != pair_orig(&p))
		p.h->flags |= TRACK_REPLIED;
	if ((p.h->ep[0] & p.h->ep[1] & EP_SA) && /* MODEL-4, PICK-1 */
	    (!(p.c->flags & COLD_LOOSE) || (p.h->flags & TRACK_REPLIED)))
		p.h->flags |= TRACK_ASSURED | TRACK_REPLIED;
}

/* The row "ICMP error" of the table of verdicts, for a connection or a shadow of it. */
static inline bool
pair_icmp_fits(const struct tcp_pair *p, uint8_t x, uint32_t seq)
{
	const struct tcp_rare *rare = p->rare;

	switch (pair_column(p)) {
	case TCP_COLUMN_CLOSED:
		return false;
	case TCP_COLUMN_SYN_SENT:
		if (rare && rare->has_second[x] && seq == rare->second[x].iss)
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
	struct tcp_pair p = conn_pair(conn);
	bool fits = pair_icmp_fits(&p, x, seq);
	int i;

	for (i = 0; i < TCP_SHADOWS && conn->side && !fits; i++) {
		struct tcp_pair n = shadow_pair(&conn->side->shadow[i]);

		fits = conn->side->shadow[i].live && pair_icmp_fits(&n, x, seq);
	}
	*r = (struct track_result){.verdict = VERDICT_DROP,
				   .reason = REASON_ICMP_INNER_SEQ};
	if (!fits)
		return;
	r->verdict = VERDICT_PASS;
	r->reason = REASON_NONE;
}

/*
 * GEN-4. The RST has the number that the segment names, so it is for a segment whose numbers
 * pass alone: nobody is to reset a host through us whom the host would not believe. What
 * would pass is tried on a copy.
 */
static inline void
entry_mislabelled(const struct track_conn *conn, const struct tcp_input *in,
		  struct track_result *r)
{
	struct track_hot hot = *conn->hot;
	struct track_cold cold = *conn->cold;
	struct track_conn copy = {&hot, &cold, 0};
	struct tcp_input allowed = *in;
	struct tcp_step st = {.in = in, .r = r};
	bool passes;

	allowed.rules = TCP_RULES_ALLOW;
	allowed.no_side = true;
	entry_segment(&copy, &allowed, r);
	passes = r->verdict == VERDICT_PASS;
	*r = (struct track_result){.verdict = VERDICT_DROP, .reason = REASON_IP_SECURITY};
	if (passes && !(in->seg->flags & TCP_RST) && !in->seg->is_signed)
		step_make_rst(&st);
}

/* TIM-2 */
static inline enum track_eviction
entry_eviction(const struct track_conn *conn, uint32_t now)
{
	struct tcp_pair p = conn_pair(conn);

	switch (pair_column(&p)) {
	case TCP_COLUMN_CLOSED:
		return TRACK_EVICT_CLOSED;
	case TCP_COLUMN_TIME_WAIT:
		return p.c->flags & COLD_TIME_WAIT ? TRACK_EVICT_TIME_WAIT
						   : TRACK_EVICT_LAST_ACK;
	case TCP_COLUMN_SYN_SENT:
		return ticks_since(p.c->t0, now) > TRACK_STALE_TICKS
			       ? TRACK_EVICT_STALE
			       : TRACK_EVICT_UNANSWERED;
	case TCP_COLUMN_SYN_RECEIVED:
		return TRACK_EVICT_UNCONFIRMED;
	default:
		break;
	}
	if ((p.c->flags & COLD_LOOSE) && !(p.h->flags & TRACK_REPLIED))
		return TRACK_EVICT_UNCONFIRMED;
	if ((((p.h->ep[0] | p.h->ep[1]) & EP_FS) ||
	     (pair_is_signed(&p) && (p.c->flags & COLD_RST_PEND))) &&
	    ticks_since(p.h->last, now) > TRACK_IDLE_TICKS)
		return TRACK_EVICT_HALF_CLOSED;
	return TRACK_EVICT_NEVER;
}

static inline enum tcp_timer
entry_timer(struct track_conn *conn, uint32_t now, const struct track_config *config,
	    struct tcp_segment probe[2])
{
	struct tcp_pair p = conn_pair(conn);
	uint8_t probes = pair_probes(&p), x;

	if (conn->side)
		side_prune(conn->side, &p, now, config);
	pair_forget_ts(&p, now);
	if (!ticks_reached(pair_deadline(&p, config), now))
		return TCP_TIMER_WAIT;
	if (pair_is_probed(&p) && probes < TCP_PROBES) { /* TIM-1 */
		for (x = 0; x < 2; x++)
			probe[x] = pair_make_probe(&p, !x);
		pair_set_probes(&p, probes + 1);
		p.c->rst_tick = now;
		pair_set_slow(&p, conn->side);
		return TCP_TIMER_PROBE;
	}
	return shadow_inherits(&p, conn->side) ? TCP_TIMER_WAIT : TCP_TIMER_EXPIRE;
}

/*
 * TIM-1 when probes cannot be sent. Only of what has been answered is it worth waiting
 * for.
 */
static inline bool
entry_probe_unsent(struct track_conn *conn, uint32_t now,
		   const struct track_config *config)
{
	struct tcp_pair p = conn_pair(conn);

	if (!(p.h->flags & TRACK_REPLIED) || (p.c->flags & COLD_RST_PEND) ||
	    ticks_since(pair_end(&p, config), now) > TCP_PROBE_PATIENCE)
		return false;
	pair_set_probes(&p, pair_probes(&p) - 1);
	return true;
}

#endif
