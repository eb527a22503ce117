/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a checked exchange over TCP: what tcp_load.c has thousands of. The client
 * sends a request and `up` bytes, the server answers with `down` bytes, and both know
 * what they have to be.
 *
 * Owned by one thread and its epoll. What ends is counted in `storm`, good or bad;
 * sockets do not block.
 *
 *	*c = (struct conn){.fd = fd, .client = .., .rq = ..};
 *	conn_watch(c, EPOLL_CTL_ADD, EPOLLOUT);
 *	conn_event(c, events) for each event; conn_tick(c, now) now and then,
 *	until c->fd < 0
 */
#ifndef LIVE_STORM_H
#define LIVE_STORM_H

#include <stdbool.h>
#include <stdint.h>

enum ending {
	END_SERVER_FIRST,
	END_CLIENT_FIRST,
	END_HALF_CLOSED,  /* the client's FIN comes before the answer */
	END_CLIENT_RESET, /* in the midst of the answer */
	END_SERVER_RESET, /* in the midst of the request */
	ENDINGS,
};

/* The first bytes of the client. Both ends are of one machine, and one program. */
struct request {
	uint32_t seed, up, down;
	uint16_t pause_ms;
	uint8_t ending, urgent, keepalive;
	char congestion[8]; /* control; "": the default */
};

struct conn {
	int fd; /* -1: none */
	bool client, half_closed, paused, was_paused;
	struct request rq;
	uint32_t head;           /* bytes of the request that have gone or come */
	uint32_t sent, received; /* others */
	uint64_t begun_ms, resume_ms;
};

struct tcp_load {
	int poller;
	unsigned good, bad;
	char trouble[160]; /* of the first bad one */
};
extern struct tcp_load storm;

uint64_t now_ms(void);
_Noreturn void die(const char *what); /* with the text of errno */
void set(int fd, int level, int option, int value);
void pattern_make(void); /* first of all */

/* What a socket has to know before it connects, or as soon as the request has come. */
void conn_tune(const struct conn *c);
void conn_watch(struct conn *c, int operation, uint32_t events);
void conn_event(struct conn *c, uint32_t events);
/* Wakes one that has paused, and gives up one that takes too long. */
void conn_tick(struct conn *c, uint64_t now);

#endif
