/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One end of a TCP connection whose data is checked; tcp_load.c has thousands of them.
 * The client sends a request and `up` bytes, the server answers with `down` bytes. Both
 * ends compute the bytes that they have to receive.
 *
 * All are owned by one thread with one epoll, and their sockets do not block. A
 * connection that has ended is counted in `storm` as good or bad.
 *
 *	*c = (struct conn){.fd = fd, .client = .., .rq = ..};
 *	conn_watch(c, EPOLL_CTL_ADD, EPOLLOUT);
 *	conn_event(c, events) for each event; conn_tick(c, now) now and then,
 *	until c->fd < 0
 */
#ifndef LIVE_TCP_LOAD_H
#define LIVE_TCP_LOAD_H

#include <stdbool.h>
#include <stdint.h>

enum ending {
	END_SERVER_FIRST,
	END_CLIENT_FIRST,
	END_HALF_CLOSED,  /* the client sends its FIN before the answer */
	END_CLIENT_RESET, /* the client resets during the answer */
	END_SERVER_RESET, /* the server resets during the request */
	ENDINGS,
};

/*
 * The first bytes that the client sends, in host byte order: both ends run the same
 * program on the same machine.
 */
struct request {
	uint32_t seed, up, down;
	uint16_t pause_ms;
	uint8_t ending, urgent, keepalive;
	char congestion[8]; /* congestion control; "": the system's default */
};

struct conn {
	int fd; /* socket; -1: none */
	bool client, half_closed, paused, was_paused;
	struct request rq;
	uint32_t head; /* bytes of the request that have been sent or received */
	uint32_t sent, received; /* bytes sent and received, without the request */
	uint64_t begun_ms, resume_ms;
};

struct tcp_load {
	int poller;
	unsigned good, bad;
	char trouble[160]; /* message about the first bad connection */
};
extern struct tcp_load storm;

uint64_t now_ms(void);
_Noreturn void die(const char *what); /* Print `what` with the text of errno, and exit. */
void set(int fd, int level, int option, int value);
void pattern_make(void); /* Fill the pattern that streams consist of; call it first. */

/* Set socket options: before connecting, or as soon as the request has come. */
void conn_tune(const struct conn *c);
void conn_watch(struct conn *c, int operation, uint32_t events);
void conn_event(struct conn *c, uint32_t events);
/* Resume a connection that has paused, and give up one that takes too long. */
void conn_tick(struct conn *c, uint64_t now);

#endif
