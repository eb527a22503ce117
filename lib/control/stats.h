/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums over the workers as JSON: what the socket answers. */
#ifndef CONTROL_STATS_H
#define CONTROL_STATS_H

#include <jansson.h>

#include <control/control.h>

/* Each returns NULL when a worker does not answer, or without memory. */
json_t *stats_json(const struct control_config *config);
json_t *drops_json(const struct control_config *config);
json_t *rules_json(const struct control_config *config);

#endif
