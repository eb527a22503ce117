/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <base/escape.h>

struct client *
client_new(int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->out = malloc(CLIENT_OUT_BYTES);
	if (c->out == NULL) {
		free(c);
		return NULL;
	}
	c->fd = fd;
	return c;
}

void
client_free(struct client *c)
{
	fanout_leave(&c->reader);
	close(c->fd);
	free(c->out);
	free(c);
}

void
client_read(struct client *c)
{
	ssize_t n = 0;

	if (c->in_length < sizeof(c->in)) {
		n = recv(c->fd, c->in + c->in_length, sizeof(c->in) - c->in_length,
			 MSG_DONTWAIT);
		if (n == 0)
			c->ended = true;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->broken = true;
	if (n > 0)
		c->in_length += (size_t)n;
}

char *
client_line(struct client *c)
{
	static _Thread_local char line[CLIENT_LINE_BYTES];
	char *end = memchr(c->in, '\n', c->in_length);
	size_t length;

	if (end == NULL) {
		if (c->in_length == sizeof(c->in)) {
			client_error(c,
				     "the request is too long, a line of 4095 bytes at "
				     "most expected");
			c->in_length = 0;
			c->ended = true;
		}
		return NULL;
	}
	/*
	 * set only for a complete line: a client that sends single bytes counts as idle
	 */
	c->moved = true;
	length = (size_t)(end - c->in);
	memcpy(line, c->in, length);
	line[length] = '\0';
	c->in_length -= length + 1;
	memmove(c->in, end + 1, c->in_length);
	return line;
}

void
client_write(struct client *c)
{
	ssize_t n;

	while (c->out_begin < c->out_end) {
		n = send(c->fd, c->out + c->out_begin, c->out_end - c->out_begin,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				c->broken = true;
			return;
		}
		c->out_begin += (size_t)n;
		c->moved = true;
	}
	c->out_begin = c->out_end = 0;
}

size_t
client_pending(const struct client *c)
{
	return c->out_end - c->out_begin;
}

size_t
client_room(const struct client *c)
{
	return CLIENT_OUT_BYTES - client_pending(c);
}

/* Write an object to the end of the buffer. Returns its length; 0: there is no room. */
static size_t
append(struct client *c, const json_t *json)
{
	const size_t room = CLIENT_OUT_BYTES - c->out_end;
	size_t length = json_dumpb(json, c->out + c->out_end, room,
				   JSON_COMPACT | JSON_PRESERVE_ORDER |
					   JSON_ENSURE_ASCII);

	return length < room ? length : 0; /* keep one byte of room for the line feed */
}

/* Move what waits in the buffer to its beginning. */
static void
buffer_compact(struct client *c)
{
	memmove(c->out, c->out + c->out_begin, client_pending(c));
	c->out_end -= c->out_begin;
	c->out_begin = 0;
}

bool
client_send(struct client *c, json_t *json)
{
	size_t length;

	if (json == NULL)
		return false;
	length = append(c, json);
	if (length == 0 && c->out_begin > 0) {
		buffer_compact(c);
		length = append(c, json);
	}
	json_decref(json);
	if (length == 0)
		return false;
	c->out_end += length;
	c->out[c->out_end++] = '\n';
	return true;
}

bool
client_send_text(struct client *c, const char *text, size_t length)
{
	if (CLIENT_OUT_BYTES - c->out_end <= length)
		buffer_compact(c);
	if (CLIENT_OUT_BYTES - c->out_end <= length)
		return false;
	memcpy(c->out + c->out_end, text, length);
	c->out_end += length;
	c->out[c->out_end++] = '\n';
	return true;
}

void
client_text(struct client *c, const char *name, const char *text)
{
	char safe[CLIENT_TEXT_BYTES];

	escape_text(safe, sizeof(safe), text, strlen(text));
	client_send(c, json_pack("{ss}", name, safe));
}

void
client_error_kind(struct client *c, const char *text, const char *kind)
{
	char safe[CLIENT_TEXT_BYTES];

	escape_text(safe, sizeof(safe), text, strlen(text));
	client_send(c, json_pack("{ssss}", "error", safe, "kind", kind));
}

void
client_error(struct client *c, const char *text)
{
	client_text(c, "error", text);
}
