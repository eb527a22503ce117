/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection table of one worker and one address family: a two-choice bucketised
 * cuckoo index over a slab of connections.
 *
 *   index  buckets of 64 bytes, a cache line: 8 slots of a 16-bit tag and a 32-bit
 *          connection index; which slots are used, and what overflowed to another bucket
 *   slab   connections, by 32-bit index; IPv4 128 bytes in two lines, IPv6 160
 *   ext    the extension table, a ring of struct tcp_ext, one for 160 connections; when
 *          all are in use, the oldest is taken away from its connection
 *
 * All memory is the caller's, sized before and never grown. One owner thread, no locks.
 *
 * A burst is looked up in stages, so that the misses of its packets overlap:
 *
 *	for each packet: flow_prefetch_bucket(t, hash);
 *	for each packet: candidate = flow_probe(t, hash);
 *	for each packet: candidate = flow_probe_second(t, hash, candidate);  (optional)
 *	for each packet: index = flow_find(t, &key, hash, candidate);
 *
 * These only read. Between flow_probe() and flow_find() nothing may be inserted or
 * removed; after that, flow_lookup() again.
 */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <packet/key.h>
#include <track/conn.h>
#include <wheel/wheel.h>

#define FLOW_NONE UINT32_MAX
#define FLOW_BUCKET_SLOTS 8u
#define FLOW_MAX_CONNECTIONS (1u << 30)

/* The part that IPv4 and IPv6 have in common comes first, the addresses behind it. */
struct flow_conn {
	struct track_hot hot;
	struct flow_id id;
	union flow_addr addr; /* IPv4: only v4, and what follows lies behind that */
};

/* At flow_table.cold_offset from the connection. */
struct flow_cold {
	struct wheel_link link;
	struct track_cold track;
};

#define FLOW_CONN4_BYTES 128u
#define FLOW_CONN6_BYTES 160u
static_assert(offsetof(struct flow_conn, id) == 48, "key behind the hot part");
static_assert(offsetof(struct flow_conn, addr) + 8 == 64, "an IPv4 hit reads one line");
static_assert(sizeof(struct flow_cold) == 64, "and writes the second only rarely");

struct flow_bucket {
	uint16_t tag[FLOW_BUCKET_SLOTS];   /* never 0 in a used slot */
	uint32_t index[FLOW_BUCKET_SLOTS]; /* of the connection */
	/*
	 * Entries in its primary bucket here that live in their second bucket: 16
	 * counters of 4 bits, by the top 4 bits of the tag. One that has reached 15 stays
	 * there.
	 */
	uint64_t overflow;
	uint8_t used;      /* bit of a slot that holds an entry */
	uint8_t secondary; /* bit of a slot whose entry is in its alternate bucket */
	uint8_t reserved[6];
};
static_assert(sizeof(struct flow_bucket) == 64, "one line");

struct flow_config {
	uint8_t family;        /* 4 or 6 */
	uint32_t connections;  /* most that can live at once, 1 to FLOW_MAX_CONNECTIONS */
	uint32_t now;          /* tick to start the wheel at */
	const uint8_t *secret; /* KEY_SECRET_BYTES, copied */
};

struct flow_table {
	struct flow_bucket *buckets;
	char *slab;
	struct tcp_ext *exts;  /* from 1; 0 is never given out */
	uint32_t *ext_owner;   /* connection index of each, or FLOW_NONE */
	uint32_t stride;       /* bytes a connection */
	uint32_t cold_offset;  /* from a connection to its flow_cold */
	uint32_t bucket_count; /* any number: range reduction by multiply and shift */
	uint32_t capacity;
	uint32_t count;     /* connections in use */
	uint32_t high;      /* connections ever taken from the slab */
	uint32_t free_head; /* of the free list, index + 1 */
	uint32_t ext_count;
	uint32_t ext_next; /* the next to be given out */
	uint8_t family;
	uint8_t secret[KEY_SECRET_BYTES] __attribute__((aligned(64)));
	struct wheel wheel; /* of this table's connections */
};

/*
 * Bytes of memory that flow_table_init() needs for this configuration; 0 for a number out
 * of range.
 */
