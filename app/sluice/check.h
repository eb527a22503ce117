/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of --check: find what would stop a start, without opening a device or
 * changing anything, so that a running sluice is not disturbed.
 */
#ifndef SLUICE_CHECK_H
#define SLUICE_CHECK_H

#include "config.h"
#include "sizes.h"

/*
 * Print a message with a remedy for each thing that would stop a start with these
 * arguments of the EAL. Returns 0, or EXIT_DEVICE after at least one message.
 */
int check_start(const struct sluice_config *config, const struct sizes *sizes, int argc,
		char *const *argv);

#endif
