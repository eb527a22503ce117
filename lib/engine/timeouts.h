/* SPDX-License-Identifier: BSD-3-Clause */
/* The time-outs that rules have set for connections: `ct timeout set`. */
#ifndef ENGINE_TIMEOUTS_H
#define ENGINE_TIMEOUTS_H

#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "pkt.h"

/* An object of the rules in force, or of earlier ones, that connections have. */
struct timeout_entry {
	uint64_t name; /* hash of policy_timeout.name; 0: the entry was never used */
	uint32_t connections; /* number of connections that have it */
	/* NULL: the rules in force do not use it; its connections have e->config.track */
	const struct policy_timeout *object;
	struct track_config track; /* e->config.track with the object's time-outs */
};

/* Entries are numbered from 1 on; engine_family.timeout has such numbers. */
struct engine_timeouts {
	struct timeout_entry entry[POLICY_TIMEOUTS_MAX + 1];
	/* the entry of each object of the rules, by policy_timeout() number */
	uint8_t entry_of[POLICY_TIMEOUTS_MAX + 1];
};

/* Bytes of struct engine_timeouts, 0: the configuration does not need it. */
size_t timeouts_bytes(const struct engine_config *config);

/* The rules in force are now e->policy. */
void timeouts_set_policy(struct engine *e);

/* e->config.track has changed. */
void timeouts_set_config(struct engine *e);

/* The packet opens connection s->index: set its time-outs as the rules have said. */
void timeouts_open(const struct pkt_ctx *s);

/* The connection is removed. */
void timeouts_close(struct engine *e, struct engine_family *f, uint32_t index);

/* For connection_track(). */
const struct track_config *timeouts_track(const struct engine *e, uint8_t entry);

/*
 * The configuration of the tracker for a connection; for FLOW_NONE, of a packet without
 * one.
 */
static inline const struct track_config *
connection_track(const struct engine *e, const struct engine_family *f, uint32_t index)
{
	if (likely(f->timeout == NULL) || index == FLOW_NONE)
		return &e->config.track;
	return timeouts_track(e, f->timeout[index]);
}

#endif
