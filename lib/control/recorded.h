/* SPDX-License-Identifier: BSD-3-Clause */
/* The request `recorded`: lists the contents of the workers' flight recorders. */
#ifndef CONTROL_RECORDED_H
#define CONTROL_RECORDED_H

#include "client.h"
#include "server.h"

/*
 * Send the records for one reason, c->cursor, that match the client's filter, oldest
 * first: the last RECORDER_KEPT of all workers together. Returns their number, or
 * -ETIMEDOUT.
 */
int recorded_send(const struct server *server, struct client *c);

#endif
