/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rte_telemetry commands /sluice/stats, /sluice/drops, /sluice/conntrack and
 * /sluice/workers. Their callbacks have no context, so a process can have only one
 * control thread.
 */
#ifndef CONTROL_TELEMETRY_H
#define CONTROL_TELEMETRY_H

#include <control/control.h>

/* Returns 0 or -ENOMEM. */
int telemetry_start(const struct control_config *config);
void telemetry_stop(void);

#endif
