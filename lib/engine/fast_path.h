/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to the engine: the fast path, and the check that says which packets may take
 * it. The check is inline: burst.c makes it for each packet, up to twice.
 */
#ifndef ENGINE_FAST_PATH_H
#define ENGINE_FAST_PATH_H

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <track/tcp_fast.h>

#include "engine_internal.h"

/*
 * Whether fast_path() may be called for packet i: a fast-path frame with ACK alone, of a
 * connection without pending exceptions. Rules and sequence numbers are checked there.
 */
static __rte_always_inline bool
fast_path_eligible(const struct engine_stage *stage, unsigned i)
{
	const struct flow_conn *conn = stage->conn[i];

	return conn != NULL && packet_is_fast(&stage->packet[i]) &&
	       tcp_fast_conn(&conn->hot) &&
	       (stage->tcp[i]->tcp_flags & TCP_FAST_FLAGS) == TCP_ACK;
}

/* conntrack.acct: count a packet that a side of the connection has sent. */
static inline void
pkt_account(const struct engine_family *f, uint32_t index, uint8_t side,
	    const struct packet *p)
{
	struct engine_acct *acct = &f->acct[index];

	acct->packets[side]++;
	acct->bytes[side] += p->ip_len;
}

/*
 * Pass packet i of the burst and those behind it, up to the first that is not the next
 * segment of an accepted connection, to which nothing has been done. Returns the number
 * of that packet, or n. Packet i is eligible.
 */
unsigned fast_path(struct engine *e, unsigned i, unsigned n);

#endif
