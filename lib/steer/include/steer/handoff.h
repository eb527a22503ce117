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
 * With handoff_sleepy(), a worker may sleep at the eventfd `wake`: it calls
 * handoff_doze(), does one more turn, and if that finds nothing, it waits. Peers that put
 * something into a ring for it meanwhile write to the eventfd. When it goes on, it calls
 * handoff_wake_up().
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
 * Only its worker uses a struct handoff, except for the rings, `ready`, `dozes` and
 * `wake`.
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

/* The link from one worker to another, for one side of the wire. */
struct handoff_link {
	struct rte_ring *to;
	struct rte_ring *from;
	struct rte_ring *pieces; /* fragments to be gathered by `to`, from all workers */
	uint16_t count;          /* number of packets collected for `to` */
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
};

struct handoff {
	const struct steer *steer;
	struct engine *engine;
	uint8_t self; /* number of this worker among the workers of the wire */
	uint8_t workers;
	/* this worker is the sender of at least one side */
	bool collects;
	uint8_t sender[2];    /* the only worker that transmits, or STEER_ANY */
	int wake;             /* eventfd; -1: no worker of the wire sleeps */
	uint64_t handed_over; /* number of packets handed to other workers */
	/* fragments that this worker gathers; NULL: none are held */
	struct fragment_table *fragments;
	/*
	 * For each side, a bit for each peer: packets are collected for it, or some from
	 * it remain.
	 */
	uint64_t pending[2];
	uint64_t left[2];
	struct handoff *peers[STEER_MAX_WORKERS];
	/*
	 * Frames to transmit: from us to the sender of a side, and from the others to us.
	 * NULL: there is no such ring.
	 */
	struct rte_ring *frames_to[2];
	struct rte_ring *frames_from[STEER_MAX_WORKERS][2];
	struct handoff_link link[STEER_MAX_WORKERS][2] __attribute__((aligned(64)));
	struct engine_config config; /* configuration of this worker's engine */
	/* fragments that have just been removed from `fragments` */
	struct fragment_group group;
	/*
	 * Written by peers: for each side, the bits of the peers that have put packets
	 * into their rings to us.
	 */
	_Atomic uint64_t ready[2] __attribute__((aligned(64)));
	/* this worker wants to be woken; the peer that does so clears it */
	atomic_bool dozes;
};
static_assert(STEER_MAX_WORKERS <= 64, "a bit each");

/*
 * Link the workers of a wire. group: as many zeroed structs as s has workers, each with
 * its engine and the engine's config set. sockets: the NUMA node of each worker. sender:
 * for each side the only worker that transmits, or STEER_ANY when each worker transmits
 * itself. Returns 0 or -errno; the caller calls handoff_free() in both cases.
 */
int handoff_init(struct handoff *const *group, const struct steer *s, const int *sockets,
		 const uint8_t sender[2]);

/*
 * Let the n workers of a wire sleep. Returns 0, or -errno, without descriptors; then none
 * may.
 */
int handoff_sleepy(struct handoff *const *group, unsigned n);

/* Have peers wake this worker from now on. */
static inline void
handoff_doze(struct handoff *h)
{
	atomic_store(&h->dozes, true);
	/* the rings are read after this; pairs with the fence of link_wake() */
	atomic_thread_fence(memory_order_seq_cst);
}

/* End handoff_doze(), and empty the eventfd. */
void handoff_wake_up(struct handoff *h);

/* At the end: drop the fragments that are held. */
void handoff_stop(struct handoff *h);

/*
 * Free the rings. To be called before the mempool of packets that may still be in them is
 * freed.
 */
void handoff_free(struct handoff *h);

/* Largest number of packets that one worker may have in rings, without held fragments. */
unsigned handoff_mbufs(unsigned workers);

/*
 * Split a burst that came from a side. The packets that this worker owns remain in pkts,
 * in order; returns their number. The others are on their way to their owners, or dropped
 * and counted.
 */
uint16_t handoff_split(struct handoff *h, uint8_t side, struct rte_mbuf **pkts,
		       uint16_t n);

/* Send the collected packets to their owners. */
void handoff_flush(struct handoff *h);

/*
 * Gather up to a burst of fragments for each side, hand complete datagrams to their
 * owners, and drop those that have timed out. Returns the number of fragments gathered.
 */
unsigned handoff_gather(struct handoff *h, uint64_t now_ns);

/*
 * Get, and clear, the bits of the peers that have packets from a side for us. The caller
 * takes once from each.
 */
static inline uint64_t
handoff_ready(struct handoff *h, uint8_t side)
{
	uint64_t peers = h->left[side];

	h->left[side] = 0;
	/* test with a load first: an exchange would take the cache line from the peers */
	if (likely(atomic_load_explicit(&h->ready[side], memory_order_relaxed) == 0))
		return peers;
	return peers | atomic_exchange_explicit(&h->ready[side], 0, memory_order_acquire);
}

/*
 * Take packets that a peer has received on a side and we own: at most ENGINE_BURST_MAX.
 * If there may be more, the peer remains ready. For gathered datagrams a worker is its
 * own peer.
 */
uint16_t handoff_take(struct handoff *h, unsigned peer, uint8_t side,
		      struct rte_mbuf **pkts);

/* Hand frames to the sender of a side. Returns how many it accepts, from the first on. */
uint16_t handoff_send(struct handoff *h, uint8_t side, struct rte_mbuf **pkts,
		      uint16_t n);

/*
 * Put the frames that other workers have handed to us into our engine's transmit buffers,
 * as many as they have room for. Returns their number.
 */
unsigned handoff_collect(struct handoff *h);

#endif
