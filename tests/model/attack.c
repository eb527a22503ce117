/* SPDX-License-Identifier: BSD-3-Clause */
/* The attacker's segments, and what they must not change: property (c). */
#include "step.h"

#include <string.h>

#include <base/seq.h>

/*
 * The attacker's segments: flags, and the distances of their numbers from those of the
 * tracker.
 */
#define FAR 0x40000000u
/* as far, but different from FAR, which the attacker's SYN uses */
#define OTHER 0x30000000u
/* inside each window, but never an exact number: data is written in hundreds of bytes */
#define NEAR 37u

static const struct {
	uint8_t flags;
	uint32_t seq; /* offset from una of the side that the attacker impersonates */
	uint32_t ack; /* offset from una of the other side */
	uint32_t len;
} attacks[] = {
	{TCP_SYN, FAR, 0, 0},
	{TCP_SYN, NEAR, 0, 0},
	{TCP_SYN | TCP_ACK, FAR, OTHER, 0},
	{TCP_ACK, NEAR, OTHER, 0},
	{TCP_ACK, NEAR, 0u - OTHER, 10},
	{TCP_ACK, OTHER, 0u - NEAR, 10},
	{TCP_FIN | TCP_ACK, NEAR, OTHER, 0},
	{TCP_RST, OTHER, 0, 0},
	{TCP_RST, NEAR, 0, 0},
	{TCP_RST | TCP_ACK, FAR, OTHER, 0},
};

_Static_assert(sizeof(attacks) / sizeof(*attacks) == ATTACK_KINDS, "a kind each");

void
attack_send(struct model *m, uint8_t x, unsigned kind)
{
	struct flight f = {.from = x, .origin = ORIGIN_ATTACKER};
	uint32_t una = m->live ? m->hot.una[x] : 12345;
	uint32_t other = m->live ? m->hot.una[!x] : 54321;

	f.seg = (struct tcp_segment){.flags = attacks[kind].flags,
				     .seq = una + attacks[kind].seq,
				     .len = attacks[kind].len,
				     .win = WINDOW,
				     .scale = TCP_NO_SCALE};
	if (attacks[kind].flags & TCP_ACK)
		f.seg.ack = other + attacks[kind].ack;
	flight_put(m, &f);
}

struct guarded
attack_guarded(struct model *m)
{
	struct track_conn conn = model_conn(m);
	struct guarded g;

	memset(&g, 0, sizeof(g));
	memcpy(g.nxt, m->hot.nxt, sizeof(g.nxt));
	memcpy(g.una, m->hot.una, sizeof(g.una));
	memcpy(g.edge, m->hot.edge, sizeof(g.edge));
	memcpy(g.maxwnd, m->hot.maxwnd, sizeof(g.maxwnd));
	memcpy(g.ep, m->hot.ep, sizeof(g.ep));
	g.last = m->hot.last;
	g.deadline = tcp_deadline(&conn, model_config(m->u));
	g.closed = (m->cold.flags & COLD_CLOSED) != 0;
	g.answered = ((m->hot.ep[0] | m->hot.ep[1]) & EP_PA) != 0;
	return g;
}

const char *
attack_has_changed(const struct guarded *before, const struct guarded *after)
{
	if (before->closed != after->closed)
		return "(c) an attacker's segment has closed the connection";
	if (before->last != after->last || seq_after(after->deadline, before->deadline))
		return "(c) an attacker's segment has extended the connection's life";
	/*
	 * before an answer, a forged SYN of B may begin a simultaneous open, which
	 * changes the numbers
	 */
	if (!before->answered)
		return NULL;
	if (memcmp(before->nxt, after->nxt, sizeof(before->nxt)) != 0 ||
	    memcmp(before->una, after->una, sizeof(before->una)) != 0 ||
	    memcmp(before->edge, after->edge, sizeof(before->edge)) != 0 ||
	    memcmp(before->maxwnd, after->maxwnd, sizeof(before->maxwnd)) != 0)
		return "(c) an attacker's segment has moved a window";
	if (memcmp(before->ep, after->ep, sizeof(before->ep)) != 0)
		return "(c) an attacker's segment has changed the state";
	return NULL;
}

bool
attack_has_acted(const struct endpoint *before, const struct endpoint *after,
		 uint8_t flags)
{
	if (before->state == TCP_STATE_TIME_WAIT && (flags & TCP_SYN))
		return false;
	return before->state >= TCP_STATE_ESTABLISHED &&
	       (after->state != before->state || after->rcv_nxt != before->rcv_nxt ||
		after->snd_una != before->snd_una);
}
