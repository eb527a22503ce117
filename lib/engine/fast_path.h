/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the engine: the fast path, and the check whether a packet may take it. The
 * check is inline because burst.c makes it once or twice for each packet.
 */
#ifndef ENGINE_FAST_PATH_H
#define ENGINE_FAST_PATH_H

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <track/tcp_fast.h>

#include "engine_state.h"

/*
 * Whether fast_path() may be called for packet i: a fast-path frame with no flag but ACK,
 * of a connection without pending exceptions. fast_path() checks rules and sequence
 * numbers.
 */
static __rte_always_inline bool
fast_path_eligible(const struct engine_stage *stage, unsigned i)
{
	const struct flow_conn *conn = stage->conn[i];

	return conn != NULL && packet_is_fast(&stage->fast[i]) &&
	       tcp_fast_conn(&conn->hot) &&
	       (stage->fast[i].tcp->tcp_flags & TCP_FAST_FLAGS) == TCP_ACK;
}

/* conntrack.acct: count a packet for the side of the connection that has sent it. */
static inline void
pkt_account(const struct engine_family *f, uint32_t index, uint8_t side, uint32_t ip_len)
{
	struct engine_acct *acct = &f->acct[index];

	acct->packets[side]++;
	acct->bytes[side] += ip_len;
}

/*
 * Pass packet i of the burst, which is eligible, and the ones after it, up to the first
 * that is not the next segment of an accepted connection. Returns the number of that
 * packet, which is unchanged, or n.
 */
unsigned fast_path(struct engine *e, unsigned i, unsigned n);

#endif
