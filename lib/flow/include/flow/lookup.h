/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages of a lookup, inline. flow/table.h includes this header at its end. Each
 * stage reads only what the previous one has prefetched:
 *
 *	for each packet: flow_prefetch_bucket(t, hash);
 *	for each packet: candidate = flow_probe(t, hash);
 *	for each packet: candidate = flow_probe_second(t, hash, candidate);
 *	for each packet: index = flow_find(t, &key, hash, candidate);
 *
 * The third stage is optional, and pays only when the connections do not fit the caches.
 * In a table that is 80 % full, one hit in thirteen needs it (one in eight after
 * connections have come and gone for a long time), and one miss in twenty.
 */
#ifndef FLOW_LOOKUP_H
#define FLOW_LOOKUP_H

#include <flow/table.h>

#include <rte_prefetch.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* flow/layout.h says what primary and alternate buckets are. */
static inline uint32_t
flow_primary(const struct flow_table *t, uint64_t hash)
{
	return flow_bucket_primary(hash, t->bucket_count);
}

static inline uint32_t
flow_alternate(const struct flow_table *t, uint32_t bucket, uint16_t tag)
{
	return flow_bucket_alternate(bucket, tag, t->bucket_count);
}

/* A bit for each used slot with this tag. */
static inline uint32_t
flow_match(const struct flow_bucket *bucket, uint16_t tag)
{
#ifdef __SSE2__
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)bucket->tag);
	__m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));

	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
	uint32_t match = 0;
	unsigned slot;

	for (slot = 0; slot < FLOW_BUCKET_SLOTS; slot++)
		match |= (uint32_t)(bucket->tag[slot] == tag) << slot;
	return match;
#endif
}

/* Whether a connection of this table has the key. */
static inline bool
flow_is_key_of(const struct flow_conn *conn, uint8_t family, const struct flow_key *key)
{
	const struct flow_key *own = (const struct flow_key *)(const void *)&conn->id;

	return family == 4 ? flow_key4_equal(own, key) : flow_key6_equal(own, key);
}

static inline bool
flow_is_key(const struct flow_table *t, uint32_t index, const struct flow_key *key)
{
	return flow_is_key_of(flow_conn(t, index), t->family, key);
}

static inline void
flow_prefetch_conn(const struct flow_table *t, uint32_t index)
{
	const char *conn = (const char *)flow_conn(t, index);

	rte_prefetch0(conn);
	if (t->family != 4)
		rte_prefetch0(conn + 64);
}

/*
 * Two prefetches for code that works on many connections by index (expiry, removal), each
 * in a pass over the batch: first the whole connection; then its primary bucket, with the
 * hash of its key, which flow_remove_hashed() needs.
 */
static inline void
flow_prefetch_whole(const struct flow_table *t, uint32_t index)
{
	flow_prefetch_conn(t, index);
	rte_prefetch0(flow_cold(t, flow_conn(t, index)));
}

static inline void
flow_prefetch_bucket(const struct flow_table *t, uint64_t hash)
{
	rte_prefetch0(&t->buckets[flow_primary(t, hash)]);
}

static inline uint64_t
flow_prefetch_primary(const struct flow_table *t, uint32_t index)
{
	uint64_t hash = flow_hash_of(t, index);

	flow_prefetch_bucket(t, hash);
	return hash;
}

static inline uint32_t
flow_probe(const struct flow_table *t, uint64_t hash)
{
	uint32_t primary = flow_primary(t, hash);
	const struct flow_bucket *bucket = &t->buckets[primary];
	uint16_t tag = flow_tag(hash);
	uint32_t match = flow_match(bucket, tag), index;

	if (match != 0) {
		index = bucket->index[__builtin_ctz(match)];
		flow_prefetch_conn(t, index);
		return index;
	}
	if (!flow_overflowed(bucket, tag))
		return FLOW_NONE;
	rte_prefetch0(&t->buckets[flow_alternate(t, primary, tag)]);
	return FLOW_MAYBE;
}

static inline uint32_t
flow_probe_second(const struct flow_table *t, uint64_t hash, uint32_t candidate)
{
	const struct flow_bucket *bucket;
	uint16_t tag = flow_tag(hash);
	uint32_t match;

	if (candidate != FLOW_MAYBE)
		return candidate;
	bucket = &t->buckets[flow_alternate(t, flow_primary(t, hash), tag)];
	match = flow_match(bucket, tag);
	if (match == 0)
		return FLOW_NONE;
	candidate = bucket->index[__builtin_ctz(match)];
	flow_prefetch_conn(t, candidate);
	return candidate;
}

static inline uint32_t
flow_find(const struct flow_table *t, const struct flow_key *key, uint64_t hash,
	  uint32_t candidate)
{
	if (candidate == FLOW_NONE)
		return FLOW_NONE;
	if (candidate != FLOW_MAYBE && flow_is_key(t, candidate, key))
		return candidate;
	return flow_lookup(t, key, hash);
}

#endif
