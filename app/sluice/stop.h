/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the program has been told to end while it sets itself up. SIGINT and SIGTERM
 * are blocked from before the first device is touched, so that nothing is left half done;
 * what takes long looks here now and then.
 */
#ifndef SLUICE_STOP_H
#define SLUICE_STOP_H

#include <stdbool.h>

/* A SIGINT or SIGTERM waits to be taken. */
bool stop_wanted(void);

#endif
