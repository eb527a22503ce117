/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * ACC-10: segments that took another way. What is refused for its numbers is remembered,
 * one segment a side, and two kinds of evidence make the connection go on:
 *
 *   - three segments of one side that follow from each other, and acknowledge what we have not
 *     seen, or go on past the window that we have seen;
 *   - a segment of each side, each of which acknowledges the number that the other stands at, and
 *     then once more one of either.
 *
 * docs/tcp-tracking.md says why neither is within the reach of who does not see the
 * numbers.
 */
#ifndef TRACK_TCP_UNSEEN_H
#define TRACK_TCP_UNSEEN_H

#include <track/seg_ctx.h>

#define TCP_UNSEEN 3u /* the third passes */
#define TCP_AGREED 2u /* of the segments that answer a refused one, the second passes */

/*
 * Evidence is of the connection alone: its shadows have their own way to be believed
 * (SYN-4). The exception is (c) of an attempt beside a connection that is over: there is
 * no living connection that a forger could replace.
 */
static inline bool
seg_is_own(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	return st->side && p->handshake == &st->side->handshake;
}

/* From now on what y sends goes another way, as far as we know. */
static inline void
attempt_set_unseen(const struct seg_ctx *st, const struct tcp_attempt *p, uint8_t unseen)
{
	if (!(p->c->flags & COLD_ASYMMETRIC)) /* said once */
		st->r->events |= TRACK_EVENT_ASYMMETRIC;
	p->c->flags |= COLD_ASYMMETRIC | unseen;
	p->handshake->refused[0] = p->handshake->refused[1] = (struct tcp_refused){0};
	p->handshake->agreed = 0;
}

/*
 * Whether seg goes on from `from`, or from what has been refused of its sender since it
 * last passed.
 */
static inline bool
refused_goes_on(const struct tcp_refused *u, const struct tcp_segment *seg, uint32_t from,
		uint32_t to)
{
	return seq_within(seg->seq, from, u->reached ? seq_max(u->reach, to) : to);
}

/*
 * Data of x within a window of what it has reached: what lies between may have been lost.
 * Past the window only where that is used up.
 */
static inline void
refused_reaches(struct tcp_refused *u, const struct tcp_attempt *p, uint8_t x,
		const struct tcp_segment *seg)
{
	uint32_t reach = u->reached ? u->reach : p->h->nxt[x];

	if (seg->len == 0 || seg->seq - reach > attempt_maxwnd(p, x) ||
	    (!acc1_holds(attempt_right_edge(p, x), seg) &&
	     seq_before(reach, attempt_right_edge(p, x))))
		return;
	u->reach = seq_max(segment_end(seg), reach);
	u->reached = true;
}

/*
 * The least number that x may go on from: una, unless it is the other side's word for
 * what we have not seen.
 */
static inline uint32_t
attempt_least(const struct tcp_attempt *p, uint8_t x)
{
	return p->c->flags & COLD_UNSEEN(x) ? p->h->una[x] - attempt_maxwnd(p, x)
					    : p->h->una[x];
}

/* Count seg; true: it is the third that follows from those before. */
static inline bool
refused_counts(struct tcp_refused *u, const struct tcp_segment *seg, uint32_t nxt)
{
	if (u->count && seq_before(seg->ack, u->counted_ack))
		u->count = 0;
	u->reach = seq_max(segment_end(seg), u->reached ? u->reach : nxt);
	u->reached = true;
	u->counted_ack = seg->ack;
	return ++u->count >= TCP_UNSEEN;
}

static inline void
refused_note(struct tcp_refused *u, const struct tcp_segment *seg)
{
	u->there = true;
	u->seq = seg->seq;
	u->end = segment_end(seg);
	u->ack = seg->ack;
	u->win = seg->win;
}

/*
 * Whether an ACK is of the number that a host stands at: it has sent up to there, sends
 * from there once more, or asks with the number before whether the other is alive.
 */
static inline bool
ack_is_of(uint32_t ack, uint32_t seq, uint32_t end)
{
	return ack == end || ack == seq || ack == seq + 1;
}

/*
 * Whether seg, and what was refused of the other side, acknowledge where the other
 * stands.
 */
