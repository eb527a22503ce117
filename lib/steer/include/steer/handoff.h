/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets from worker to worker. Where several share a wire, each is linked to each other
 * by rings of one producer and one consumer: a ring a side of the wire, so that a burst
 * stays a burst of one port. What belongs to another worker is collected, and goes over
 * at the end of a turn, or before when a burst is full; so packets of one port stay in
 * order. A ring that is full drops (HANDOVER_FULL): nobody waits for anybody.
 *
 * Fragments are gathered by one worker first, which hands the whole datagram to its
 * owner, and to itself no other way (gather.c). On a wire of several workers, packets of
 * a connection may so overtake one that is in fragments by a handoff.
 *
 * Who hands something over leaves a mark at its owner: where the device spreads the
 * packets right, the turn of a worker costs the same, however many peers it has.
 *
 * A port with fewer transmit queues than workers has one sender, and the others hand it
 * what they have judged.
 *
 *	each turn of a worker
 *		for each port that it receives on:
 *			n = handoff_split(h, side, pkts, n);       what is ours
 *		handoff_flush(h);
 *		handoff_gather(h, now_ns);                         fragments
 *		for each side and each peer of handoff_ready(h, side):
 *			n = handoff_take(h, peer, side, pkts);     what others have received
 *		handoff_collect(h);                                what others have judged
 *	at the end handoff_stop(h);
 *
 * A struct handoff is its worker's; only the rings and the marks have two ends.
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
	struct fragment_table *fragments; /* that it gathers; NULL: none are taken */
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

/* Have go over what is collected. */
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
	/* a look first: nobody's line is taken away while there is nothing */
	if (likely(atomic_load_explicit(&h->ready[side], memory_order_relaxed) == 0))
		return peers;
	return peers | atomic_exchange_explicit(&h->ready[side], 0, memory_order_acquire);
}

/*
 * What a peer has received on a side and is ours: at most ENGINE_BURST_MAX; when there
 * may be more, the peer stays ready. One's own peer is oneself.
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
