/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384u
#define PATTERN_BYTES 65521u /* prime, so that a missing piece is detected */
/*
 * a connection that takes longer is bad; without SACK, at 5 % loss on both sides,
 * retransmission time-outs double many times
 */
#define LIMIT_MS 200000u

struct tcp_load storm;

static uint8_t pattern[PATTERN_BYTES + CHUNK];

uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

_Noreturn void
die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

void
pattern_make(void)
{
	uint32_t x = 1;
	unsigned i;

	for (i = 0; i < PATTERN_BYTES; i++) {
		x = x * 1664525u + 1013904223u;
		pattern[i] = (uint8_t)(x >> 24);
	}
	memcpy(pattern + PATTERN_BYTES, pattern, CHUNK);
}

/* Return the expected bytes at an offset of the stream, at least a chunk of them. */
static const uint8_t *
pattern_at(const struct conn *c, bool up, uint32_t place)
{
	return pattern + (c->rq.seed * 7919ull + up + place) % PATTERN_BYTES;
}

void
set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) != 0)
		die("setsockopt");
}

void
conn_watch(struct conn *c, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	if (epoll_ctl(storm.poller, operation, c->fd, &event) != 0)
		die("epoll");
}

static bool
conn_resets(const struct conn *c)
{
	return c->rq.ending == (c->client ? END_CLIENT_RESET : END_SERVER_RESET);
}

static bool
conn_is_reset(const struct conn *c)
{
	return c->rq.ending == (c->client ? END_SERVER_RESET : END_CLIENT_RESET);
}

static uint32_t
conn_to_send(const struct conn *c)
{
	return c->client ? c->rq.up : c->rq.down;
}

static uint32_t
conn_to_receive(const struct conn *c)
{
	return c->client ? c->rq.down : c->rq.up;
}

/* Make close() send a RST. */
static void
conn_aborts(const struct conn *c)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
conn_end(struct conn *c, const char *wrong)
{
	if (wrong == NULL) {
		storm.good++;
	} else {
		if (storm.bad++ == 0)
			snprintf(storm.trouble, sizeof(storm.trouble),
				 "%s: %s, ending %u, sent %u, received %u", wrong,
				 strerror(errno), c->rq.ending, c->sent, c->received);
		conn_aborts(c);
	}
	close(c->fd);
	c->fd = -1;
}

static void
conn_reset(struct conn *c)
{
	conn_aborts(c);
	conn_end(c, NULL);
}

static void
conn_failed(struct conn *c, const char *what)
{
	bool reset = errno == ECONNRESET || errno == EPIPE;

	conn_end(c, reset && conn_is_reset(c) ? NULL : what);
}

