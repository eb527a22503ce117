/* SPDX-License-Identifier: BSD-3-Clause */
/* Processes the requests of clients. A long one is done in pieces. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "client.h"
#include "server.h"

/* Process the request in a line, or begin to. Answers a bad request with an error. */
void request_line(struct server *server, struct client *c, const char *line);

/* Do one piece of the client's task. */
void request_continue(struct server *server, struct client *c);

/* Send the result of a reload to a client that waits for it. */
void request_reloaded(struct client *c, int status, const char *message);

/* Whether the next piece can be done: there is a task, and room for its output. */
bool request_runnable(const struct client *c);

#endif
