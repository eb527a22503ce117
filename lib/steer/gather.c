/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments on a wire with several workers. Only the first fragment has the ports, so the
 * owner of a datagram is not known before it arrives. A hash of the fields that all
 * fragments have selects the gatherer of the datagram. It holds the fragments until the
 * datagram is complete, then hands them to the owner, whose engine processes them as it
 * would on a wire with one worker. Incomplete datagrams are dropped here, for the same
 * reasons as in an engine.
 *
 *	receiver --pieces--> gatherer --link, all at once--> owner
 *
 * The same worker may have several of these roles, and then uses the same rings.
 */
#include <steer/handoff.h>

#include <base/ticks.h>
#include <packet/packet.h>

#include "handoff_internal.h"

static void
refuse_group(struct handoff *h, enum reason reason)
{
	struct fragment_group *g = &h->group;
	unsigned i;

	for (i = 0; i < g->n; i++)
		engine_refuse(h->engine, &g->piece[i].m, 1, reason);
}

bool
gather_put(struct handoff *h, uint8_t side, struct rte_mbuf *m)
{
	struct fragment_key key;
	struct packet p;
	uint8_t gatherer;

	if (h->fragments == NULL || m->nb_segs > h->config.fragments)
		return false;
	packet_parse(m, side, engine_network(&h->config, h->steer->wire),
		     h->steer->flags |
			     (h->config.verify_checksums ? PACKET_VERIFY_IP : 0),
		     &p);
	if (p.kind != PACKET_FRAGMENT)
		return false;
	key = fragment_key_of(&p);
	gatherer = steer_gatherer(h->steer, &key);
	if (rte_ring_mp_enqueue(h->link[gatherer][side].pieces, m) != 0)
		engine_refuse(h->engine, &m, 1, REASON_HANDOVER_FULL);
	else
		h->handed_over += gatherer != h->self;
	link_wake(h, gatherer);
	return true;
}

/* Hand a complete datagram to its owner; drop it when that fails. */
static void
deliver(struct handoff *h, uint8_t side)
{
	struct rte_mbuf *pkts[FRAGMENT_MAX + 1], *head;
	struct fragment_group *g = &h->group;
	struct packet p;
	uint8_t owner;
	unsigned i;

	head = packet_parse_datagram(g->piece, g->n, side, h->steer->network,
				     h->steer->flags, &p);
	owner = steer_owner(h->steer, head, &p);
	if (owner == STEER_ANY)
		owner = h->self;
	for (i = 0; i < g->n; i++)
		pkts[i] = g->piece[i].m;
	if (rte_ring_sp_enqueue_bulk(h->link[owner][side].to, (void **)pkts, g->n,
				     NULL) == 0) {
		refuse_group(h, REASON_HANDOVER_FULL);
		return;
	}
	link_mark(h, owner, side);
	if (owner != h->self)
		h->handed_over += g->n;
}

static void
gather(struct handoff *h, uint8_t side, struct rte_mbuf *m, uint32_t now)
{
	enum fragment_fate fate;
	struct fragment_key key;
	struct fragment f;
	struct packet p;

	packet_parse(m, side, engine_network(&h->config, h->steer->wire), h->steer->flags,
		     &p);
	key = fragment_key_of(&p);
	f = fragment_of(m, &p, NULL);
	while (fragment_evict(h->fragments, m->nb_segs, &h->group))
		refuse_group(h, REASON_IP_FRAGMENT_MEMORY);
	fate = fragment_add(h->fragments, &key, &f, now, &h->group);
	if (fate == FRAGMENT_WHOLE)
		deliver(h, side);
	else if (fate != FRAGMENT_HELD)
		refuse_group(h, fragment_reason(fate));
}

unsigned
handoff_gather(struct handoff *h, uint64_t now_ns)
{
	uint32_t now = ticks_from_ns(now_ns);
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	unsigned i, n, gathered = 0;
	uint8_t side;

	if (h->fragments == NULL)
		return 0;
	for (side = 0; side < 2; side++) {
		n = rte_ring_sc_dequeue_burst(h->link[h->self][side].pieces,
					      (void **)pkts, ENGINE_BURST_MAX, NULL);
		for (i = 0; i < n; i++)
			gather(h, side, pkts[i], now);
		gathered += n;
	}
	for (i = 0;
	     i < ENGINE_EXPIRE_MAX && fragment_expire(h->fragments, now, &h->group); i++)
		refuse_group(h, REASON_IP_FRAGMENT_TIMEOUT);
	return gathered;
}

void
handoff_stop(struct handoff *h)
{
	while (h->fragments != NULL && fragment_oldest(h->fragments, &h->group))
		refuse_group(h, REASON_IP_FRAGMENT_TIMEOUT);
}
