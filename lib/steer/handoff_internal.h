/* SPDX-License-Identifier: BSD-3-Clause */
/* What handoff.c and gather.c share. */
#ifndef STEER_HANDOFF_INTERNAL_H
#define STEER_HANDOFF_INTERNAL_H

#include <stdbool.h>

#include <steer/handoff.h>

/*
 * To who gathers it goes a frame of STEER_FRAGMENT. False: it stays with its receiver,
 * whose engine will say why it is dropped.
 */
bool gather_put(struct handoff *h, uint8_t side, struct rte_mbuf *m);

/*
 * link.c: tell a peer, or this worker itself, that its ring from us has packets. Call it
 * after they have been enqueued.
 */
void link_mark(struct handoff *h, unsigned peer, unsigned side);

#endif
