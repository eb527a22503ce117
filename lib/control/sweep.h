/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ends connections after other rules have been put in force: those that the new rules
 * refuse (refusal.h), or all of them.
 */
#ifndef CONTROL_SWEEP_H
#define CONTROL_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include <control/backend.h>

#include "refusal.h"

struct sweep {
	const struct control_backend *backend;
	const struct refusal_rules *rules; /* NULL: all connections end */
	bool reset; /* send RSTs to both endpoints of TCP connections */
};

/*
 * Walk over all connections. Each request to a worker is for at most CONTROL_PIECE of
 * them, so packets are processed meanwhile, but a thread that others wait for must not
 * call it. Adds the number of connections that it has seen and ended, also when it fails.
 * Returns 0, or -ETIMEDOUT: a worker does not answer.
 */
int sweep_run(const struct sweep *sweep, uint64_t *seen, uint64_t *ended);

#endif
