/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lives of TCP connections: what both endpoints of many connections say to each other. A
 * segment of a connection is sent when the one before it has come out at the other side
 * of what is tested, so numbers are right in both directions whatever that does to
 * packets; what does not come out is sent again, and given up after LIVES_TRIES.
 *
 *	SYN, SYN+ACK, ACK, data of both sides in turn, FIN, FIN, ACK
 *
 * There are as many slots as connections may live at once. Two classes share them out:
 * those that are *held*, opened once and then with one more segment of data for each
 * lives_next(), and those that *end*, and are followed in their slot by a life of other
 * addresses and ports, until all numbers have been used.
 *
 * Latency counts from when a segment should have been sent, if lives_next() is told that:
 * what waits because all connections of its class are busy has waited, and is not left
 * out of the figures (coordinated omission).
 *
 * Pure: no ports, no clock; times are in any unit. One owner thread.
 *
 *	while ((n = lives_ready(l)) > 0)	segments that may be sent now
 *		side = lives_write(l, now, m);	the next of them, into an mbuf
 *	lives_next(l, LIVES_HELD, due);		one more segment on a held connection
 *	lives_next(l, LIVES_ENDING, due);	one more life
 *	lives_flood(l, m);			a SYN that nobody answers
 *	lives_take(l, side, now, m);		a frame that has come out at a side
 *	lives_late(l, now, n);			look at n slots for what is overdue
 */
#ifndef BENCH_GEN_LIVES_H
#define BENCH_GEN_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "traffic.h"

#define LIVES_TRIES 4u
#define LIVES_SIZES 4u
#define LIVES_WEIGHTS 64u /* of all sizes together, at most */
#define LIVES_AT_ONCE 0u  /* lives_next(): due when it is written */

/* At once; the other half of the numbers are those of the flood. */
#define LIVES_CONNECTIONS (TRAFFIC_CONNECTIONS / 2)

enum lives_class {
	LIVES_HELD,
	LIVES_ENDING,
	LIVES_CLASSES,
};

/* Data segments of a size: so many of the weights of all. */
struct lives_size {
	uint16_t payload; /* 1 to TRAFFIC_PAYLOAD_MAX bytes */
	uint8_t weight;   /* 1 to LIVES_WEIGHTS */
};

struct lives_config {
	uint8_t family;  /* 4 or 6 */
	bool timestamps; /* TCP's option in every segment */
	uint8_t sizes;   /* 1 to LIVES_SIZES */
	struct lives_size size[LIVES_SIZES];
	uint16_t data;                       /* data segments of a life that ends */
	uint32_t connections[LIVES_CLASSES]; /* at once; 1 to LIVES_CONNECTIONS in all */
	uint64_t timeout;                    /* until a segment is sent again */
};

struct lives_stats {
	uint64_t sent;           /* segments, those sent again too */
	uint64_t received;       /* .. that came out, as expected */
	uint64_t bytes;          /* .. of the frames that did */
	uint64_t again;          /* .. sent again */
	uint64_t alien;          /* frames that nobody here has sent, or out of turn */
	uint64_t opened;         /* handshakes that are complete */
	uint64_t ended;          /* lives that are over, their last ACK received */
	uint64_t abandoned;      /* lives given up */
	uint64_t flood_sent;     /* SYNs of the flood */
	uint64_t flood_received; /* .. that came out */
};

struct lives {
	struct lives_config config;
	struct traffic traffic[LIVES_SIZES]; /* the first one's also without data */
	uint8_t size_of[LIVES_WEIGHTS];      /* the sizes, as often as they weigh */
	uint8_t weights;
	struct lives_stats stats;
	struct histogram latency; /* of segments that were sent once */
	struct life *life;        /* first those of LIVES_HELD */
	uint32_t slots;
	uint32_t next[LIVES_CLASSES]; /* the slot of each class to go on with */
	uint32_t *ready;              /* ring of slots with a segment to be sent */
	uint32_t ready_first;
	uint32_t ready_count;
	uint32_t late;  /* the slot to look at next */
	uint32_t flood; /* connections of the flood so far */
};

size_t lives_bytes(const struct lives_config *config);

/* In zeroed memory of lives_bytes(), which stays the caller's. */
void lives_init(struct lives *l, const struct lives_config *config, void *memory);

/*
 * Look at one slot of a class, each in turn, for something new to be sent: a held
 * connection's SYN or next segment, the SYN of a life. due: when it should be sent, the
 * time it is counted from, or LIVES_AT_ONCE. False: this one has a segment on its way.
 */
bool lives_next(struct lives *l, enum lives_class class, uint64_t due);

static inline uint32_t
lives_ready(const struct lives *l)
{
	return l->ready_count;
}

/* Write the next of lives_ready(). Returns the side that sends it: 0 lan, 1 wan. */
uint8_t lives_write(struct lives *l, uint64_t now, struct rte_mbuf *m);

/* Write a SYN of the lan that nobody will answer, each of another connection. */
void lives_flood(struct lives *l, struct rte_mbuf *m);

/* A frame came out at a side; it stays the caller's. */
void lives_take(struct lives *l, uint8_t side, uint64_t now, const struct rte_mbuf *m);

void lives_late(struct lives *l, uint64_t now, uint32_t slots);

/*
 * Connections that are open: their handshake is complete, their FINs are not. It counts.
 */
uint32_t lives_open(const struct lives *l);

#endif
