/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_EVENT_H
#define CONTROL_EVENT_H

#include <control/control.h>
#include <jansson.h>

/* Describe an event of a connection, as `events` prints it. */
json_t *event_json(const struct control_config *config, const struct conn_event *event);

#endif
