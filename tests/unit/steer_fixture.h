/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers on one wire, simulated in one thread that runs them in turn, with the
 * rings between them as in app/sluice/worker.c.
 *
 *	static struct world w;
 *
 *	world_start(&w, 2, false, false);
 *	world_arrive(&w, LAN, mbuf_of(&frame), 1);
 *	assert_int_equal(w.passed[frame.id], 1);
 *	world_end(&w);
 *
 * A struct pair has the rings of two workers, and no more.
 */
#ifndef UNIT_STEER_FIXTURE_H
#define UNIT_STEER_FIXTURE_H

#include "engine_fixture.h"

#include <steer/handoff.h>

#define PACKETS 6000u /* largest number of a packet */
#define PAIRS 40u     /* number of hosts on side lan, 10.0.0.1 and so on */
#define WORKERS_MAX 4u

struct world {
	unsigned workers;
	bool one_sender; /* only one worker sends on each side */
	struct steer steer;
	struct fixture f[WORKERS_MAX];
	struct handoff *h[WORKERS_MAX];
	/* how often each packet left, indexed by the number in its IP header */
	uint8_t passed[PACKETS + 1];
	unsigned made;    /* number of generated segments that left */
	unsigned entered; /* number of frames that entered */
	unsigned turn;
	uint16_t count[2]; /* lengths of the next bursts, by side */
	struct rte_mbuf *pkts[2][ENGINE_BURST_MAX];
	uint64_t now_ns;
	/* number of the last packet that left, by side, pair and protocol */
	uint16_t last[2][PAIRS][256];
};

/*
 * Start workers, at most WORKERS_MAX, with the rules OFFICE. toeplitz: they share out
 * packets by the card's hash, else by a keyed one. one_sender: only one worker sends on
 * each side.
 */
void world_start(struct world *w, unsigned workers, bool toeplitz, bool one_sender);
void world_end(struct world *w);

/* Give a worker a turn in which it receives no burst. */
void world_turn(struct world *w, unsigned i);

/* Let a worker receive a burst on a side, then give each worker a turn. */
void world_receive(struct world *w, uint8_t side);

/*
 * Let a frame arrive at a side; the last one of a burst is received with those before it.
 * Asserts that the packets of one direction, pair of hosts and protocol leave in the
 * order of their numbers.
 */
void world_arrive(struct world *w, uint8_t side, struct rte_mbuf *m, unsigned burst);

/* Return the sums over all workers. */
struct engine_stats world_stats(const struct world *w);

/* Two workers of a wire without engines. The second is the sender of both sides. */
struct pair {
	struct steer steer;
	struct handoff *h[2];
};

/* sleepy: they may sleep. */
void pair_start(struct pair *p, bool sleepy);
void pair_end(struct pair *p);

/* Whether a worker that waits would be woken by its peer. */
bool is_woken(const struct handoff *h);

#endif
