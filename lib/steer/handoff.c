/* SPDX-License-Identifier: BSD-3-Clause */
#include <steer/handoff.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_malloc.h>

#include "handoff_internal.h"

/* Largest number of packets in the rings from one worker to all peers, for one side. */
#define WAITING 2048u
#define RING_MIN 128u /* room for all fragments of a datagram */
#define PIECES 512u   /* size of the ring of fragments to be gathered, for each side */

static_assert(FRAGMENT_MAX < RING_MIN, "a ring holds one less than its size");

static unsigned
ring_size(unsigned workers)
{
	unsigned share = WAITING / RTE_MAX(workers - 1, 1u);

	return RTE_MAX(rte_align32prevpow2(share), RING_MIN);
}

unsigned
handoff_mbufs(unsigned workers)
{
	/*
	 * for both sides: frames collected for a ring and in it, and fragments to be
	 * gathered
	 */
	return 2 * workers * (ring_size(workers) + ENGINE_BURST_MAX) +
	       2 * ring_size(workers) + 2 * PIECES;
}

/*
 * Create a ring. rte_ring_create() is not used, because it takes a memzone for each: DPDK
 * has 2560 of them, and 64 workers need 8064 rings. Returns NULL when memory runs out.
 */
static struct rte_ring *
ring_make(unsigned size, unsigned flags, int socket)
{
	struct rte_ring *ring = rte_zmalloc_socket("handover",
						   (size_t)rte_ring_get_memsize(size),
						   RTE_CACHE_LINE_SIZE, socket);

	if (ring != NULL)
		rte_ring_init(ring, "handover", size, flags | RING_F_SC_DEQ);
	return ring;
}

/*
 * Create a worker's fragment table, the rings into it, and the worker's rings to itself.
 */
static int
gather_init(struct handoff *const *group, const struct steer *s, unsigned self,
	    int socket)
{
	struct handoff *h = group[self];
	struct fragment_config fc = {
		.buffers = h->config.fragments,
		.ticks = h->config.track.ipfrag_time,
		.secret = s->secret,
	};
	struct rte_ring *ring;
	unsigned side, i;
	void *memory;

	if (fc.buffers == 0)
		return 0;
	memory = rte_zmalloc_socket("fragments", fragment_bytes(&fc), 0, socket);
	if (memory == NULL)
		return -ENOMEM;
	h->fragments = fragment_init(memory, &fc);
	for (side = 0; side < 2; side++) {
		ring = ring_make(PIECES, 0, socket);
		if (ring == NULL)
			return -ENOMEM;
		for (i = 0; i < s->workers; i++)
			group[i]->link[self][side].pieces = ring;
		ring = ring_make(ring_size(s->workers), RING_F_SP_ENQ, socket);
		if (ring == NULL)
			return -ENOMEM;
		h->link[self][side].to = h->link[self][side].from = ring;
	}
	return 0;
}

/* Create the rings from one worker to another, in memory near the reader. */
static int
link_pair(struct handoff *const *group, const struct steer *s, unsigned from, unsigned to,
	  int socket, const uint8_t sender[2])
{
	struct rte_ring *ring;
	unsigned side;

	for (side = 0; side < 2; side++) {
		ring = ring_make(ring_size(s->workers), RING_F_SP_ENQ, socket);
		if (ring == NULL)
			return -ENOMEM;
		group[from]->link[to][side].to = ring;
		group[to]->link[from][side].from = ring;
		if (sender[side] != to)
			continue;
		ring = ring_make(ring_size(s->workers), RING_F_SP_ENQ, socket);
		if (ring == NULL)
			return -ENOMEM;
		group[from]->frames_to[side] = ring;
		group[to]->frames_from[from][side] = ring;
		group[to]->collects = true;
	}
	return 0;
}

int
handoff_init(struct handoff *const *group, const struct steer *s, const int *sockets,
	     const uint8_t sender[2])
{
	unsigned from, to;
	int status = 0;

	for (from = 0; from < s->workers; from++)
		for (to = 0; to < s->workers; to++)
			group[from]->peers[to] = group[to];
	for (from = 0; from < s->workers; from++) {
		group[from]->steer = s;
		group[from]->self = (uint8_t)from;
		group[from]->workers = s->workers;
		group[from]->wake = -1;
		memcpy(group[from]->sender, sender, sizeof(group[from]->sender));
	}
	for (to = 0; to < s->workers && status == 0; to++)
		status = gather_init(group, s, to, sockets[to]);
	for (from = 0; from < s->workers; from++)
		for (to = 0; to < s->workers && status == 0; to++)
			if (to != from)
				status = link_pair(group, s, from, to, sockets[to],
						   sender);
	return status;
}

