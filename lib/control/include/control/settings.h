/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_SETTINGS_H
#define CONTROL_SETTINGS_H

#include <control/backend.h>

/*
 * Put settings in force in all workers, and arm the timers of all connections again, in
 * pieces between which packets are processed. Not for a thread that others wait for.
 * Returns 0, or -ETIMEDOUT: a worker does not answer and may have the old or the new
 * settings.
 */
int control_settings_apply(const struct control_backend *backend,
			   const struct control_settings *settings);

#endif
