/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handoff of packets between workers. The workers that share a wire are linked in pairs
 * by rings with one producer and one consumer, one ring for each side of the wire: the
 * packets of a burst are from one port. Packets for another worker are collected and sent
 * at the end of a turn, or when a burst is full, so packets of one port stay in order.
 * When a ring is full, packets are dropped (HANDOVER_FULL); no worker waits for another.
 *
 * One worker gathers the fragments of a datagram and hands it to its owner as a whole, by
 * the same ring even if it is the owner (gather.c). So other packets of a connection may
 * overtake a packet in fragments on a wire of several workers.
 *
 * A worker that hands packets to another sets its bit in the other's `ready`, so that a
 * worker need not read the rings of peers that have sent nothing.
 *
 * A port with fewer transmit queues than workers has one sender; the other workers hand
 * it the frames to transmit.
 *
 *	each turn of a worker
 *		for each port that it receives on:
 *			n = handoff_split(h, side, pkts, n);   own packets
 *		handoff_flush(h);
 *		handoff_gather(h, now_ns);                     fragments
 *		for each side and each peer of handoff_ready(h, side):
 *			n = handoff_take(h, peer, side, pkts); packets of peers
 *		handoff_collect(h);                            frames to transmit
 *	at the end handoff_stop(h);
 *
 * Only its worker uses a struct handoff, except for the rings and `ready`.
 */
#ifndef STEER_HANDOFF_H
#define STEER_HANDOFF_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <engine/engine.h>
#include <fragment/fragment.h>
#include <steer/steer.h>

/* From one worker to another, of one side of the wire. */
struct handoff_link {
	struct rte_ring *to;
	struct rte_ring *from;
	struct rte_ring *pieces; /* fragments that `to` gathers, from all workers */
	uint16_t count;          /* collected for `to` */
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
};

struct handoff {
	const struct steer *steer;
	struct engine *engine;
	uint8_t self; /* number among the workers of the wire */
	uint8_t workers;
	bool collects;                    /* we are the sender of some side */
	uint64_t handed_over;             /* packets that went to another worker */
	struct fragment_table *fragments; /* that it gathers; NULL: none */
	/*
	 * bits of peers, by side: something is collected for them; some of theirs was
	 * left
	 */
	uint64_t pending[2];
	uint64_t left[2];
	struct handoff *peers[STEER_MAX_WORKERS];
	/*
	 * Frames to be sent: ours to the sender of a side, the others' to us; NULL: none.
	 */
	struct rte_ring *frames_to[2];
	struct rte_ring *frames_from[STEER_MAX_WORKERS][2];
	struct handoff_link link[STEER_MAX_WORKERS][2] __attribute__((aligned(64)));
	struct engine_config config; /* its engine's */
	struct fragment_group group; /* of fragments that it gathers no more */
	/*
	 * Written by peers: bits of those that have put something into their rings to us.
	 */
	_Atomic uint64_t ready[2] __attribute__((aligned(64)));
};
static_assert(STEER_MAX_WORKERS <= 64, "a bit each");

/*
 * Link the workers of a wire. group: as many zeroed structs as s has workers, each with
 * its engine and that one's config set. sockets: the NUMA node of each worker. sender:
 * for each side its one sender, or STEER_ANY where each worker sends itself. Returns 0 or
 * -errno; handoff_free() in any case.
 */
int handoff_init(struct handoff *const *group, const struct steer *s, const int *sockets,
		 const uint8_t sender[2]);

/* The end: drop the fragments that wait. */
void handoff_stop(struct handoff *h);

/* Before the pool of the packets that may still be in the rings. */
void handoff_free(struct handoff *h);

/* Packets that can be on their way from one worker, without the fragments that wait. */
unsigned handoff_mbufs(unsigned workers);

/*
 * Of a burst that came in on a side leave in pkts, in order, what is this worker's, and
 * return how many. The others are on their way to their owners, or dropped and counted.
 */
uint16_t handoff_split(struct handoff *h, uint8_t side, struct rte_mbuf **pkts,
		       uint16_t n);

/* Send the collected packets to their owners. */
void handoff_flush(struct handoff *h);

/*
 * Take up to a burst a side of the fragments that are ours to gather, have what is whole
 * go over, and drop what took too long.
 */
void handoff_gather(struct handoff *h, uint64_t now_ns);

/* Bits of the peers that have something for us from a side; take once of each. */
static inline uint64_t
handoff_ready(struct handoff *h, uint8_t side)
{
	uint64_t peers = h->left[side];

	h->left[side] = 0;
	/* read first: an exchange would take the cache line from the peers */
	if (likely(atomic_load_explicit(&h->ready[side], memory_order_relaxed) == 0))
		return peers;
	return peers | atomic_exchange_explicit(&h->ready[side], 0, memory_order_acquire);
}

/*
 * Packets of ours that a peer has received on a side: at most ENGINE_BURST_MAX; if there
 * may be more, the peer stays ready. A worker is its own peer for gathered datagrams.
 */
uint16_t handoff_take(struct handoff *h, unsigned peer, uint8_t side,
		      struct rte_mbuf **pkts);

/* To the sender of a side; returns how many of the frames it takes, from the first on. */
uint16_t handoff_send(struct handoff *h, uint8_t side, struct rte_mbuf **pkts,
		      uint16_t n);

/*
 * Put what the others have sent us into our engine's transmit buffers, as far as they go.
 */
void handoff_collect(struct handoff *h);

#endif
