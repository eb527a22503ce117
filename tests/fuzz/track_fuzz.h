/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Declarations for the files of track_fuzz: a connection as the engine keeps it, a step,
 * and the checks after each step.
 */
#ifndef TESTS_FUZZ_TRACK_FUZZ_H
#define TESTS_FUZZ_TRACK_FUZZ_H

#include "fuzz.h"

#include <string.h>

#include <track/tcp_entry.h>

struct world {
	struct track_hot hot;
	struct track_cold cold;
	struct tcp_ext ext;
	struct track_config config;
	uint32_t now;
	uint32_t armed; /* time for which the engine would have armed the timer, ticks */
	bool has_ext;
	bool live;
};

/* A segment, and the inputs that the tracker gets when it requests them. */
struct step {
	struct tcp_segment seg;
	uint8_t x;
	bool deny;
	bool no_ext;
};

static inline struct track_conn
conn_of(struct world *w)
{
	return (struct track_conn){&w->hot, &w->cold, w->has_ext ? &w->ext : NULL};
}

/* ---- track_valid.c ---- */

/* Check the invariants of a connection. */
void check_connection(struct world *w);

/*
 * Return whether sequence numbers have lost their order because they are half the space
 * apart, which the hot cache line alone does not show. No real host causes this:
 * timestamps that advance by 2^30 without an echo, or a window of 2^30 with as much data
 * in flight.
 */
bool order_is_lost(struct world *w);

/* ---- track_claims.c; before: the world before the step ---- */

/* Check MODEL-2: nothing has changed except counters of rates and failures. */
void check_unchanged(const struct world *w, struct world *before, bool valid);

void check_result(struct world *w, struct world *before, const struct step *s,
		  const struct track_result *r);

/*
 * Check that a segment accepted by tcp_fast() is also accepted by tcp_segment(), with the
 * same connection state afterwards.
 */
void check_fast(struct world *w, struct world *before, const struct step *s,
		const struct track_result *r);

#endif
