/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selects by the kind of a packet the file that decides about it. Fragments are not
 * dispatched here: they are held first, and fragment.c dispatches the datagram that they
 * make up. The rules before tracking (raw.c) are evaluated first.
 */
#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "pkt.h"
#include "rules.h"

/* Whether the packet is one that the rules are evaluated for at all. */
static bool
is_judged(const struct packet *p)
{
	switch (p->kind) {
	case PACKET_TCP:
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
	case PACKET_ICMP_ERROR:
		return true;
	default: /* neighbour discovery may pass without rules: pkt_untracked() */
		return false;
	}
}

/*
 * Evaluate the rules before tracking, unless their verdict is cached for the connection's
 * packets. Returns whether the packet is to be tracked. If not, s->r has been set: the
 * packet is refused, or it is untracked and s->r is the verdict of the other rules.
 */
static bool
raw_passes(struct pkt_ctx *s)
{
	s->e->raw_marks = (struct raw_marks){0, 0};
	s->e->raw_traced = false;
	if (!is_judged(s->p) ||
	    (s->index != FLOW_NONE && s->f->generation[s->index] == s->e->generation))
		return true;
	if (!raw_accepts(s) && !audit_rules(s)) {
		rules_refuse(s);
		return false;
	}
	if (!s->rules.effects.untracked)
		return true;
	s->index = FLOW_NONE;
	pkt_untracked(s);
	return false;
}

void
pkt_dispatch(struct pkt_ctx *s)
{
	if (unlikely(s->e->raw) && !raw_passes(s))
		return;
	switch (s->p->kind) {
	case PACKET_TCP:
		pkt_tcp(s);
		break;
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
		pkt_datagram(s);
		break;
	case PACKET_ICMP_ERROR:
		pkt_icmp_error(s);
		break;
	case PACKET_ND:
		if (!pkt_bypass(s))
			pkt_untracked(s);
		break;
	case PACKET_NON_IP:
		if (!pkt_bypass(s))
			pkt_drop(s, packet_type_carries(s->p->ether_type)
					    ? REASON_ENCAPSULATED
					    : REASON_NON_IP);
		break;
	default:
		pkt_drop(s, s->p->reason);
		break;
	}
}
