/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lives of TCP connections: what both endpoints of many connections say to each other, in a
 * closed loop. A segment is sent when the one before it has come out at the other side of
 * what is tested, so numbers are right in both directions whatever that does to packets; what
 * does not come out is sent again, and given up after LIVES_TRIES.
 *
 *	SYN, SYN+ACK, ACK, data of both sides in turn, FIN, FIN, ACK
 *
 * There are as many slots as connections may live at once. A life that has ended is followed
 * in its slot by one of other addresses and ports, until all numbers have been used.
 * With `hold` the connections do not end: once open, each lives_next() sends one more segment.
 *
 * Pure: no ports, no clock; times are in any unit. One owner thread.
 *
 *	while ((n = lives_ready(l)) > 0)	segments that may be sent now
 *		side = lives_write(l, now, m);	the next of them, into an mbuf
 *	lives_next(l);				one more life, or with hold one more segment
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

struct lives_config {
	uint8_t family;       /* 4 or 6 */
	bool timestamps;      /* TCP's option in every segment */
	bool hold;            /* open once, then data without end */
	uint16_t payload;     /* of a data segment, 1 to TRAFFIC_PAYLOAD_MAX bytes */
	uint16_t data;        /* data segments of a life, both sides together */
	uint32_t connections; /* at once, 1 to TRAFFIC_CONNECTIONS */
	uint64_t timeout;     /* until a segment is sent again */
};

struct lives_stats {
	uint64_t sent;      /* segments, those sent again too */
	uint64_t received;  /* .. that came out, as expected */
	uint64_t again;     /* .. sent again */
	uint64_t alien;     /* frames that nobody here has sent, or out of turn */
	uint64_t opened;    /* handshakes that are complete */
	uint64_t ended;     /* lives that are over, their last ACK received */
	uint64_t abandoned; /* lives given up */
};

struct lives {
	struct lives_config config;
	struct traffic traffic;
	struct lives_stats stats;
	struct histogram latency; /* from lives_write() to lives_take(), sent once */
	struct life *life;
	uint32_t *ready; /* ring of slots with a segment to be sent */
	uint32_t ready_first;
	uint32_t ready_count;
	uint32_t begin; /* the slot to begin in next */
	uint32_t late;  /* the slot to look at next */
};

size_t lives_bytes(const struct lives_config *config);

/* In zeroed memory of lives_bytes(), which stays the caller's. */
void lives_init(struct lives *l, const struct lives_config *config, void *memory);

/* Whether something new has begun: false when every slot has a segment on its way. */
bool lives_next(struct lives *l);

static inline uint32_t
lives_ready(const struct lives *l)
{
	return l->ready_count;
}

/* Write the next of lives_ready(). Returns the side that sends it: 0 lan, 1 wan. */
uint8_t lives_write(struct lives *l, uint64_t now, struct rte_mbuf *m);

/* A frame came out at a side; it stays the caller's. */
void lives_take(struct lives *l, uint8_t side, uint64_t now, const struct rte_mbuf *m);

void lives_late(struct lives *l, uint64_t now, uint32_t slots);

/* Connections that are open: their handshake is complete, their FINs are not. */
uint32_t lives_open(const struct lives *l);

#endif
