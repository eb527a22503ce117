/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is connected to the control socket, and whose place is given to another. There are
 * CLIENTS_MAX places for all, and CLIENTS_KEPT more for root and the user that sluice
 * runs as: whoever else fills the others cannot lock them out. When no place is free, the
 * client that has done nothing for the longest time has to go. Times are milliseconds of
 * a clock that does not go back.
 */
#ifndef CONTROL_CLIENTS_H
#define CONTROL_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"

#define CLIENTS_MAX 32u
#define CLIENTS_KEPT 4u
#define CLIENTS_ROOM (CLIENTS_MAX + CLIENTS_KEPT)

#define CLIENTS_IDLE_MS 300000u /* that has asked for nothing: it is closed */
#define CLIENTS_YIELD_MS 1000u  /* ..: it is closed when another needs its place */
#define CLIENTS_STUCK_MS 10000u /* that does not read its answer: likewise */

struct clients {
	struct client *list[CLIENTS_ROOM];
	unsigned count;
};

/*
 * Take a client in, whose place may be that of another, which is freed. Returns false
 * when there is none.
 */
bool clients_add(struct clients *clients, struct client *c, uint64_t now_ms);

/* Free those that are done, broken or idle for too long. */
void clients_drop(struct clients *clients, uint64_t now_ms);

/* Free all. */
void clients_free(struct clients *clients);

#endif
