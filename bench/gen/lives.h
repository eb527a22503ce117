/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generates the segments of both endpoints of many TCP connections. A life is a
 * connection from SYN to last ACK. Each segment of a connection is sent when the previous
 * one has arrived on the other side of the device under test, so that the sequence
 * numbers are right even if the device loses packets. A segment that does not arrive is
 * sent again; after LIVES_TRIES the connection is given up.
 *
 *	SYN, SYN+ACK, ACK, data of both sides in turn, FIN, FIN, ACK
 *
 * There is a slot for each connection that may be open at once, in two classes. *Held*
 * connections are opened once and then send one data segment for each lives_next().
 * Connections that *end* are followed in their slot by another one with other addresses
 * and ports, until all numbers have been used.
 *
 * Latency counts from the time at which a segment should have been sent, if lives_next()
 * is told that time. So it includes the time that a segment waits because all connections
 * of its class are busy, which would otherwise be missing from the figures (coordinated
 * omission).
 *
 * It uses no ports and no clock; times are in any unit. One owner thread.
 *
 *	while ((n = lives_ready(l)) > 0)	segments that may be sent now
 *		side = lives_write(l, now, m);	the next of them, into an mbuf
 *	lives_next(l, LIVES_HELD, due);		one more segment on a held connection
 *	lives_next(l, LIVES_ENDING, due);	one more life
 *	lives_flood(l, m);			a SYN that stays unanswered
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
#define LIVES_WEIGHTS 64u /* largest sum of the weights of all sizes */
#define LIVES_AT_ONCE 0u  /* lives_next(): due when it is written */

/* Largest number of connections at once; the flood uses the other half of the numbers. */
#define LIVES_CONNECTIONS (TRAFFIC_CONNECTIONS / 2)

enum lives_class {
	LIVES_HELD,
	LIVES_ENDING,
	LIVES_CLASSES,
};

/* A size of data segments, and its weight among all sizes. */
struct lives_size {
	uint16_t payload; /* 1 to TRAFFIC_PAYLOAD_MAX bytes */
	uint8_t weight;   /* 1 to LIVES_WEIGHTS */
};

struct lives_config {
	uint8_t family;  /* 4 or 6 */
	bool timestamps; /* TCP timestamps in every segment */
	uint8_t sizes;   /* 1 to LIVES_SIZES */
	struct lives_size size[LIVES_SIZES];
	uint16_t data; /* number of data segments in a life */
	/* connections at once; together 1 to LIVES_CONNECTIONS */
	uint32_t connections[LIVES_CLASSES];
	uint64_t timeout; /* until a segment is sent again */
};

struct lives_stats {
	uint64_t sent;     /* segments, those sent again too */
	uint64_t received; /* segments that came out as expected */
	uint64_t bytes;    /* bytes of the frames that came out */
	uint64_t again;    /* segments that were sent again */
	/* frames that arrived and were not sent, or are out of order */
	uint64_t alien;
	uint64_t opened;         /* handshakes that are complete */
	uint64_t ended;          /* lives that are over, their last ACK received */
	uint64_t abandoned;      /* lives given up */
	uint64_t flood_sent;     /* SYNs of the flood */
	uint64_t flood_received; /* SYNs of the flood that came out */
};

struct lives {
	struct lives_config config;
	/* templates of each size; the first also has the segments without data */
	struct traffic traffic[LIVES_SIZES];
	uint8_t size_of[LIVES_WEIGHTS]; /* each size as often as its weight */
	uint8_t weights;
	struct lives_stats stats;
	struct histogram latency; /* latencies of segments that were sent once */
	struct life *life;        /* slots; those of LIVES_HELD come first */
	uint32_t slots;
	/* slot of each class that lives_next() checks next */
	uint32_t next[LIVES_CLASSES];
	uint32_t *ready; /* ring of slots with a segment to be sent */
	uint32_t ready_first;
	uint32_t ready_count;
	uint32_t late;  /* slot that lives_late() checks next */
	uint32_t flood; /* connections of the flood so far */
};

size_t lives_bytes(const struct lives_config *config);

/* Initialise in zeroed memory of lives_bytes(), which the caller owns. */
void lives_init(struct lives *l, const struct lives_config *config, void *memory);

/*
 * Queue a new segment of the next slot of a class: the SYN or the next data of a held
 * connection, or the SYN of a new life. due: when it should be sent, from which its
 * latency counts, or LIVES_AT_ONCE. Returns false when the slot's last segment has not
 * arrived yet.
 */
bool lives_next(struct lives *l, enum lives_class class, uint64_t due);

static inline uint32_t
lives_ready(const struct lives *l)
{
	return l->ready_count;
}

/* Write the next of lives_ready(). Returns the side that sends it: 0 lan, 1 wan. */
uint8_t lives_write(struct lives *l, uint64_t now, struct rte_mbuf *m);

/* Write a SYN from lan, each time of another connection, which gets no answer. */
void lives_flood(struct lives *l, struct rte_mbuf *m);

/* Process a frame that has arrived at a side. The caller keeps ownership. */
void lives_take(struct lives *l, uint8_t side, uint64_t now, const struct rte_mbuf *m);

void lives_late(struct lives *l, uint64_t now, uint32_t slots);

/* Count the open connections: handshake complete, FINs not. Takes time for each slot. */
uint32_t lives_open(const struct lives *l);

#endif
