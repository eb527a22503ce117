/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that handoff.c and gather.c share. */
#ifndef STEER_HANDOFF_INTERNAL_H
#define STEER_HANDOFF_INTERNAL_H

#include <stdbool.h>

#include <steer/handoff.h>

/*
 * Send a fragment (STEER_FRAGMENT) to its gatherer. Returns false when that fails: the
 * caller keeps it, and its engine drops it with a reason.
 */
bool gather_put(struct handoff *h, uint8_t side, struct rte_mbuf *m);

/*
 * link.c: tell a peer, or this worker itself, that its ring from us has packets. Call it
 * after they have been enqueued.
 */
void link_mark(struct handoff *h, unsigned peer, unsigned side);

/*
 * link.c: wake a peer that sleeps. Call it after something has been put into a ring that
 * the peer reads; link_mark() does so itself.
 */
void link_wake(struct handoff *h, unsigned peer);

#endif
