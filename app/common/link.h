/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client's end of the control socket of a running sluice. Each request and each
 * answer is a JSON object on a line of its own (docs/control.md). A link is for one
 * thread.
 */
#ifndef COMMON_LINK_H
#define COMMON_LINK_H

#include <stdbool.h>

#include <jansson.h>

#define LINK_DEFAULT_SOCKET "/run/sluice/control.sock"

struct link; /* opaque */

/*
 * Connect to the control socket. No call waits longer than `seconds`; 0: no limit.
 * Returns 0 or -errno, which link_open_text() describes.
 */
int link_open(const char *path, unsigned seconds, struct link **link);
void link_close(struct link *link);

/* Say why link_open() has failed and what to do. `status` is what it returned. */
const char *link_open_text(int status);

/* Set the time limit of each call to `seconds`; 0: no limit. */
void link_timeout(struct link *link, unsigned seconds);

/* Send an object as one line. Returns 0 or -errno; -EAGAIN: the time limit expired. */
int link_send(struct link *link, const json_t *request);

/*
 * Receive a line, without its line feed; it is valid until the next call. NULL as of
 * link_receive().
 */
const char *link_receive_line(struct link *link, size_t *length);

/*
 * Receive an object; the caller frees it. NULL with errno 0: end of the stream, or a line
 * that is not JSON; NULL with another errno: the line could not be received, EAGAIN: the
 * time limit expired.
 */
json_t *link_receive(struct link *link);

/* Return the descriptor, for poll(2): readable when link_receive() gets further bytes. */
int link_descriptor(const struct link *link);

/* Return whether link_receive() has a whole line already and does not wait. */
bool link_has_line(const struct link *link);

/*
 * Receive the bytes that are there, for callers that wait with poll(2), and do not wait
 * for a whole line. Returns false when there are none: errno is EAGAIN when some may
 * come, 0 at the end of the stream.
 */
bool link_fill(struct link *link);

#endif