void
conn_tune(const struct conn *c)
{
	bool silent = c->rq.ending == END_CLIENT_RESET ||
		      c->rq.ending == END_SERVER_RESET;

	/* otherwise a lost RST would never be noticed */
	if (c->rq.keepalive || silent) {
		set(c->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		set(c->fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
		set(c->fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
		set(c->fd, IPPROTO_TCP, TCP_KEEPCNT, 60);
	}
	if (c->rq.urgent)
		set(c->fd, SOL_SOCKET, SO_OOBINLINE, 1);
}

/* Pause reading once. */
static void
conn_pause(struct conn *c)
{
	if (c->rq.pause_ms == 0 || c->was_paused)
		return;
	c->paused = c->was_paused = true;
	c->resume_ms = now_ms() + c->rq.pause_ms;
}

/*
 * Send as much as the socket accepts. With --urgent, the last byte of the first half is
 * urgent.
 */
static void
conn_write(struct conn *c)
{
	uint32_t all = conn_to_send(c), half = all / 2, left;
	int flags = MSG_NOSIGNAL;
	ssize_t put;

	while (c->client && c->head < sizeof(c->rq)) {
		put = send(c->fd, (const uint8_t *)&c->rq + c->head,
			   sizeof(c->rq) - c->head, flags);
		if (put < 0)
			goto refused;
		c->head += (uint32_t)put;
	}
	while (c->sent < all) {
		left = all - c->sent < CHUNK ? all - c->sent : CHUNK;
		if (c->rq.urgent && c->sent < half)
			left = half - c->sent < CHUNK ? half - c->sent : CHUNK;
		flags = MSG_NOSIGNAL |
			(c->rq.urgent && c->sent + left == half ? MSG_OOB : 0);
		put = send(c->fd, pattern_at(c, c->client, c->sent), left, flags);
		if (put < 0)
			goto refused;
		c->sent += (uint32_t)put;
	}
	if (c->rq.ending == (c->client ? END_HALF_CLOSED : END_SERVER_FIRST))
		c->half_closed = shutdown(c->fd, SHUT_WR) == 0;
	if (!c->client && c->rq.ending == END_HALF_CLOSED) {
		conn_end(c, NULL);
		return;
	}
	if (c->client)
		conn_pause(c);
	conn_watch(c, EPOLL_CTL_MOD, c->paused ? 0 : EPOLLIN);
	return;
refused:
	if (errno != EAGAIN && errno != EINPROGRESS)
		conn_failed(c, "sending");
}

static bool
conn_wrote(const struct conn *c)
{
	return c->sent == conn_to_send(c) && (!c->client || c->head == sizeof(c->rq));
}

/*
 * Continue after a read: when all bytes have arrived, or the peer has closed, answer,
 * close or finish.
 */
static void
conn_read_on(struct conn *c, bool eof)
{
	bool all = c->received == conn_to_receive(c) && c->head == sizeof(c->rq);

	if (c->head == sizeof(c->rq) && conn_resets(c) &&
	    c->received >= conn_to_receive(c) / 2)
		conn_reset(c);
	else if (eof && !all)
		conn_end(c, "closed too early");
	else if (c->client && eof)
		conn_end(c, conn_is_reset(c) ? "closed, not reset" : NULL);
	else if (c->client && all && !c->half_closed && c->rq.ending == END_CLIENT_FIRST)
		c->half_closed = shutdown(c->fd, SHUT_WR) == 0;
	else if (!c->client && all && (c->rq.ending != END_HALF_CLOSED || eof) &&
		 !conn_wrote(c))
		conn_watch(c, EPOLL_CTL_MOD, EPOLLOUT);
	else if (!c->client && eof)
		conn_end(c, conn_is_reset(c) ? "closed, not reset" : NULL);
}

static void
conn_take_request(struct conn *c, const uint8_t **data, ssize_t *bytes)
{
	uint32_t part = sizeof(c->rq) - c->head;

	if (c->client || part == 0)
		return;
	if ((ssize_t)part > *bytes)
		part = (uint32_t)*bytes;
	memcpy((uint8_t *)&c->rq + c->head, *data, part);
	c->head += part;
	*data += part;
	*bytes -= part;
	if (c->head == sizeof(c->rq)) {
		conn_tune(c);
		conn_pause(c);
	}
}

static void
conn_read(struct conn *c)
{
	uint8_t buffer[CHUNK];
	const uint8_t *data = buffer;
	ssize_t got = recv(c->fd, buffer, sizeof(buffer), 0), bytes = got;

	if (got < 0) {
		if (errno != EAGAIN)
			conn_failed(c, "receiving");
		return;
	}
	conn_take_request(c, &data, &bytes);
	if (bytes > (ssize_t)(conn_to_receive(c) - c->received) ||
	    memcmp(data, pattern_at(c, !c->client, c->received), (size_t)bytes) != 0) {
		conn_end(c, "wrong content");
		return;
	}
	c->received += (uint32_t)bytes;
	if (c->paused)
		conn_watch(c, EPOLL_CTL_MOD, 0);
	else
		conn_read_on(c, got == 0);
}

void
conn_event(struct conn *c, uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		c->paused = false;
	if (!conn_wrote(c) && (c->client || (events & EPOLLOUT)))
		conn_write(c);
	else if (!c->paused)
		conn_read(c);
}

void
conn_tick(struct conn *c, uint64_t now)
{
	if (c->paused && now >= c->resume_ms) {
		c->paused = false;
		conn_watch(c, EPOLL_CTL_MOD, EPOLLIN);
		conn_read_on(c, false);
	} else if (now > c->begun_ms + LIMIT_MS) {
		errno = ETIMEDOUT;
		conn_end(c, "too long");
	}
}
