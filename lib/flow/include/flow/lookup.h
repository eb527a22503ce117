/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages of a lookup, inline: see flow/table.h, which includes this at its end. Each
 * reads only what the stage before it has asked for:
 *
 *	for each packet: flow_prefetch_bucket(t, hash);
 *	for each packet: candidate = flow_probe(t, hash);
 *	for each packet: candidate = flow_probe_second(t, hash, candidate);
 *	for each packet: index = flow_find(t, &key, hash, candidate);
 *
 * The third may be left out, and is only worth something where connections do not all fit
 * the caches. At 80 in 100 full it is for one hit in thirteen; when connections have come
 * and gone for long, one in eight; and for one miss in twenty.
 */
#ifndef FLOW_LOOKUP_H
#define FLOW_LOOKUP_H

#include <flow/table.h>

#include <rte_prefetch.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The bucket that a key is in its primary bucket in: the high half of its hash, scaled to
 * their number.
 */
static inline uint32_t
flow_primary(const struct flow_table *t, uint64_t hash)
{
	return (uint32_t)(((hash >> 32) * t->bucket_count) >> 32);
}

/* Of the low half of the hash; never 0, which marks a free slot. */
static inline uint16_t
flow_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

/*
 * The alternate bucket of an entry with this tag in this bucket: b' = f(tag) - b modulo
 * their number, so that the other one of the other one is the first again, for any
 * number. An entry with 2 b = f(tag) has only one bucket.
 */
static inline uint32_t
flow_alternate(const struct flow_table *t, uint32_t bucket, uint16_t tag)
{
	uint64_t spread = (uint32_t)(tag * UINT32_C(0x9e3779b1));
	uint32_t sum = (uint32_t)((spread * t->bucket_count) >> 32);

	return sum >= bucket ? sum - bucket : sum + t->bucket_count - bucket;
}

/* A bit for each slot with this tag. */
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

/* Where the counter of a tag stands in flow_bucket.overflow. */
static inline unsigned
flow_overflow_shift(uint16_t tag)
{
	return (tag >> 12) * 4u;
}

/*
 * Whether an entry in its primary bucket in this bucket that has this tag may live in its
 * second one.
 */
static inline bool
flow_overflowed(const struct flow_bucket *bucket, uint16_t tag)
{
	return (bucket->overflow >> flow_overflow_shift(tag) & 0xf) != 0;
}

/* Whether it is the key of this connection, of the table of that family. */
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
 * For what works on many connections by number (expiry, removal), a pass over the batch
 * each: ask for all of a connection; when that has come, for its primary bucket, with the
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
