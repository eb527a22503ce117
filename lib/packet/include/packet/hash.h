/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash of a connection's key. */
#ifndef PACKET_HASH_H
#define PACKET_HASH_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <conn/key.h>

#define KEY_SECRET_BYTES 192 /* size of the secret of flow_hash(), XXH3's default */

/*
 * 64 bits of XXH3 over the first bytes (KEY4_BYTES or KEY6_BYTES) of a key, keyed with
 * KEY_SECRET_BYTES random bytes. Without the secret, an attacker cannot construct keys
 * with equal hashes; for an affine function such as CRC32C that is possible for any
 * secret.
 */
static inline uint64_t
flow_hash(const struct flow_key *key, size_t bytes, const uint8_t *secret)
{
	return XXH3_64bits_withSecret(key, bytes, secret, KEY_SECRET_BYTES);
}

#endif
