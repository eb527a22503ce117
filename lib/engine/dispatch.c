/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which file decides about a packet, by its kind. Fragments are not dispatched here: they
 * are held first, and fragment.c dispatches the datagram that they make up.
 */
#include "engine_internal.h"

void
pkt_dispatch(struct pkt_ctx *s)
{
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
