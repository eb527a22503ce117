/* SPDX-License-Identifier: BSD-3-Clause */
/* The copies of packets that `dup` sends by mirror ports. */
#ifndef ENGINE_MIRROR_H
#define ENGINE_MIRROR_H

#include <stdint.h>

#include "engine_state.h"

/*
 * Put a copy of a packet into the transmit buffer of a mirror port, of a datagram in
 * fragments one of each fragment. A copy that finds no buffer or no room is lost, and
 * counted. packet: the struct pkt_ctx; the type is that of policy_extra.copy.
 */
void mirror_copy(const void *packet, uint16_t mirror);

/* engine_tx_done() for the transmit buffer of a mirror port. */
void mirror_done(struct engine *e, struct engine_tx *tx, uint16_t taken, uint16_t lost);

#endif
