/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A step of a sequence: one segment, judged by sluice and by the kernel, and what both
 * knew before and after. It is what a class of differences (classes.h) decides on.
 */
#ifndef ORACLE_STEP_H
#define ORACLE_STEP_H

#include <base/seq.h>

#include "../unit/tcp_world.h"
#include "kernel.h"

/* What has happened before in the sequence, as far as it matters to the kernel. */
struct past {
	bool moved_on;     /* it has given up one connection for another's SYN */
	bool simultaneous; /* it has seen a SYN of either side */
	bool second_syn;   /* .. two different ones of one side before the answer */
	/* it took numbers from a further SYN+ACK of an open handshake */
	bool handshake_again;
	bool reset; /* a RST has passed */
	/* it has let by a segment of that side without learning from it */
	bool uncounted[2];
	/*
	 * the highest ACK of that side that it let by, be it in a RST or an old duplicate
	 */
	bool has_ack[2];
	uint32_t ack[2];
	/* where the highest segment of that side ends that both let by */
	bool has_passed[2];
	uint32_t passed[2];
};

struct step {
	struct tcp_segment seg;
	uint32_t sack;          /* right edge of a SACK block that it carries, or 0 */
	uint8_t from;           /* side */
	bool pass, kernel_pass; /* the verdicts */
	enum reason reason;     /* of ours */
	enum action action;
	uint32_t now;
	struct world before, after; /* the tracker */
	enum tcp_state state[2],
		next[2];       /* of the sides, before and after; CLOSED: no entry */
	enum kernel_word word; /* why the kernel says so, if it is anything of note */
	struct kernel_entry kernel_before, kernel_after;
	struct past past;
};

/* The flags that make it a SYN, a SYN+ACK, .. */
static inline uint8_t
step_kind(const struct step *s)
{
	return s->seg.flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
}

/* ---- what sluice knew: the numbers of the direction of side x ---- */

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

/* ACC-1 */
static inline uint32_t
step_right_edge(const struct step *s, uint8_t x)
{
	const struct track_hot *h = step_hot(s);

	return seq_max(seq_max(h->una[x] + step_maxwnd(s, x), h->nxt[x]), h->edge[x]);
}

/* ACK in (iss, nxt] of x. */
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

/* ---- what the kernel knew ---- */

static inline bool
step_kernel_was(const struct step *s, enum tcp_conntrack state)
{
	return s->kernel_before.there && s->kernel_before.state == state;
}

/* From the side that began, as the kernel has it. */
static inline bool
step_kernel_orig(const struct step *s)
{
	return s->kernel_before.there && s->kernel_before.orig == s->from;
}

#endif
