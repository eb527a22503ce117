/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads: fields that are bits at an offset of a header, or that come from struct
 * policy_extra. A load fails when the packet lacks the header, the option or the
 * connection, or ends before the bits. The match that needs the load then fails too,
 * negated or not, as in the kernel (NFT_BREAK).
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include <policy/ir.h>

/* Get the value of a load in host order. Returns false when the load fails. */
bool load_value(const struct ir_load *load, const struct policy_packet *packet,
		u128 *value);

/*
 * Get the values of a key's fields, some of which are loads. Returns false when a load
 * fails.
 */
bool load_key(const struct ir_key *key, const struct policy_packet *packet, u128 *values);

/*
 * Find the bytes that contain the bits of a load. *length: number of bytes; *shift:
 * number of bits in the last byte that follow the load's bits. Returns NULL when the
 * packet does not have them.
 */
uint8_t *load_bytes(const struct ir_load *load, const struct policy_packet *packet,
		    uint32_t *length, unsigned *shift);

#endif
