/* SPDX-License-Identifier: BSD-3-Clause */
/* Which options belong to which command. */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "ctl.h"

#define COMMAND_INTERVAL_S 2u /* default of options.interval */

/* Return whether the command receives records. */
bool command_takes_records(const struct options *options);

/*
 * Check that command and options fit together. Returns OPTIONS_GO_ON, or EXIT_USAGE after
 * a message.
 */
int command_check(const struct options *options);

#endif