void
handoff_free(struct handoff *h)
{
	unsigned peer, side;

	if (h->steer != NULL && h->wake >= 0) /* handoff_init() may have not begun */
		close(h->wake);
	for (peer = 0; peer < h->workers; peer++)
		for (side = 0; side < 2; side++)
			rte_free(h->link[peer][side].to);
	for (side = 0; side < 2; side++) {
		rte_free(h->frames_to[side]);
		rte_free(h->link[h->self][side].pieces);
	}
	rte_free(h->fragments);
}

static void
link_flush(struct handoff *h, unsigned peer, unsigned side)
{
	struct handoff_link *link = &h->link[peer][side];
	unsigned sent = rte_ring_sp_enqueue_burst(link->to, (void **)link->pkts,
						  link->count, NULL);

	h->handed_over += sent;
	link_mark(h, peer, side);
	if (unlikely(sent < link->count))
		engine_refuse(h->engine, link->pkts + sent,
			      (uint16_t)(link->count - sent), REASON_HANDOVER_FULL);
	link->count = 0;
}

/*
 * Whether all n owners equal one; after the n entries the array has room for seven more.
 */
static inline bool
all_of(uint8_t owner, uint8_t *owners, uint16_t n)
{
	uint64_t all = owner * UINT64_C(0x0101010101010101), eight, differ = 0;
	uint16_t i;

	memset(&owners[n], owner, 7);
	for (i = 0; i < n; i += 8) {
		memcpy(&eight, &owners[i], sizeof(eight));
		differ |= eight ^ all;
	}
	return differ == 0;
}

uint16_t
handoff_split(struct handoff *h, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	uint8_t owners[ENGINE_BURST_MAX + 7];
	struct handoff_link *link;
	uint16_t i, own = 0;

	steer_owners(h->steer, side, pkts, n, owners);
	/* usual with a card that does symmetric RSS */
	if (likely(all_of(h->self, owners, n)))
		return n;
	for (i = 0; i < n; i++) {
		if (owners[i] == h->self || owners[i] == STEER_ANY) {
			pkts[own++] = pkts[i];
			continue;
		}
		if (unlikely(owners[i] == STEER_FRAGMENT)) {
			if (!gather_put(h, side, pkts[i]))
				pkts[own++] = pkts[i];
			continue;
		}
		link = &h->link[owners[i]][side];
		link->pkts[link->count++] = pkts[i];
		h->pending[side] |= UINT64_C(1) << owners[i];
		if (link->count == ENGINE_BURST_MAX)
			link_flush(h, owners[i], side);
	}
	return own;
}

void
handoff_flush(struct handoff *h)
{
	unsigned peer, side;

	for (side = 0; side < 2; side++)
		for (; h->pending[side] != 0; h->pending[side] &= h->pending[side] - 1) {
			peer = rte_bsf64(h->pending[side]);
			if (h->link[peer][side].count != 0)
				link_flush(h, peer, side);
		}
}

uint16_t
handoff_take(struct handoff *h, unsigned peer, uint8_t side, struct rte_mbuf **pkts)
{
	struct rte_ring *ring = h->link[peer][side].from;
	unsigned n;

	/* the ring to ourselves, which does not exist when fragments are not held */
	if (ring == NULL)
		return 0;
	n = rte_ring_sc_dequeue_burst(ring, (void **)pkts, ENGINE_BURST_MAX, NULL);
	if (n == ENGINE_BURST_MAX)
		h->left[side] |= UINT64_C(1) << peer;
	return (uint16_t)n;
}

uint16_t
handoff_send(struct handoff *h, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	unsigned sent = rte_ring_sp_enqueue_burst(h->frames_to[side], (void **)pkts, n,
						  NULL);

	link_wake(h, h->sender[side]);
	return (uint16_t)sent;
}

unsigned
handoff_collect(struct handoff *h)
{
	unsigned peer, side, n, collected = 0;
	struct engine_tx *tx;

	if (!h->collects)
		return 0;
	for (peer = 0; peer < h->workers; peer++)
		for (side = 0; side < 2; side++) {
			if (h->frames_from[peer][side] == NULL)
				continue;
			tx = engine_tx(h->engine, (uint16_t)(2 * h->steer->wire + side));
			n = rte_ring_sc_dequeue_burst(h->frames_from[peer][side],
						      (void **)&tx->pkts[tx->count],
						      ENGINE_TX_MAX - tx->count, NULL);
			tx->count += (uint16_t)n;
			collected += n;
		}
	return collected;
}
