/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A step of a sequence: one segment, the verdicts of sluice and of the kernel, and the
 * state of both before and after it. The classes of differences (classes.h) are
 * predicates on a step.
 */
#ifndef ORACLE_STEP_H
#define ORACLE_STEP_H

#include <base/seq.h>

#include "../unit/tcp_world.h"
#include "kernel.h"

/*
 * What happened in earlier steps of the sequence and still shows in the kernel's
 * verdicts.
 */
struct past {
	bool moved_on;     /* the kernel gave its entry to another SYN */
	bool simultaneous; /* the kernel has seen a SYN from each side */
	bool second_syn;   /* a side sent two different SYNs before an answer */
	/* the kernel took numbers from a further SYN or SYN+ACK of an open handshake */
	bool handshake_again;
	bool reset; /* sluice has passed a RST */
	/*
	 * for each side: the kernel has passed a segment of it without updating its entry
	 */
	bool uncounted[2];
	/*
	 * highest ACK number that this side sent in a segment which sluice passed, RSTs
	 * and old duplicates included
	 */
	bool has_ack[2];
	uint32_t ack[2];
	/* highest SEQ+LEN that this side sent in a segment which sluice passed */
	bool has_passed[2];
	uint32_t passed[2];
};

struct step {
	struct tcp_segment seg;
	uint32_t sack;          /* right edge of the segment's SACK block; 0: none */
	uint8_t from;           /* side that sent the segment */
	bool pass, kernel_pass; /* whether sluice and the kernel pass it */
	enum reason reason;     /* drop reason of sluice */
	enum action action;
	uint32_t now;
	struct world before, after; /* the tracker's state before and after the segment */
	enum tcp_state state[2],
		next[2]; /* of sluice before and after the segment; CLOSED: no entry */
	enum kernel_word word; /* what the kernel logged about the segment */
	struct kernel_entry kernel_before, kernel_after;
	struct past past;
};

/* Return the flags that make a segment a SYN, a SYN+ACK, a RST, a FIN or an ACK. */
static inline uint8_t
step_kind(const struct step *s)
{
	return s->seg.flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
}

/* ---- the numbers of sluice before the step, for the direction of side x ---- */

static inline const struct track_hot *
step_hot(const struct step *s)
{
	return &s->before.hot;
}

static inline uint32_t
step_maxwnd(const struct step *s, uint8_t x)
{
	uint8_t scale = x ? step_hot(s)->scale & 15 : step_hot(s)->scale >> 4;
	uint32_t scaled = (uint32_t)step_hot(s)->maxwnd[x] << scale;

	return scaled > s->before.cold.syn_win[x] ? scaled : s->before.cold.syn_win[x];
}

/*
 * ACC-1: first sequence number that side x must not send, computed without the tracker.
 */
static inline uint32_t
step_right_edge(const struct step *s, uint8_t x)
{
	const struct track_hot *h = step_hot(s);

	return seq_max(seq_max(h->una[x] + step_maxwnd(s, x), h->nxt[x]), h->edge[x]);
}

/* Return whether the ACK is in (iss, nxt] of x. */
static inline bool
step_acks(const struct step *s, uint8_t x)
{
	uint32_t iss = s->before.cold.iss[x];

	return s->seg.ack - iss - 1 < step_hot(s)->nxt[x] - iss;
}

static inline bool
world_lingers(const struct world *w)
{
	return w->live && (w->cold.flags & COLD_CLOSED);
}

static inline bool
world_has_shadow(const struct world *w)
{
	return w->live && w->has_ext && w->ext.shadow[0].live;
}

/* ---- the kernel's state before the step ---- */

static inline bool
step_kernel_was(const struct step *s, enum tcp_conntrack state)
{
	return s->kernel_before.there && s->kernel_before.state == state;
}

/* Return whether the segment comes from the kernel's originator. */
static inline bool
step_kernel_orig(const struct step *s)
{
	return s->kernel_before.there && s->kernel_before.orig == s->from;
}

#endif
