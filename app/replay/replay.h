/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main loop of a replay: process the packets of all captures in time order and
 * advance the engine's clock to their times.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <sys/queue.h>

#include <engine/engine.h>

#include "capture.h"
#include "conversation.h"
#include "faults.h"
#include "sides.h"
#include "sinks.h"

/*
 * Limit of packets that wait for the verdict of a held packet. Verdicts are written in
 * packet order; beyond this limit those of later packets are written first.
 */
#define REPLAY_WAITING_PACKETS 131072u
#define REPLAY_WAITING_BYTES (64u << 20)

/*
 * Which setting of tcp_loose a packet needs: whether the engine picks connections up in
 * mid-stream.
 */
enum replay_loose {
	REPLAY_EITHER,
	REPLAY_STRICT, /* the capture contains the connection's SYN */
	REPLAY_LOOSE,  /* the capture does not contain it */
};

/* The next packet to process. */
struct replay_next {
	struct item item;
	enum replay_loose loose;
	bool ready;
	bool in_order; /* the packet has a verdict */
};

STAILQ_HEAD(replay_bursts, replay_burst);

struct replay {
	struct engine *engine;
	struct rte_mempool *pool;
	/* in the order of the command line, which decides at equal times */
	struct capture *captures;
	unsigned count;
	unsigned ports;   /* number of engine ports */
	unsigned mirrors; /* number of the first mirror port; equal to ports: none */
	unsigned burst;
	uint64_t now_ns;
	/* how the captures are interpreted */
	struct sides sides;
	struct conversations conversations;
	struct checksums checksums;
	struct duplicates duplicates;
	enum faults_switch loose;
	bool loose_config; /* the setting of the configuration */
	bool dedup;
	/* keep the packets' bytes until their verdicts are written, for the sinks */
	bool keep_bytes;
	struct sinks *sinks;
	/* state of the loop */
	struct replay_next next;
	struct replay_bursts queue; /* waiting bursts, oldest first */
	/*
	 * bursts that still hold packets without a verdict, after their other verdicts
	 * were written out of order
	 */
	struct replay_bursts late;
	uint64_t waiting; /* number of packets in the queue */
	uint64_t waiting_bytes;
	bool is_loose; /* current setting of the engine */
	uint64_t duplicates_left_out;
};

/*
 * Initialize the state of the loop; the caller has set the members above it. Returns 0 or
 * -ENOMEM.
 */
int replay_init(struct replay *r);

/* Return the time of the first packet of all captures; 0: there is none. */
uint64_t replay_first_ns(struct replay *r);

/*
 * Process all packets. Fragments that are still held at the end are dropped. Returns 0 or
 * -ENOMEM.
 */
int replay_run(struct replay *r);

/*
 * Advance the clock until all connections have expired, and write the expiries. Returns
 * 0, or -ENOMEM when there is no memory for the events.
 */
int replay_drain(struct replay *r);

void replay_free(struct replay *r);

#endif
