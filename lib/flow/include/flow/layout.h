/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The memory layout of the connection table: buckets, connections, and the buckets for a
 * hash. This needs neither DPDK nor pointers, so a BPF program can read a table that is
 * mapped into both.
 */
#ifndef FLOW_LAYOUT_H
#define FLOW_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <conn/key.h>
#include <track/conn.h>

#define FLOW_BUCKET_SLOTS 8u

struct flow_bucket {
	/* parts of the keys' hashes; never 0 in a used slot */
	uint16_t tag[FLOW_BUCKET_SLOTS];
	uint32_t index[FLOW_BUCKET_SLOTS]; /* index of the connection in each slot */
	/*
	 * Number of entries whose primary bucket is this one, but which are stored in
	 * their alternate bucket: 16 counters of 4 bits, selected by the top 4 bits of
	 * the tag. A counter that reaches 15 does not change any more.
	 */
	uint64_t overflow;
	uint8_t used;      /* bit n: slot n has an entry */
	uint8_t secondary; /* bit n: the entry of slot n is in its alternate bucket */
	uint8_t reserved[2];
	/*
	 * FLOW_LOCK_*: who has locked the connections whose primary bucket this is; 0:
	 * they are not locked. Only used in a table that a BPF program shares: ADR 33.
	 */
	uint32_t lock;
} __attribute__((aligned(64))); /* lookups load the tags as an aligned vector */
_Static_assert(sizeof(struct flow_bucket) == 64, "one line");

#define FLOW_LOCK_PROGRAM 1u
#define FLOW_LOCK_ENGINE 2u

/* A connection, hot part. The members of both families come first, then the addresses. */
struct flow_conn {
	struct track_hot hot;
	struct flow_id id;
	/* IPv4: only v4; the memory after it belongs to other data */
	union flow_addr addr;
};

#define FLOW_CONN4_BYTES 128u
#define FLOW_CONN6_BYTES 160u
#define FLOW_CONN6_SHARED_BYTES 192u /* whole lines, in a table that a program shares */
_Static_assert(offsetof(struct flow_conn, id) == 48, "key behind the hot part");
_Static_assert(offsetof(struct flow_conn, addr) + 8 == 64, "an IPv4 hit reads one line");

/*
 * The primary bucket for a hash: the upper half of the hash, scaled to the number of
 * buckets.
 */
static inline uint32_t
flow_bucket_primary(uint64_t hash, uint32_t buckets)
{
	return (uint32_t)(((hash >> 32) * buckets) >> 32);
}

/* The tag for a hash, from its lower half; never 0, which marks a free slot. */
static inline uint16_t
flow_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

/*
 * The alternate bucket of an entry with this tag in this bucket: b' = f(tag) - b modulo
 * the number of buckets. So the alternate of the alternate is the bucket itself, for any
 * number of buckets. An entry with 2 b = f(tag) has only one bucket.
 */
static inline uint32_t
flow_bucket_alternate(uint32_t bucket, uint16_t tag, uint32_t buckets)
{
	uint64_t spread = (uint32_t)(tag * UINT32_C(0x9e3779b1));
	uint32_t sum = (uint32_t)((spread * buckets) >> 32);

	return sum >= bucket ? sum - bucket : sum + buckets - bucket;
}

/* Bit position of a tag's counter in flow_bucket.overflow. */
static inline unsigned
flow_overflow_shift(uint16_t tag)
{
	return (tag >> 12) * 4u;
}

/*
 * Whether an entry with this tag and this primary bucket may be in its alternate bucket.
 */
static inline bool
flow_overflowed(const struct flow_bucket *bucket, uint16_t tag)
{
	return (bucket->overflow >> flow_overflow_shift(tag) & 0xf) != 0;
}

#endif
