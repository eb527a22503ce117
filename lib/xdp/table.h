/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * The maps of the XDP fast path, and how it finds a connection in the engine's memory.
 * lib/flow explains the index. Finding takes no lock: the engine may move, remove and
 * insert meanwhile. So a connection that is found is a guess, which entry_is_of() has to
 * confirm under the lock, and one that is not found is left to the engine.
 */
#ifndef XDP_TABLE_H
#define XDP_TABLE_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <flow/shared.h>

#include "frame.h"

#define LOCK_TRIES 64
#define KEY6_HALF 3 /* words of an IPv6 key that are in its second line */

struct line {
	__u64 word[FLOW_LINE_BYTES / sizeof(__u64)];
};

/* The engine's memory. The process sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct line);
} memory SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flow_shared);
} shared SEC(".maps");

/* A connection that has been found: its lines, and the lock of its key. */
struct entry {
	__u32 *lock;
	struct line *line;   /* hot part, and the first words of the key */
	struct line *second; /* IPv6: the other words of the key */
	struct line *cold;   /* the connection's last line; not read by TCP's fast path */
	__u32 index;
};

static inline struct line *
line_at(__u32 number)
{
	return bpf_map_lookup_elem(&memory, &number);
}

/* The table of the packet's family. The verifier does not know that a bool is 0 or 1. */
static inline const struct flow_shared_family *
table_of(const struct flow_shared *s, const struct frame *f)
{
	__u32 family = f->is_v6;

	barrier_var(family);
	return &s->family[family & 1];
}

/*
 * Return the low xor the high half of a 128-bit product. BPF multiplies 64-bit numbers
 * only.
 */
static inline __u64
mul_fold(__u64 a, __u64 b)
{
	__u64 a0 = (__u32)a, a1 = a >> 32, b0 = (__u32)b, b1 = b >> 32;
	__u64 low = a0 * b0, mid1 = a1 * b0, mid2 = a0 * b1, high = a1 * b1;
	__u64 carry = (low >> 32) + (__u32)mid1 + mid2;

	return ((carry << 32) | (__u32)low) ^ (high + (mid1 >> 32) + (carry >> 32));
}

/* The last step of XXH3. */
static inline __u64
hash_end(__u64 hash)
{
	hash = (hash ^ hash >> 37) * 0x165667919e3779f9ull;
	return hash ^ hash >> 32;
}

/*
 * flow_hash(): XXH3 with 64 bits and a custom secret, as its specification describes it
 * for 16 bytes and for 40.
 */
static inline __u64
hash_key4(const struct flow_shared *s, const __u64 *word)
{
	__u64 low = word[0] ^ s->flip[0], high = word[1] ^ s->flip[1];

	return hash_end(KEY4_BYTES + __builtin_bswap64(low) + high + mul_fold(low, high));
}

static inline __u64
hash_key6(const struct flow_shared *s, const __u64 *word)
{
	const uint64_t *k = s->secret;
	__u64 sum = KEY6_BYTES * 0x9e3779b185ebca87ull;

	sum += mul_fold(word[2] ^ k[4], word[3] ^ k[5]);
	sum += mul_fold(word[1] ^ k[6], word[2] ^ k[7]);
	sum += mul_fold(word[0] ^ k[0], word[1] ^ k[1]);
	sum += mul_fold(word[3] ^ k[2], word[4] ^ k[3]);
	return hash_end(sum);
}

/* Whether the entry has the key. */
static inline bool
entry_is_of(const struct entry *e, const struct frame *f)
{
	/* the id first: the engine writes it last, and clears it when it removes */
	if (*(volatile __u64 *)&e->line->word[6] != f->word[0])
		return false;
	__asm__ __volatile__("" ::: "memory");
	if (e->line->word[7] != f->word[1])
		return false;
	return !f->is_v6 ||
	       (e->second != NULL && e->second->word[0] == f->word[2] &&
		e->second->word[1] == f->word[3] && e->second->word[2] == f->word[4]);
}

/*
 * Set e to the entry with an index. Returns whether it has the key. The last line is read
 * too, because most packets of many connections need it: so the processor waits for both
 * lines together, and before the lock.
 */
static inline bool
entry_at(const struct flow_shared_family *table, __u32 index, const struct frame *f,
	 struct entry *e)
{
	__u32 line = table->conn_line + index * table->conn_lines;

	if (index >= table->connections)
		return false;
	e->index = index;
	e->line = line_at(line);
	e->second = f->is_v6 ? line_at(line + 1) : NULL;
	e->cold = line_at(line + table->conn_lines - 1);
	if (e->line == NULL || e->cold == NULL)
		return false;
	(void)*(volatile __u64 *)&e->cold->word[0];
	return entry_is_of(e, f);
}

static inline bool
bucket_find(const struct flow_shared_family *table, const struct flow_bucket *bucket,
	    __u16 tag, const struct frame *f, struct entry *e)
{
	int slot;

	for (slot = 0; slot < (int)FLOW_BUCKET_SLOTS; slot++)
		if (bucket->tag[slot] == tag &&
		    entry_at(table, bucket->index[slot], f, e))
			return true;
	return false;
}

static inline bool
entry_find(const struct flow_shared *s, const struct frame *f, struct entry *e)
{
	const struct flow_shared_family *table = table_of(s, f);
	__u64 hash = f->is_v6 ? hash_key6(s, f->word) : hash_key4(s, f->word);
	__u32 primary = flow_bucket_primary(hash, table->buckets);
	struct flow_bucket *bucket = (void *)line_at(table->bucket_line + primary);
	__u16 tag = flow_tag(hash);

	if (bucket == NULL || table->buckets == 0)
		return false;
	e->lock = &bucket->lock;
	if (bucket_find(table, bucket, tag, f, e))
		return true;
	if (!flow_overflowed(bucket, tag))
		return false;
	primary = flow_bucket_alternate(primary, tag, table->buckets);
	bucket = (void *)line_at(table->bucket_line + primary);
	return bucket != NULL && bucket_find(table, bucket, tag, f, e);
}

/* Both order memory accesses on each processor. */
static inline bool
lock_take(__u32 *lock)
{
	int tries;

	for (tries = 0; tries < LOCK_TRIES; tries++)
		if (__sync_val_compare_and_swap(lock, 0, FLOW_LOCK_PROGRAM) == 0)
			return true;
	return false;
}

static inline void
lock_release(__u32 *lock)
{
	__sync_lock_test_and_set(lock, 0);
}

#endif
