/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * One segment in hand: what came in, where the answer goes, and the few things that all
 * rules do: drop, ask, take a token, make a segment (GEN-5).
 */
#ifndef TRACK_TCP_STEP_H
#define TRACK_TCP_STEP_H

#include <base/reset.h>
#include <track/tcp_handshake.h>

struct tcp_step {
	const struct tcp_input *in;
	struct track_result *r;
	struct tcp_side
		*side; /* of the connection, also while a shadow is asked; or NULL */
};

/* The side it came from. The mask is for BPF's verifier, which has to see the bound. */
static inline uint8_t
step_side(const struct tcp_step *st)
{
	return st->in->side & 1;
}

static inline enum tcp_outcome
step_drop(const struct tcp_step *st, enum reason reason)
{
	st->r->reason = (uint8_t)reason;
	return TCP_DROP;
}

/* Whether the side table has to be asked first; then the caller returns TCP_ASK. */
static inline bool
step_needs_side(const struct tcp_step *st)
{
	if (st->side || st->in->no_side)
		return false;
	st->r->ask |= TRACK_ASK_SIDE;
	return true;
}

/* Whether the rules have to be asked first; then the caller returns TCP_ASK. */
static inline bool
step_needs_rules(const struct tcp_step *st)
{
	if (st->in->rules != TCP_RULES_UNASKED)
		return false;
	st->r->ask |= TRACK_ASK_RULES;
	return true;
}

/*
 * Take a token from the bucket of a side, or (TCP_RATE_PER_SIDE and up) of the connection.
 * Without a side entry there is none.
 */
static inline bool
step_take(const struct tcp_step *st, enum tcp_rate rate, uint8_t x,
	  struct tcp_bucket bucket)
{
	uint32_t now = st->in->now, index = rate, full;

	if (!st->side)
		return false;
	if (rate < TCP_RATE_PER_SIDE)
		index += x * TCP_RATE_PER_SIDE;
	else
		index += TCP_RATE_PER_SIDE;
	full = st->side->rate[index];
	/* further ahead than ever: it is past, and the clock has gone round */
	if (full == 0 || full - now > bucket.burst * bucket.gap_ticks)
		full = now;
	if (full - now > (bucket.burst - 1) * bucket.gap_ticks)
		return false;
	full += bucket.gap_ticks;
	st->side->rate[index] = full ? full : 1;
	return true;
}

static inline bool
step_take_one(const struct tcp_step *st, enum tcp_rate rate, uint8_t x)
{
	return step_take(st, rate, x, (struct tcp_bucket){TICKS_PER_S, 1});
}

/* An unacceptable ACK has gone to a side that must answer it with a RST of that number. */
static inline void
pair_note_ooo_ack(const struct tcp_pair *p, uint8_t to, uint32_t ack)
{
	if (!p->rare)
		return;
	p->rare->ooo_ack = ack;
	p->rare->ooo_ack_side = to + 1;
}

/* Whether this RST of x is that answer: it ends the peer's stale connection, not this one. */
static inline bool
pair_is_ooo_ack(const struct tcp_pair *p, uint8_t x, uint32_t seq)
{
	return p->rare && p->rare->ooo_ack_side == x + 1 && p->rare->ooo_ack == seq;
}

/* GEN-5: an empty ACK in the name of x. */
static inline struct tcp_segment
pair_make_ack(const struct tcp_pair *p, uint8_t x, uint32_t seq, uint32_t ack)
{
	const struct track_hot *h = p->h;
	int32_t window = seq_diff(h->edge[!x], h->una[!x]);
	struct tcp_segment seg = {.seq = seq,
				  .ack = ack,
				  .flags = TCP_ACK,
				  .scale = TCP_NO_SCALE};

	if (window > 0) {
		window >>= pair_scale(p, x);
		seg.win = window > 65535 ? 65535 : (uint16_t)window;
	}
	if (h->flags & TRACK_TS) {
		seg.has_ts = true;
		seg.tsval = h->tsmax[x];
		seg.tsecr = h->tsmax[!x];
	}
	return seg;
}

/* RST-6, TIM-1: <SEQ=una-1, ACK=una'> in the name of x; a dead receiver answers exactly. */
static inline struct tcp_segment
pair_make_probe(const struct tcp_pair *p, uint8_t x)
{
	return pair_make_ack(p, x, p->h->una[x] - 1, p->h->una[!x]);
}

/* GEN-1, GEN-2: the RST that answers the segment. */
static inline void
step_make_rst(const struct tcp_step *st)
{
	st->r->action = ACTION_RST;
	st->r->made_to = st->in->side;
	st->r->made = segment_reset(st->in->seg);
}

#endif
