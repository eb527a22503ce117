/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classes of steps that sluice drops and the kernel passes. Each class computes anew,
 * from the numbers in the tracker's state, that the drop reason is true. It does not call
 * the tracker, whose error it would repeat.
 */
#include "classes.h"

static bool
we_say(const struct step *s, enum reason reason)
{
	return !s->pass && s->kernel_pass && s->reason == reason;
}

static bool
is_rst(const struct step *s)
{
	return (s->seg.flags & TCP_RST) != 0;
}

static bool
paws(const struct step *s)
{
	return we_say(s, REASON_TCP_PAWS) && s->seg.has_ts &&
	       (step_hot(s)->flags & TRACK_TS) &&
	       seq_before(s->seg.tsval, step_hot(s)->tsmax[s->from]);
}

static bool
past_fin(const struct step *s)
{
	uint32_t fin = s->before.cold.fin[s->from], end = segment_end(&s->seg);

	return we_say(s, REASON_TCP_PAST_FIN) && (step_hot(s)->ep[s->from] & EP_FS) &&
	       seq_after(step_hot(s)->una[s->from], fin) &&
	       (seq_after(end, fin + 1) || ((s->seg.flags & TCP_FIN) && end != fin + 1));
}

static bool
after_reset(const struct step *s)
{
	return we_say(s, REASON_TCP_RATE) && world_lingers(&s->before);
}

static bool
old_again(const struct step *s)
{
	return we_say(s, REASON_TCP_RATE) && !world_lingers(&s->before) &&
	       !seq_after(segment_end(&s->seg), step_hot(s)->una[s->from]);
}

static bool
synack_again(const struct step *s)
{
	return we_say(s, REASON_TCP_RATE) && !world_lingers(&s->before) &&
	       step_kind(s) == (TCP_SYN | TCP_ACK) &&
	       !(s->seg.seq == s->before.cold.iss[s->from] && step_acks(s, !s->from));
}

static bool
before_window(const struct step *s)
{
	uint8_t x = s->from;

	return we_say(s, REASON_TCP_SEQ_LEFT) &&
	       seq_before(s->seg.seq, step_hot(s)->una[x] - 1 - step_maxwnd(s, x));
}

static bool
beyond_window(const struct step *s)
{
	return we_say(s, REASON_TCP_SEQ_RIGHT) &&
	       !seq_before(s->seg.seq, step_right_edge(s, s->from));
}

static bool
ack_old(const struct step *s)
{
	uint8_t y = !s->from;

	return we_say(s, REASON_TCP_ACK_OLD) &&
	       seq_before(s->seg.ack, step_hot(s)->una[y] - step_maxwnd(s, y));
}

/*
 * The ACK of data that sluice passed without updating its numbers, because the receiver
 * should refuse it; but the receiver has accepted it.
 */
static bool
ack_uncounted(const struct step *s)
{
	uint8_t y = !s->from;

	return we_say(s, REASON_TCP_ACK_UNSENT) &&
	       seq_after(s->seg.ack, step_hot(s)->nxt[y]) && s->past.has_passed[y] &&
	       !seq_after(s->seg.ack, s->past.passed[y]);
}

static bool
ack_behind_sack(const struct step *s)
{
	return we_say(s, REASON_TCP_ACK_UNSENT) &&
	       seq_after(s->seg.ack, step_hot(s)->nxt[!s->from]) && s->sack != 0 &&
	       seq_after(s->sack, s->seg.ack);
}

/*
 * The kernel takes part in the handshake of another SYN, and passes segments of the
 * connection unread ("ignored").
 */
static bool
ack_ignored(const struct step *s)
{
	return we_say(s, REASON_TCP_ACK_UNSENT) && s->word == KERNEL_IGNORED &&
	       (s->past.moved_on || s->past.second_syn) &&
	       seq_after(s->seg.ack, step_hot(s)->nxt[!s->from]);
}

/*
 * GEN-2: a second wrong ACK toward SYN_RECEIVED within a second; only one in a second is
 * passed.
 */
static bool
handshake_ack_again(const struct step *s)
{
	return we_say(s, REASON_TCP_HANDSHAKE_ACK) &&
	       !(step_hot(s)->ep[!s->from] & EP_SA) && !step_acks(s, !s->from);
}

