/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A random exchange: two endpoints of RFC 9293 (endpoint.h) talk through the tracker over
 * channels that lose, duplicate and reorder on both sides of it; they open, also both at
 * once, send, stall with a closed window, close, abort, crash, and come back on the same
 * port.
 *
 * Everything follows from the number of the exchange.
 *
 *	exchange_init(&x, number);
 *	x.judged = ..;			told of each segment that the tracker has judged
 *	while (..)
 *		exchange_event(&x);
 */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include "../unit/tcp_world.h"
#include "endpoint.h"

#define EXCHANGE_FLIGHTS 128

struct flight {
	uint32_t at;
	uint8_t from;
	bool behind;  /* the tracker */
	bool ours;    /* the tracker has made it */
	uint32_t iss; /* of its sender then: another by now, and it is a ghost */
	struct tcp_segment seg;
};

struct exchange {
	struct world w;
	struct endpoint e[2];
	struct flight flight[EXCHANGE_FLIGHTS];
	unsigned flights;
	uint64_t random;
	unsigned lose, duplicate; /* percent */
	uint32_t delay;           /* at most, ticks */
	uint32_t begin;
	uint32_t last_event; /* ticks after begin: the applications do nothing any more */
	bool loud;
	/* both open at once; then nobody crashes on the way: see tcp-tracking.md */
	bool simultaneous;
	/* w.r is what the tracker says of f, and `before` the world that it came into */
	void (*judged)(struct exchange *x, const struct flight *f,
		       const struct world *before);
	char violation[256];
};

void exchange_init(struct exchange *x, unsigned number);

/*
 * The next thing happens: something in flight arrives, time passes, an application acts.
 */
void exchange_event(struct exchange *x);

/* A segment leaves side `from`; it comes to the tracker at once. */
void exchange_send(struct exchange *x, uint8_t from, const struct tcp_segment *seg);

/* The tracker's timers that are due. */
void exchange_timers(struct exchange *x);

/* 0 to n - 1. */
uint32_t exchange_pick(struct exchange *x, uint32_t n);

/* With x->loud: a line about a segment. */
void exchange_show(struct exchange *x, const char *what, uint8_t from,
		   const struct tcp_segment *s);

#endif