static inline bool
ends_agree(const struct tcp_attempt *p, const struct tcp_refused *other,
	   const struct tcp_segment *seg)
{
	return other->there && attempt_phase(p) == TCP_PHASE_SYNCHRONISED &&
	       !((p->h->ep[0] | p->h->ep[1]) & EP_FS) &&
	       ack_is_of(seg->ack, other->seq, other->end) &&
	       ack_is_of(other->ack, seg->seq, segment_end(seg));
}

/* The connection goes on with the numbers of both: u of y, and seg of x. */
static inline void
attempt_go_on_from(const struct tcp_attempt *p, uint8_t x, const struct tcp_refused *u,
		   const struct tcp_segment *seg)
{
	struct track_hot *h = p->h;
	uint8_t y = !x;

	h->una[x] = u->ack;
	h->una[y] = seg->ack;
	h->nxt[x] = seq_max(segment_end(seg), u->ack);
	h->nxt[y] = seq_max(u->end, seg->ack);
	h->edge[x] = u->ack + ((uint32_t)u->win << attempt_scale(p, y));
	h->edge[y] = seg->ack + ((uint32_t)seg->win << attempt_scale(p, x));
	h->ts_lag[0] = h->ts_lag[1] = TS_LAG_STALE;
}

/*
 * The tests `bad` have failed for a segment of x. True: both ends have shown that we have
 * not seen all that they have sent, and it passes.
 */
TRACK_RARE bool
unseen_shown(const struct seg_ctx *st, const struct tcp_attempt *p, uint32_t bad)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st), y = !x;
	struct tcp_refused *mine = &p->handshake->refused[x],
			   *other = &p->handshake->refused[y];

	if (ends_agree(p, other, seg) && ++p->handshake->agreed >= TCP_AGREED) {
		attempt_go_on_from(p, x, other, seg);
		st->r->events |= TRACK_EVENT_RESYNC;
		attempt_set_unseen(st, p, COLD_UNSEEN(0) | COLD_UNSEEN(1));
		return true;
	}
	refused_note(mine, seg);
	if ((bad & ~(ACC_1 | ACC_3)) || seq_after(seg->ack, attempt_right_edge(p, y)) ||
	    !refused_goes_on(mine, seg, attempt_least(p, x), p->h->nxt[x])) {
		if (!(bad & ~(ACC_1 | ACC_3)))
			refused_reaches(mine, p, x, seg);
		return false;
	}
	if (!refused_counts(mine, seg, p->h->nxt[x]))
		return false;
	attempt_set_unseen(st, p, COLD_UNSEEN(y));
	p->h->ep[x] |= EP_SA; /* y goes on with it, so the handshake is complete */
	p->h->ep[y] |= EP_PA;
	return true;
}

/*
 * The same of x that has sent a SYN: three segments that go on after it, so it has been
 * answered. A FIN counts not.
 */
TRACK_RARE bool
unseen_answer_shown(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	const struct tcp_segment *seg = st->in->seg;
	uint8_t x = seg_side(st);
	struct tcp_refused *mine = &p->handshake->refused[x];

	if ((seg->flags & TCP_FIN) ||
	    !refused_goes_on(mine, seg, p->c->iss[x] + 1, p->h->nxt[x]))
		return false;
	if (mine->count && seq_after(seg->ack, mine->counted_ack + TCP_UNSEEN_MAX))
		mine->count = 0;
	return refused_counts(mine, seg, p->h->nxt[x]);
}

/*
 * A segment of x has passed the tests. It takes back what x has said in those refused,
 * and what y has, if x stands at a number below what y acknowledges.
 */
TRACK_RARE_VOID
unseen_contradicted(const struct tcp_attempt *p, uint8_t x, const struct tcp_segment *seg)
{
	struct tcp_refused *refused = p->handshake->refused;
	uint32_t end = segment_end(seg);

	refused[x] = (struct tcp_refused){0};
	p->handshake->agreed = 0;
	if (refused[!x].count && seq_before(end, refused[!x].counted_ack) &&
	    (segment_len(seg) == 0 ? seg->seq == p->h->nxt[x]
				   : seq_after(end, p->h->nxt[x])))
		refused[!x].count = 0;
}

#endif
