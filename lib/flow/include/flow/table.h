/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection table of one worker and one address family: a two-choice bucketised
 * cuckoo index over a slab of connections.
 *
 *   index  buckets of 64 bytes, a cache line: 8 slots of a 16-bit tag and a 32-bit
 *          connection index; bit masks of used slots, and counters of entries that are
 *          stored in their alternate bucket
 *   slab   connections, by 32-bit index; IPv4 128 bytes in two lines, IPv6 160
 *   ext    the extension table, a ring of struct tcp_ext, one for 160 connections; when
 *          all are in use, the oldest is taken from its connection
 *
 * The caller provides all memory, which does not grow. One owner thread, no locks, except
 * in a table that a BPF program shares (flow/lock.h).
 *
 * A burst is looked up in stages, so that the cache misses of its packets overlap:
 *
 *	for each packet: flow_prefetch_bucket(t, hash);
 *	for each packet: candidate = flow_probe(t, hash);
 *	for each packet: candidate = flow_probe_second(t, hash, candidate);  (optional)
 *	for each packet: index = flow_find(t, &key, hash, candidate);
 *
 * These only read. Between flow_probe() and flow_find() nothing may be inserted or
 * removed; if something was, call flow_lookup() instead.
 */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flow/layout.h>
#include <packet/hash.h>
#include <track/conn.h>
#include <wheel/wheel.h>

#define FLOW_NONE UINT32_MAX
#define FLOW_MAX_CONNECTIONS (1u << 30)

/*
 * The engine's data of each connection, which no tracker uses. The cache line is full:
 * further data needs an array of its own (lib/engine/ext.c).
 */
struct flow_meta {
	uint32_t id; /* serial number in the worker, from 1; 0: the entry is free */
	/* policy_verdict.rule of the rule that accepted the first packet */
	uint16_t rule;
	uint16_t l2; /* number of its link layers (flow/l2.h); 0: not known */
};

/* The cold part of a connection, flow_table.cold_offset bytes after the hot part. */
struct flow_cold {
	struct wheel_link link;
	struct track_cold track;
	struct flow_meta meta;
};

static_assert(sizeof(struct flow_cold) == 64, "a second line, rarely written");

struct flow_config {
	uint8_t family; /* 4 or 6 */
	/* largest number of connections, 1 to FLOW_MAX_CONNECTIONS */
	uint32_t connections;
	uint32_t now;          /* tick at which the wheel starts */
	const uint8_t *secret; /* KEY_SECRET_BYTES, copied */
	bool shared;           /* a BPF program shares the table: flow/lock.h */
};

struct flow_table {
	struct flow_bucket *buckets;
	char *slab;
	struct tcp_ext *exts; /* entries from index 1 on; 0 stands for no entry */
	uint32_t *ext_owner;  /* connection index for each entry of exts, or FLOW_NONE */
	uint32_t stride;      /* distance of two connections in bytes */
	uint32_t cold_offset; /* bytes from a connection to its flow_cold */
	/* any number, since a hash is scaled by multiply and shift */
	uint32_t bucket_count;
	uint32_t capacity;
	uint32_t count;     /* number of connections */
	uint32_t high;      /* number of entries that were ever in use */
	uint32_t free_head; /* head of the list of free entries: index + 1; 0: empty */
	uint32_t ext_count;
	uint32_t ext_next; /* index of the entry of exts to be used next */
	uint8_t family;
	bool shared; /* flow_config.shared */
	uint8_t secret[KEY_SECRET_BYTES] __attribute__((aligned(64)));
	struct wheel wheel; /* timers of this table's connections */
};

/*
 * Bytes of memory that flow_table_init() needs for this configuration; 0: a number is out
 * of range.
 */
size_t flow_table_bytes(const struct flow_config *config);

/* What the bytes of flow_table_bytes() are used for; the members add up to it. */
struct flow_sizes {
	size_t index;
	size_t connections; /* includes the links of their timers */
	size_t exts;        /* the extension table and its owners */
};

/* Get the sizes; all are 0 when a number is out of range. */
void flow_table_sizes(const struct flow_config *config, struct flow_sizes *sizes);

/*
 * Build an empty table in memory of flow_table_bytes(), which must be zeroed and aligned
 * to 64 bytes. The caller frees the memory. Returns 0, or -EINVAL when a number is out of
 * range.
 */
int flow_table_init(struct flow_table *t, void *memory, const struct flow_config *config);

