/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of --check about devices and cores (check.h). */
#ifndef SLUICE_CHECK_DEVICES_H
#define SLUICE_CHECK_DEVICES_H

#include <stdbool.h>

#include "config.h"

/*
 * Check the devices of the ports: that a --vdev or a card has the name, the driver is
 * installed, the interface exists and no other program is attached to it. Returns false
 * after a message for each obstacle.
 */
bool check_devices(const struct sluice_config *config, int argc, char *const *argv);

/*
 * Return the value of an option of the EAL, "-m" or "--vdev", as it is given last; NULL:
 * it is not given.
 */
const char *check_option(int argc, char *const *argv, const char *name);

/* Check that the cores of -l exist, and are enough for `workers`. */
bool check_cores(const struct sluice_config *config, int argc, char *const *argv);

#endif
