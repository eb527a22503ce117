/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key of a connection, and its hash.
 *
 * A connection is known by the wire it crosses, its protocol and its two endpoints. The
 * endpoints are ordered by the *side of the wire* they are on: index 0 is the endpoint
 * behind the wire's first port, index 1 the one behind its second. A frame that came in on
 * side 0 has its source at index 0 and its destination at index 1, a frame from side 1 the
 * other way round. So both directions give one key, the direction is the side, nothing is
 * compared or swapped, and no host can speak in the name of one behind the other port
 * (SYN-2; docs/adr/0001-endpoints-by-side.md).
 *
 * Ports: TCP, UDP, UDP-Lite, SCTP, DCCP: source and destination. ICMP queries: port[0] is
 * the identifier and port[1] the type of the *request* (8 for echo and echo reply; 128 for
 * ICMPv6), both whichever side asks. All other protocols: 0.
 */
#ifndef PACKET_KEY_H
#define PACKET_KEY_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define KEY_SECRET_BYTES 192 /* of hash_secret(), XXH3's default length */

struct flow_id {
	rte_be16_t port[2];
	uint8_t proto;      /* IPPROTO_* */
	uint8_t generation; /* 0 in a key; of the rules in a stored connection */
	uint16_t zone;      /* number of the wire */
};

union flow_addr {
	rte_be32_t v4[2];
	uint8_t v6[2][16];
};

/* IPv4 uses the first KEY4_BYTES; what follows them is not read. */
struct flow_key {
	struct flow_id id;
	union flow_addr addr;
};

#define KEY4_BYTES 16u
#define KEY6_BYTES 40u

static_assert(sizeof(struct flow_id) == 8, "compared as one word");
static_assert(offsetof(struct flow_key, addr) == 8, "no hole between id and addresses");
static_assert(sizeof(struct flow_key) == KEY6_BYTES, "hashed as bytes: no padding");

/* The id of a key as the word that it is in memory; ports: as both stand in memory. */
static inline uint64_t
flow_id_pack(uint32_t ports, uint8_t proto, uint16_t zone)
{
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	return ports | ((uint64_t)proto << 32 | (uint64_t)zone << 48);
#else
	return (uint64_t)ports << 32 | ((uint64_t)proto << 24 | zone);
#endif
}

/* The id as a word, its generation masked out. */
static inline uint64_t
flow_id_word(const struct flow_id *id)
{
	struct flow_id copy = *id;
	uint64_t word;

	copy.generation = 0;
	memcpy(&word, &copy, sizeof(word));
	return word;
}

static inline bool
flow_key4_equal(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t x, y;

	memcpy(&x, a->addr.v4, sizeof(x));
	memcpy(&y, b->addr.v4, sizeof(y));
	return ((x ^ y) | (flow_id_word(&a->id) ^ flow_id_word(&b->id))) == 0;
}

static inline bool
flow_key6_equal(const struct flow_key *a, const struct flow_key *b)
{
	return flow_id_word(&a->id) == flow_id_word(&b->id) &&
	       memcmp(a->addr.v6, b->addr.v6, sizeof(a->addr.v6)) == 0;
}

/*
 * 64 bits of XXH3 over the first bytes (KEY4_BYTES or KEY6_BYTES) of a key whose
 * generation is 0, keyed with KEY_SECRET_BYTES random bytes. Without the secret nobody can
 * construct collisions, as anybody can for CRC32C, which is affine.
 */
static inline uint64_t
flow_hash(const struct flow_key *key, size_t bytes, const uint8_t *secret)
{
	return XXH3_64bits_withSecret(key, bytes, secret, KEY_SECRET_BYTES);
}

#endif
