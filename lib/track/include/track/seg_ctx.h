/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The context of the segment that is being processed: its input, its result, and helpers
 * that all rules use: drop, request more input, take a token, generate a segment (GEN-5).
 */
#ifndef TRACK_SEG_CTX_H
#define TRACK_SEG_CTX_H

#include <base/reset.h>
#include <track/tcp_handshake.h>

struct seg_ctx {
	const struct tcp_input *in;
	struct track_result *r;
	/*
	 * the extension of the connection, also while a shadow of it is processed; NULL:
	 * none
	 */
	struct tcp_ext *ext;
	/* a shadow is being processed, and its connection has ended: ACC-10 (c) */
	bool over;
};

/* The side that the segment came from. The mask shows the bound to BPF's verifier. */
static inline uint8_t
seg_side(const struct seg_ctx *st)
{
	return st->in->side & 1;
}

static inline enum tcp_outcome
seg_drop(const struct seg_ctx *st, enum reason reason)
{
	st->r->reason = (uint8_t)reason;
	return TCP_DROP;
}

/*
 * Whether the connection needs an extension entry before it can go on. If so, the caller
 * returns TCP_NEED_INPUT.
 */
static inline bool
seg_needs_ext(const struct seg_ctx *st)
{
	if (st->ext || st->in->no_ext)
		return false;
	st->r->need |= TRACK_NEED_EXT;
	return true;
}

/*
 * Whether the rules have to be evaluated before the tracker can go on. If so, the caller
 * returns TCP_NEED_INPUT.
 */
static inline bool
seg_needs_rules(const struct seg_ctx *st)
{
	if (st->in->rules != TCP_RULES_UNKNOWN)
		return false;
	st->r->need |= TRACK_NEED_RULES;
	return true;
}

/*
 * Take a token from the bucket of a side, or, for kinds from TCP_RATE_PER_SIDE on, of the
 * connection. Returns false when there is no token or no extension.
 */
static inline bool
seg_take(const struct seg_ctx *st, enum tcp_rate rate, uint8_t x,
	 struct tcp_bucket bucket)
{
	uint32_t now = st->in->now, index = rate, full;

	if (!st->ext)
		return false;
	if (rate < TCP_RATE_PER_SIDE)
		index += x * TCP_RATE_PER_SIDE;
	else
		index += TCP_RATE_PER_SIDE;
	full = st->ext->rate[index];
	/*
	 * A full time later than any bucket needs is one in the past: the tick counter
	 * has wrapped.
	 */
	if (full == 0 || full - now > bucket.burst * bucket.gap_ticks)
		full = now;
	if (full - now > (bucket.burst - 1) * bucket.gap_ticks)
		return false;
	full += bucket.gap_ticks;
	st->ext->rate[index] = full ? full : 1;
	return true;
}

static inline bool
seg_take_one(const struct seg_ctx *st, enum tcp_rate rate, uint8_t x)
{
	return seg_take(st, rate, x, (struct tcp_bucket){TICKS_PER_S, 1});
}

/*
 * RST-2: note that an unacceptable ACK was forwarded to a side. That side answers it with
 * a RST whose sequence number is `ack`.
 */
static inline void
attempt_note_bad_ack(const struct tcp_attempt *p, uint8_t to, uint32_t ack)
{
	if (!p->handshake)
		return;
	p->handshake->bad_ack = ack;
	p->handshake->bad_ack_side = to + 1;
}

/*
 * RST-2: whether the number of this RST of x is that of the unacceptable ACK noted
 * before. The RST then ends the stale connection that the ACK came from, not this
 * connection.
 */
static inline bool
attempt_is_bad_ack(const struct tcp_attempt *p, uint8_t x, uint32_t seq)
{
	return p->handshake && p->handshake->bad_ack_side == x + 1 &&
	       p->handshake->bad_ack == seq;
}

/* GEN-5: an ACK without data, as if from x. */
static inline struct tcp_segment
attempt_make_ack(const struct tcp_attempt *p, uint8_t x, uint32_t seq, uint32_t ack)
{
	const struct track_hot *h = p->h;
	int32_t window = seq_diff(h->edge[!x], h->una[!x]);
	struct tcp_segment seg = {.seq = seq,
				  .ack = ack,
				  .flags = TCP_ACK,
				  .scale = TCP_NO_SCALE};

	if (window > 0) {
		window >>= attempt_scale(p, x);
		seg.win = window > 65535 ? 65535 : (uint16_t)window;
	}
	if (h->flags & TRACK_TS) {
		seg.has_ts = true;
		seg.tsval = h->tsmax[x];
		seg.tsecr = h->tsmax[!x];
	}
	return seg;
}

/*
 * RST-6, TIM-1: the probe <SEQ=una-1, ACK=una'>, as if from x. A receiver that has lost
 * the connection answers with a RST of exactly that number.
 */
static inline struct tcp_segment
attempt_make_probe(const struct tcp_attempt *p, uint8_t x)
{
	return attempt_make_ack(p, x, p->h->una[x] - 1, p->h->una[!x]);
}

/* GEN-1, GEN-2: generate the RST that answers the segment. */
static inline void
seg_make_rst(const struct seg_ctx *st)
{
	st->r->action = ACTION_RST;
	st->r->generated_to = st->in->side;
	st->r->generated = segment_reset(st->in->seg);
}

#endif
