/* SPDX-License-Identifier: BSD-3-Clause */
/* What else control_start() starts. */
#ifndef CONTROL_SERVE_H
#define CONTROL_SERVE_H

#include <control/control.h>

/*
 * rte_telemetry: /sluice/stats, /sluice/drops, /sluice/conntrack. Its callbacks have no
 * context, so there is one control a process.
 */
int telemetry_start(const struct control_config *config);
void telemetry_stop(void);

struct metrics; /* opaque: the HTTP server */

/* NULL and a message when the address cannot be served. */
struct metrics *metrics_start(const struct control_config *config, char *message);
void metrics_stop(struct metrics *metrics);

#endif
