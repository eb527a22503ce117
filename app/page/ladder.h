/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packets of one connection as they come, for /ladder: the records of both directions
 * that sluice sends to a follower. They are two readers of sluice, since its filter
 * applies to the addresses of the packet. A ladder is for one thread.
 */
#ifndef PAGE_LADDER_H
#define PAGE_LADDER_H

#include <poll.h>
#include <stddef.h>

#include "query.h"

struct ladder;

/* Why a ladder could not be opened. */
struct ladder_failure {
	unsigned status; /* of HTTP: 400 for a wrong parameter, 503 otherwise */
	char text[256];
};

/*
 * Begin to follow the connection of a query that query_is_connection(), and receive
 * sluice's answers to that. Returns NULL and the reason when sluice has refused it or
 * cannot be reached. `stop` is a descriptor that is readable when the server stops.
 */
struct ladder *ladder_open(const char *socket, int stop, const struct query *query,
			   struct ladder_failure *failure);
void ladder_close(struct ladder *ladder);

/*
 * Wait for the next record of either direction, at most a second, or until one of the
 * descriptors `ends` is ready. Returns it as an event, to be freed by the caller; a
 * comment (":\n\n") when there is none, and NULL at the end: sluice has closed the
 * connection, or there is no memory.
 */
char *ladder_event(struct ladder *ladder, const struct pollfd ends[2]);

#endif
