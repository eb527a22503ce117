/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection to a sluice's control socket. */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include <jansson.h>

struct link; /* opaque */

/*
 * Connect. No call waits longer than so many seconds, 0: for ever. Returns 0, or -errno
 * and says on stderr what is wrong and what to do.
 */
int link_open(const char *path, unsigned seconds, struct link **link);
void link_close(struct link *link);

/* From now on wait so many seconds, 0: for ever. */
void link_timeout(struct link *link, unsigned seconds);

/* Send an object as a line. Returns 0 or -errno; -EAGAIN: the time is over. */
int link_send(struct link *link, const json_t *request);

/*
 * The next object, the caller's to free. NULL, and errno 0: at the end, or when what
 * comes is no object; EAGAIN: the time is over.
 */
json_t *link_receive(struct link *link);

#endif
