/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One who is connected to the control socket: bytes in until a line is whole, bytes out
 * in a bounded buffer, and what lasts: a list, a flush, a deletion, a subscription.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "filter.h"

#define CLIENT_LINE_BYTES 4096u       /* the longest request */
#define CLIENT_TEXT_BYTES 8192u       /* the longest message, escaped */
#define CLIENT_OUT_BYTES (1u << 20)   /* that wait to be read */
#define CLIENT_PIECE_BYTES (1u << 17) /* room that a piece of a list may need */

enum client_task {
	CLIENT_IDLE,
	CLIENT_LIST,
	CLIENT_DELETE,
	CLIENT_FLUSH,
	CLIENT_RELOAD, /* waits until others have done it */
};

struct client {
	int fd;
	bool ended; /* it sends no more */
	bool broken;
	bool privileged;    /* root, or the user that sluice runs as */
	bool moved;         /* a line has come, or bytes have gone, since last cleared */
	uint64_t active_ms; /* when bytes last came or went */
	/* a task, continued a piece at a time while there is room for what it says */
	enum client_task task;
	struct filter filter;
	unsigned worker;
	uint64_t cursor; /* in that worker's tables */
	uint64_t count;
	/* a subscription */
	bool events;
	struct filter events_filter;
	uint64_t lost; /* events since the last note of it */
	size_t in_length;
	char in[CLIENT_LINE_BYTES];
	size_t out_begin;
	size_t out_end;
	char *out; /* CLIENT_OUT_BYTES */
};

/* Returns NULL without memory; fd is then still the caller's. */
struct client *client_new(int fd);
void client_free(struct client *c);

/* Read what there is. */
void client_read(struct client *c);

/*
 * The next whole line, without its end, or NULL. Good until the next call. A line that is
 * too long breaks the client.
 */
char *client_line(struct client *c);

/* Write what the socket takes. */
void client_write(struct client *c);

size_t client_pending(const struct client *c);
size_t client_room(const struct client *c);

/* Append an object as a line, and free it. false: no room, nothing is appended. */
bool client_send(struct client *c, json_t *json);

/*
 * Append {name: text}, the text escaped (base/escape.h): what is not UTF-8 could not be
 * sent.
 */
void client_text(struct client *c, const char *name, const char *text);

/* Append {"error": text}. */
void client_error(struct client *c, const char *text);

#endif
