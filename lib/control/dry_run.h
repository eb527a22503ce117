/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Computes the effect that rules which are loaded, but not in force, would have on the
 * existing connections.
 */
#ifndef CONTROL_DRY_RUN_H
#define CONTROL_DRY_RUN_H

#include <stddef.h>
#include <stdint.h>

#include <control/backend.h>

struct dry_run {
	const struct policy *policy;
	const struct control_backend *backend;
	const uint16_t *interfaces; /* interface numbers, as in engine_config */
	uint64_t now_ns;            /* time of the evaluation, since 1970, UTC */
};

/*
 * Write to text how many connections the rules would drop with their next packet, or
 * would not accept as new ones, and these connections, one on each line, as far as they
 * fit into size bytes. It walks over all connections, so a thread that others wait for
 * must not call it. Returns 0, -ENOMEM, or -ETIMEDOUT: a worker does not answer.
 */
int dry_run(const struct dry_run *run, char *text, size_t size);

#endif
