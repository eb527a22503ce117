/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes clients readers of the workers' reports. */
#ifndef CONTROL_SUBSCRIBE_H
#define CONTROL_SUBSCRIBE_H

#include "client.h"
#include "server.h"

/*
 * Send a client the items of these streams that match c->filter, until it leaves. This
 * replaces the streams that it had before. Returns 0 or -ENOSPC.
 */
int subscribe(struct server *server, struct client *c, unsigned streams);

/*
 * Take the reports that the workers have made since the last call, and put them to the
 * readers.
 */
void subscribe_poll(struct server *server);

/* Have the workers report the streams that readers want, and no others. */
void subscribe_switch(struct server *server);

#endif
