/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * ACC-10: segments that took another path. When a segment is dropped because of its
 * numbers, the last one of each side is stored. Two kinds of evidence make the connection
 * continue with the new numbers:
 *
 *   - three segments of one side that follow from one another, and acknowledge data that
 *     was not seen, or continue beyond the window that was seen;
 *   - a segment of each side, each acknowledging the number that the other has reached,
 *     and then one more segment of either side.
 *
 * docs/tcp-tracking.md explains why an attacker who cannot see the numbers can produce
 * neither.
 */
#ifndef TRACK_TCP_UNSEEN_H
#define TRACK_TCP_UNSEEN_H

#include <track/seg_ctx.h>

#define TCP_UNSEEN 3u /* ACC-10 (a): the third such segment passes */
#define TCP_AGREED 2u /* the second segment that answers a dropped one passes */

/*
 * Whether evidence may be collected for this attempt. It is collected for the connection
 * only, because a shadow is confirmed in another way (SYN-4). ACC-10 (c), a shadow whose
 * connection has ended, is an exception that the caller tests (seg_ctx.over): there is no
 * live connection that an attacker could replace.
 */
static inline bool
seg_is_own(const struct seg_ctx *st, const struct tcp_attempt *p)
{
	return st->ext && p->handshake == &st->ext->handshake;
}

/*
 * Record that segments of the sides in `unseen` (bits COLD_UNSEEN) take another path, and
 * clear the evidence.
 */
static inline void
attempt_set_unseen(const struct seg_ctx *st, const struct tcp_attempt *p, uint8_t unseen)
{
	if (!(p->c->flags & COLD_ASYMMETRIC)) /* report it once */
		st->r->events |= TRACK_EVENT_ASYMMETRIC;
	p->c->flags |= COLD_ASYMMETRIC | unseen;
	p->handshake->refused[0] = p->handshake->refused[1] = (struct tcp_refused){0};
	p->handshake->agreed = 0;
}

/*
 * Whether evidence is stored. A segment that passes must then take the slow path, which
 * clears it.
 */
static inline bool
refused_pending(const struct tcp_refused *u)
{
	return u->there || u->count != 0;
}

/*
 * Whether seg begins between `from` and `to`, or, if the sender's dropped data continues
 * beyond `to`, between `from` and the end of that data.
 */
static inline bool
refused_goes_on(const struct tcp_refused *u, const struct tcp_segment *seg, uint32_t from,
		uint32_t to)
{
	return seq_within(seg->seq, from, u->reached ? seq_max(u->reach, to) : to);
}

/*
 * Store the end of a dropped segment of x as the number that x has reached, if it has
 * data and begins at most one window beyond the number reached before; segments between
 * may have been lost. Data beyond the right edge counts only if x has reached that edge.
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
 * The lowest sequence number at which x may continue: una, unless una comes from an
 * acknowledgment of data that was not seen.
 */
static inline uint32_t
attempt_least(const struct tcp_attempt *p, uint8_t x)
{
	return p->c->flags & COLD_UNSEEN(x) ? p->h->una[x] - attempt_maxwnd(p, x)
					    : p->h->una[x];
}

/* Count seg. Returns true when it is the third one that follows from those before. */
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
 * Whether ack equals the number that a host has reached: the host has sent up to it,
 * sends from it again, or sends a keep-alive with the number before it.
 */
static inline bool
ack_is_of(uint32_t ack, uint32_t seq, uint32_t end)
{
	return ack == end || ack == seq || ack == seq + 1;
}

/*
 * Whether seg and the dropped segment of the other side acknowledge exactly the number
 * that the other side has reached.
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

/* Continue the connection with the numbers of both segments: u of y, and seg of x. */
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
 * The tests `bad` have failed for a segment of x. Returns true when it passes, because
 * both endpoints have shown that some of their segments were not seen.
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
	/* x sends data after the handshake, so it was completed */
	p->h->ep[x] |= EP_SA;
	p->h->ep[y] |= EP_PA;
	return true;
}

/*
 * ACC-10 for an x whose SYN has no answer that was seen. Three segments of x that
 * continue after the SYN show that an answer took another path. Returns true for the
 * third one. A FIN does not count.
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
 * A segment of x has passed the tests. Clear the evidence from x, and that from y if x
 * has reached a number below the one that y acknowledges.
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
