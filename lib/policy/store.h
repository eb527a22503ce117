/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rewrites header fields. The checksums that cover the bytes are updated by RFC 1624,
 * from the difference between old and new bytes, so a checksum that was wrong stays
 * wrong.
 */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include <policy/ir.h>

/*
 * Write a value to the bits that a load reads. Returns false when the packet does not
 * have the bytes, or when their checksum cannot be updated (SCTP).
 */
bool store_value(const struct ir_load *load, const struct policy_packet *packet,
		 u128 value);

/* Overwrite a TCP option with `nop`; does nothing when the segment does not have it. */
void store_nops(const struct ir_load *option, const struct policy_packet *packet);

#endif
