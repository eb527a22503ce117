/* SPDX-License-Identifier: BSD-3-Clause */
/* What handover.c needs of gather.c. */
#ifndef STEER_HANDOVER_INTERNAL_H
#define STEER_HANDOVER_INTERNAL_H

#include <stdbool.h>

#include <steer/handover.h>

/*
 * To who gathers it goes a frame of STEER_FRAGMENT. False: it stays with its receiver, whose
 * engine will say why it is dropped.
 */
bool gather_put(struct handover *h, uint8_t side, struct rte_mbuf *m);

/* Packets have gone into the ring to a peer (or to ourselves): say so, after that. */
void handover_mark(struct handover *h, unsigned peer, unsigned side);

#endif
