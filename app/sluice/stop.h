/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Find out during setup whether a signal asks the program to end. SIGINT and SIGTERM are
 * blocked before the first device is opened, so that setup ends at a known point; steps
 * that take long call this function repeatedly.
 */
#ifndef SLUICE_STOP_H
#define SLUICE_STOP_H

#include <stdbool.h>

/* Return whether a SIGINT or SIGTERM is pending. */
bool stop_wanted(void);

#endif
