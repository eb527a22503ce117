/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clients of the control socket. There are CLIENTS_MAX places for all users, and
 * CLIENTS_KEPT more for root and the user that sluice runs as, so that other users cannot
 * lock these out. When no place is free, the client that has been idle for the longest
 * time is closed. Times are milliseconds of a clock that does not go back.
 */
#ifndef CONTROL_CLIENTS_H
#define CONTROL_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

#define CLIENTS_MAX 32u
#define CLIENTS_KEPT 4u
#define CLIENTS_ROOM (CLIENTS_MAX + CLIENTS_KEPT)

#define CLIENTS_IDLE_MS 300000u /* a client without a request for this long is closed */
/* a client without a request for this long is closed if another one needs its place */
#define CLIENTS_YIELD_MS 1000u
/* a client that leaves answers unread for this long may be closed likewise */
#define CLIENTS_STUCK_MS 10000u

struct clients {
	struct client *list[CLIENTS_ROOM];
	unsigned count;
};

/*
 * Give a client a place, for which another client may be closed and freed. Returns false
 * when there is no place.
 */
bool clients_add(struct clients *clients, struct client *c, uint64_t now_ms);

/* Close and free the clients that have finished, failed or been idle for too long. */
void clients_drop(struct clients *clients, uint64_t now_ms);

/* Close and free all clients. */
void clients_free(struct clients *clients);

#endif
