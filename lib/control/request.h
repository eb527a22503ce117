/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients ask for, and the pieces of what takes long. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <control/control.h>

#include "client.h"

/* Do, or begin, what a line says; answers bad ones with an error. */
void request_line(const struct control_config *config, struct client *c,
		  const char *line);

/* One piece of the client's task. */
void request_continue(const struct control_config *config, struct client *c);

/* Tell a client that waits for it what has come of loading the rules. */
void request_reloaded(struct client *c, int status, const char *message);

/* Whether a piece may be done: there is a task, and room for what it says. */
bool request_runnable(const struct client *c);

#endif