size_t flow_table_bytes(const struct flow_config *config);

/* What these bytes are for; they add up to flow_table_bytes(). */
struct flow_sizes {
	size_t index;
	size_t connections; /* the links of their timers among it */
	size_t exts;        /* the extension table and its owners */
};

/* All 0 for a number out of range. */
void flow_table_sizes(const struct flow_config *config, struct flow_sizes *sizes);

/*
 * Build an empty table in memory of flow_table_bytes(), which must be zeroed and aligned
 * to 64 bytes and stay the caller's to free. Returns 0, or -EINVAL for a number out of
 * range.
 */
int flow_table_init(struct flow_table *t, void *memory, const struct flow_config *config);

/*
 * A table of no connections, without memory: nothing is found in it, and nothing has
 * room.
 */
void flow_table_none(struct flow_table *t, uint8_t family);

static inline uint64_t
flow_table_hash(const struct flow_table *t, const struct flow_key *key)
{
	/* lengths known to the compiler: a third of the instructions */
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
 * flow_prefetch_bucket(), flow_probe(), flow_find(): the inline stages of a lookup. Their
 * definitions follow in flow/lookup.h, which this header includes at its end.
 *
 *   flow_prefetch_bucket(t, hash)          prefetch the primary bucket
 *   flow_probe(t, hash)                    the index in its first slot with this tag
 *                                          (prefetches the connection); FLOW_NONE: no
 *                                          connection; FLOW_MAYBE: perhaps one of the
 *                                          alternate bucket (prefetches that)
 *   flow_probe_second(t, hash, candidate)  if candidate is FLOW_MAYBE: the same for the
 *                                          alternate bucket, never FLOW_MAYBE
 *   flow_find(t, key, hash, candidate)     the connection with this key, or FLOW_NONE
 */
#define FLOW_MAYBE (UINT32_MAX - 1)

/* The index of the connection with this key, or FLOW_NONE; without stages. */
uint32_t flow_lookup(const struct flow_table *t, const struct flow_key *key,
		     uint64_t hash);

/*
 * Take a connection from the slab and index it. It is zeroed except for its key and its
 * id, which is 1 until the caller sets another (never 0, which marks a free entry). The
 * key must not be in the table. Returns its index, which never changes, or FLOW_NONE: the
 * slab is empty, or the search for a slot, of at most 128 buckets, has failed.
 */
uint32_t flow_insert(struct flow_table *t, const struct flow_key *key, uint64_t hash);

/*
 * Disarm its timer, give back its extension, unindex and free it. Of many at once,
 * prefetch before, flow_prefetch_whole() and flow_prefetch_primary(), and hand over the
 * hash that this one returns.
 */
void flow_remove(struct flow_table *t, uint32_t index);
void flow_remove_hashed(struct flow_table *t, uint32_t index, uint64_t hash);

/*
 * The first connection in use of those from `from` to before `until`, or FLOW_NONE. It
 * looks at each place on the way: until is what bounds the cost, flow_table.high where
 * all end.
 */
uint32_t flow_next(const struct flow_table *t, uint32_t from, uint32_t until);

/* Copy of a connection's key, the unused address bytes 0. */
void flow_key_of(const struct flow_table *t, uint32_t index, struct flow_key *key);

/*
 * The hash of a connection's key. Whole words are copied, since they are read as such at
 * once.
 */
static inline uint64_t
flow_hash_of(const struct flow_table *t, uint32_t index)
{
	const struct flow_conn *conn = flow_conn(t, index);
	uint64_t id = flow_id_word(&conn->id);
	struct flow_key key;

	memcpy(&key.id, &id, sizeof(id));
	if (t->family == 4)
		memcpy(key.addr.v4, conn->addr.v4, sizeof(key.addr.v4));
	else
		memcpy(key.addr.v6, conn->addr.v6, sizeof(key.addr.v6));
	return flow_table_hash(t, &key);
}

/*
 * The extension of a connection, NULL when it has none. flow_ext_take() gives it one,
 * zeroed (or returns the one it has, as it is), if need be by taking the oldest away from
 * another connection.
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