/*
 * Make a table without memory and without connections: each lookup misses, each insertion
 * fails.
 */
void flow_table_none(struct flow_table *t, uint8_t family);

static inline uint64_t
flow_table_hash(const struct flow_table *t, const struct flow_key *key)
{
	/* lengths that are constants take a third of the instructions */
	return t->family == 4 ? flow_hash(key, KEY4_BYTES, t->secret)
			      : flow_hash(key, KEY6_BYTES, t->secret);
}

static inline struct flow_conn *
flow_conn(const struct flow_table *t, uint32_t index)
{
	return (struct flow_conn *)(t->slab + (size_t)index * t->stride);
}

static inline struct flow_cold *
flow_cold(const struct flow_table *t, const struct flow_conn *conn)
{
	return (struct flow_cold *)((char *)(uintptr_t)conn + t->cold_offset);
}

/*
 * flow_prefetch_bucket(), flow_probe(), flow_find(): the stages of a lookup.
 * flow/lookup.h, which this header includes at its end, defines them.
 *
 *   flow_prefetch_bucket(t, hash)          prefetch the primary bucket
 *   flow_probe(t, hash)                    the index in the first slot with the tag of
 *                                          the hash (prefetches the connection);
 *                                          FLOW_NONE: no connection; FLOW_MAYBE: it may
 *                                          be in the alternate bucket (prefetches that)
 *   flow_probe_second(t, hash, candidate)  if candidate is FLOW_MAYBE: the same for the
 *                                          alternate bucket, never FLOW_MAYBE
 *   flow_find(t, key, hash, candidate)     the connection with this key, or FLOW_NONE
 */
#define FLOW_MAYBE (UINT32_MAX - 1)

/* Look up one key without stages. Returns the index of its connection, or FLOW_NONE. */
uint32_t flow_lookup(const struct flow_table *t, const struct flow_key *key,
		     uint64_t hash);

/*
 * Take a free connection and index it under a key, which must not be in the table. It is
 * zeroed except for its key and its id, which is 1 until the caller sets another (never
 * 0, which marks a free entry). Returns its index, which never changes; or FLOW_NONE when
 * no connection is free, or the search for a slot, in at most 128 buckets, has failed.
 */
uint32_t flow_insert(struct flow_table *t, const struct flow_key *key, uint64_t hash);

/*
 * Remove a connection: disarm its timer, release its extension, remove it from the index
 * and free it. Before removing many, call flow_prefetch_whole() and
 * flow_prefetch_primary() for each, and pass the hash that the latter returns to
 * flow_remove_hashed().
 */
void flow_remove(struct flow_table *t, uint32_t index);
void flow_remove_hashed(struct flow_table *t, uint32_t index, uint64_t hash);

/*
 * The first connection in use from index `from` to before `until`, or FLOW_NONE. It reads
 * each entry on the way, so `until` bounds the cost; flow_table.high is the end of all.
 */
uint32_t flow_next(const struct flow_table *t, uint32_t from, uint32_t until);

/* Copy a connection's key; unused address bytes are 0. */
void flow_key_of(const struct flow_table *t, uint32_t index, struct flow_key *key);

/*
 * The hash of a connection's key. The key is copied in whole words, because the hash
 * reads whole words at once.
 */
static inline uint64_t
flow_hash_of(const struct flow_table *t, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(t, index);
	uint64_t id = flow_word(&conn->id);
	struct flow_key key;

	memcpy(&key.id, &id, sizeof(id));
	if (t->family == 4)
		memcpy(key.addr.v4, conn->addr.v4, sizeof(key.addr.v4));
	else
		memcpy(key.addr.v6, conn->addr.v6, sizeof(key.addr.v6));
	return flow_table_hash(t, &key);
}

/*
 * The extension of a connection; NULL: it has none. flow_ext_take() gives it one, zeroed,
 * or returns the one that it has, unchanged. When all are in use, it takes the oldest
 * from another connection.
 */
static inline struct tcp_ext *
flow_ext(const struct flow_table *t, const struct flow_cold *cold)
{
	return cold->track.ext_index == 0 ? NULL : &t->exts[cold->track.ext_index];
}

struct tcp_ext *flow_ext_take(struct flow_table *t, uint32_t index);
void flow_ext_give_back(struct flow_table *t, uint32_t index);

#include <flow/lookup.h>

#endif
