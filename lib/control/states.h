/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The request `states`: how many TCP endpoints are in each state, and how they moved.
 * The workers count from the first request on, until none has come for STATES_ASKED_MS.
 */
#ifndef CONTROL_STATES_H
#define CONTROL_STATES_H

#include <jansson.h>

#include "client.h"
#include "server.h"

#define STATES_ASKED_MS 60000u

/*
 * Do one piece of the request: have the next worker count a part of its connections, and
 * answer when all have counted all. Returns 0; -ETIMEDOUT: a worker does not answer.
 */
int states_continue(struct server *server, struct client *c);

/* Have the workers end counting when no request has come for STATES_ASKED_MS. */
void states_watch(struct server *server, uint64_t now_ms);

#endif
