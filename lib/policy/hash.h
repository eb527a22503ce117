/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_HASH_H
#define POLICY_HASH_H

#include <policy/ir.h>

/* The hash of `jhash` over the values of a key's fields, as the kernel computes it. */
uint32_t hash_values(const struct ir_key *key, const u128 *values, uint32_t seed);

/* Derive another number from a random one, for a second draw for the same packet. */
uint32_t hash_mix(uint32_t number, uint32_t seed);

#endif
