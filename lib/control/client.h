/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client of the control socket. It has a buffer for input until a line is complete, a
 * bounded buffer for output, and the state of a task that takes longer than one request:
 * a list, a flush, a deletion, a subscription.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "fanout.h"
#include "filter.h"

#define CLIENT_LINE_BYTES 4096u /* length of the longest request */
#define CLIENT_TEXT_BYTES 8192u /* length of the longest message, escaped */
/* bytes of answers that the client may leave unread */
#define CLIENT_OUT_BYTES (1u << 20)
#define CLIENT_PIECE_BYTES (1u << 17) /* bytes that one piece of a list may need */

enum client_task {
	CLIENT_IDLE,
	CLIENT_LIST,
	CLIENT_DELETE,
	CLIENT_FLUSH,
	CLIENT_RECORDED,
	CLIENT_STATES,
	CLIENT_RELOAD, /* the client waits for the result of a reload */
};

struct client {
	int fd;
	bool ended;      /* the client has closed its sending direction */
	bool broken;     /* the connection has failed */
	bool privileged; /* the client is root, or the user that sluice runs as */
	/* a line was received or bytes were sent since this was last cleared */
	bool moved;
	uint64_t active_ms; /* time of the last received or sent byte */
	/* The task in progress. It is continued in pieces, while the buffer has room. */
	enum client_task task;
	struct filter filter;
	unsigned worker;
	/* position in that worker's tables; for the flight recorder, a reason */
	uint64_t cursor;
	uint64_t count;
	struct fanout_reader reader; /* for a subscription, when it has joined */
	bool trace;  /* send records with what the rules do with the packet */
	bool frames; /* send records with the bytes of the frame */
	size_t in_length;
	char in[CLIENT_LINE_BYTES];
	size_t out_begin;
	size_t out_end;
	char *out; /* buffer of CLIENT_OUT_BYTES */
};

/* Returns NULL when memory runs out; the caller then still owns fd. */
struct client *client_new(int fd);
void client_free(struct client *c);

/* Read the bytes that have arrived. */
void client_read(struct client *c);

/*
 * Get the next complete line, without its end; NULL: there is none. Valid until the next
 * call. A line that is too long is answered with an error, and nothing more is read.
 */
char *client_line(struct client *c);

/* Write as many bytes as the socket accepts. */
void client_write(struct client *c);

size_t client_pending(const struct client *c);
size_t client_room(const struct client *c);

/*
 * Append an object as a line, and free it. Returns false when there is no room; then
 * nothing is appended.
 */
bool client_send(struct client *c, json_t *json);
/* The same for an object that is text already, in one line. */
bool client_send_text(struct client *c, const char *text, size_t length);

/*
 * Append {name: text}. The text is escaped (base/escape.h), since JSON needs UTF-8.
 */
void client_text(struct client *c, const char *name, const char *text);

/* Append {"error": text}. */
void client_error(struct client *c, const char *text);

/* Append {"error": text, "kind": kind}, for a program that reads the answer. */
void client_error_kind(struct client *c, const char *text, const char *kind);

#endif