/*
 * The receiver has sent no SYN, or has withdrawn it with a RST, so no ACK can be right.
 */
static bool
before_answer(const struct step *s)
{
	return we_say(s, REASON_TCP_NO_HANDSHAKE) && s->before.live &&
	       !(step_hot(s)->ep[!s->from] & EP_SS);
}

static bool
syn_in_window(const struct step *s)
{
	uint8_t x = s->from;

	return we_say(s, REASON_TCP_SYN_IN_WINDOW) && step_kind(s) == TCP_SYN &&
	       s->state[!x] == TCP_STATE_SYN_RECEIVED &&
	       seq_after(s->seg.seq, s->before.cold.iss[x]) &&
	       seq_before(s->seg.seq, step_hot(s)->edge[x]);
}

static bool
rst_syn_sent(const struct step *s)
{
	uint8_t x = s->from, y = !x;

	return we_say(s, REASON_TCP_RST_SYN_SENT) && is_rst(s) &&
	       (s->state[y] == TCP_STATE_SYN_SENT
			? !(s->seg.flags & TCP_ACK) || !step_acks(s, y)
			: !seq_within(s->seg.seq, s->before.cold.iss[x],
				      step_hot(s)->nxt[x]));
}

static bool
rst_time_wait(const struct step *s)
{
	return we_say(s, REASON_TCP_RST_TIME_WAIT) && is_rst(s) &&
	       s->state[!s->from] == TCP_STATE_TIME_WAIT;
}

static bool
rst_inexact(const struct step *s)
{
	uint8_t x = s->from;

	return we_say(s, REASON_TCP_RST_INEXACT) && is_rst(s) &&
	       seq_after(s->seg.seq, step_hot(s)->nxt[x]) &&
	       !seq_after(s->seg.seq, step_hot(s)->edge[x]);
}

static bool
rst_outside(const struct step *s)
{
	const struct track_hot *h = step_hot(s);
	uint8_t x = s->from;

	return we_say(s, REASON_TCP_RST_SEQ) && is_rst(s) &&
	       (seq_before(s->seg.seq, h->una[x]) ||
		seq_after(s->seg.seq, seq_max(h->edge[x], h->nxt[x])));
}

static bool
rst_ack(const struct step *s)
{
	uint8_t y = !s->from;

	return we_say(s, REASON_TCP_RST_ACK) && step_kind(s) == (TCP_RST | TCP_ACK) &&
	       (seq_before(s->seg.ack, step_hot(s)->una[y] - step_maxwnd(s, y)) ||
		seq_after(s->seg.ack, step_hot(s)->nxt[y]));
}

/* The kernel checks no numbers in a connection that it has picked up. */
static bool
picked_up(const struct step *s)
{
	return s->before.live && (s->before.cold.flags & COLD_LOOSE) &&
	       (we_say(s, REASON_TCP_SEQ_RIGHT) || we_say(s, REASON_TCP_SEQ_LEFT) ||
		we_say(s, REASON_TCP_ACK_UNSENT) || we_say(s, REASON_TCP_ACK_OLD));
}

struct difference_class sluice_drops[] = {
	{"paws", paws, 0},
	{"past-fin", past_fin, 0},
	{"after-reset", after_reset, 0},
	{"old-again", old_again, 0},
	{"synack-again", synack_again, 0},
	{"before-window", before_window, 0},
	{"beyond-window", beyond_window, 0},
	{"ack-old", ack_old, 0},
	{"ack-uncounted", ack_uncounted, 0},
	{"ack-behind-sack", ack_behind_sack, 0},
	{"ack-ignored", ack_ignored, 0},
	{"handshake-ack-again", handshake_ack_again, 0},
	{"before-answer", before_answer, 0},
	{"syn-in-window", syn_in_window, 0},
	{"rst-syn-sent", rst_syn_sent, 0},
	{"rst-time-wait", rst_time_wait, 0},
	{"rst-inexact", rst_inexact, 0},
	{"rst-outside", rst_outside, 0},
	{"rst-ack", rst_ack, 0},
	{"picked-up", picked_up, 0},
	{NULL, NULL, 0},
};
