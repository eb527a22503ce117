/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the index works.
 *
 * The upper half of a key's hash selects its primary bucket; that bucket and the tag
 * select its alternate bucket. Each of the two gives the other one (flow_alternate()), so
 * an entry can be moved without reading its key. A new entry goes into its primary bucket
 * when that has room, else into the alternate one. When both are full, other entries are
 * moved: a breadth-first search finds the shortest chain of moves that ends in a free
 * slot, and reads at most SEARCH_BUCKETS buckets. With eight slots in a bucket this
 * succeeds up to a load of 95 %; the table has at most 80 %.
 *
 * Each bucket counts, by a part of their tags, its entries that are in their alternate
 * bucket. A lookup that finds no tag in the primary bucket reads the alternate one only
 * when that counter is not 0. So nearly each miss, and each hit in the primary bucket,
 * reads one cache line of the index.
 *
 * The key itself is in the connection, in the line that the caller needs next anyway. The
 * index refers to connections by number; they never move.
 */
#include <flow/table.h>

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#define LINE 64u
#define SEARCH_BUCKETS 128u
#define BUCKETS_MIN 16u /* with fewer buckets, too many keys have only one */
#define EXTS_MIN 64u
#define EXTS_MAX 65535u /* track_cold.ext_index has 16 bits */
/*
 * Connections for each entry of the extension table. With 160, an IPv4 connection takes
 * 144 bytes in all: 128 of the slab, 10 of the index, 4.4 of the extension table, 1 of
 * the generation. docs/configuration.md states that number.
 */
#define CONNECTIONS_PER_EXT 160u

struct layout {
	/* offsets of the parts in memory, and its length */
	size_t buckets, slab, exts, ext_owner, bytes;
	uint32_t bucket_count, stride, ext_count;
};

static int
layout_of(const struct flow_config *config, struct layout *l)
{
	uint64_t n = config->connections;

	if ((config->family != 4 && config->family != 6) || n == 0 ||
	    n > FLOW_MAX_CONNECTIONS)
		return -EINVAL;

	/* 8 of 10 slots are in use when the slab is full */
	l->bucket_count = (uint32_t)RTE_MAX((n * 10 + 8 * FLOW_BUCKET_SLOTS - 1) /
						    (8 * FLOW_BUCKET_SLOTS),
					    (uint64_t)BUCKETS_MIN);
	l->stride = config->family == 4 ? FLOW_CONN4_BYTES
		    : config->shared    ? FLOW_CONN6_SHARED_BYTES
					: FLOW_CONN6_BYTES;
	l->ext_count =
		(uint32_t)RTE_MIN(RTE_MAX(n / CONNECTIONS_PER_EXT, (uint64_t)EXTS_MIN),
				  (uint64_t)EXTS_MAX);

	l->buckets = 0;
	l->slab = l->bucket_count * sizeof(struct flow_bucket);
	l->exts = RTE_ALIGN_CEIL(l->slab + n * l->stride, LINE);
	l->ext_owner =
		RTE_ALIGN_CEIL(l->exts + (l->ext_count + 1) * sizeof(struct tcp_ext),
			       LINE);
	l->bytes = RTE_ALIGN_CEIL(l->ext_owner + (l->ext_count + 1) * sizeof(uint32_t),
				  LINE);
	return 0;
}

size_t
flow_table_bytes(const struct flow_config *config)
{
	struct layout l;

	return layout_of(config, &l) == 0 ? l.bytes : 0;
}

void
flow_table_sizes(const struct flow_config *config, struct flow_sizes *sizes)
{
	struct layout l;

	memset(sizes, 0, sizeof(*sizes));
	if (layout_of(config, &l) != 0)
		return;
	sizes->index = l.slab;
	sizes->connections = l.exts - l.slab;
	sizes->exts = l.bytes - l.exts;
}

int
flow_table_init(struct flow_table *t, void *memory, const struct flow_config *config)
{
	char *base = memory;
	struct layout l;
	int rc = layout_of(config, &l);

	if (rc != 0)
		return rc;

	memset(t, 0, sizeof(*t));
	t->buckets = (struct flow_bucket *)(void *)(base + l.buckets);
	t->slab = base + l.slab;
	t->exts = (struct tcp_ext *)(void *)(base + l.exts);
	t->ext_owner = (uint32_t *)(void *)(base + l.ext_owner);
	t->stride = l.stride;
	t->cold_offset = l.stride - (uint32_t)sizeof(struct flow_cold);
	t->bucket_count = l.bucket_count;
	t->capacity = config->connections;
	t->ext_count = l.ext_count;
	t->ext_next = 1;
	t->family = config->family;
	t->shared = config->shared;
	memcpy(t->secret, config->secret, sizeof(t->secret));
	/* each entry is FLOW_NONE */
	memset(t->ext_owner, 0xff, (l.ext_count + 1) * sizeof(uint32_t));
	wheel_init(&t->wheel, t->slab + t->cold_offset + offsetof(struct flow_cold, link),
		   t->stride, config->now);
	t->wheel.beside = t->cold_offset + offsetof(struct flow_cold, link);
	return 0;
}

void
flow_table_none(struct flow_table *t, uint8_t family)
{
	/* all zero and never written; a table without memory has no room */
	static struct flow_bucket none;

	memset(t, 0, sizeof(*t));
	t->buckets = &none;
	t->bucket_count = 1;
	t->family = family;
}

/* The index. */

static void
overflow_add(struct flow_bucket *primary, uint16_t tag)
{
	unsigned shift = flow_overflow_shift(tag);

	if ((primary->overflow >> shift & 0xf) != 0xf)
		primary->overflow += UINT64_C(1) << shift;
}

static void
overflow_sub(struct flow_bucket *primary, uint16_t tag)
{
	unsigned shift = flow_overflow_shift(tag);

	if ((primary->overflow >> shift & 0xf) != 0xf)
		primary->overflow -= UINT64_C(1) << shift;
}

static inline bool
bucket_is_full(const struct flow_bucket *bucket)
{
	return bucket->used == 0xff;
}

/* The first free slot of a bucket that is not full. */
static inline unsigned
bucket_free_slot(const struct flow_bucket *bucket)
{
	return (unsigned)__builtin_ctz(~(uint32_t)bucket->used);
}

static inline void
slot_fill(struct flow_bucket *bucket, unsigned slot, uint16_t tag, uint32_t index)
{
	bucket->tag[slot] = tag;
	bucket->index[slot] = index;
	bucket->used |= (uint8_t)(1u << slot);
}

static inline void
slot_clear(struct flow_bucket *bucket, unsigned slot)
{
	bucket->tag[slot] = 0;
	bucket->used &= (uint8_t) ~(1u << slot);
	bucket->secondary &= (uint8_t) ~(1u << slot);
}

/* Move an entry from a slot of one of its buckets to a free slot of the other. */
static void
slot_move(struct flow_bucket *from, unsigned slot, struct flow_bucket *to,
	  unsigned free_slot)
{
	bool comes_home = (from->secondary >> slot & 1) != 0;
	uint16_t tag = from->tag[slot];

	slot_fill(to, free_slot, tag, from->index[slot]);
	if (comes_home) {
		overflow_sub(to, tag);
	} else {
		to->secondary |= (uint8_t)(1u << free_slot);
		overflow_add(from, tag);
	}
	slot_clear(from, slot);
}

/*
 * A bucket in the search, and the slot of the entry in the parent's bucket that would
 * move into it.
 */
struct node {
	uint32_t bucket;
	uint8_t parent; /* index of the parent node; a root has its own index */
	uint8_t slot;
};

struct search {
	struct node nodes[SEARCH_BUCKETS];
	unsigned count;
};

static void
search_root(struct search *s, uint32_t bucket)
{
	s->nodes[s->count] = (struct node){.bucket = bucket, .parent = (uint8_t)s->count};
	s->count++;
}

/*
 * Whether a bucket is already in the chain of moves that ends in this node. If it were in
 * it twice, the earlier moves would change slots that later ones depend on.
 */
static bool
is_in_chain(const struct search *s, unsigned node, uint32_t bucket)
{
	for (;;) {
		if (s->nodes[node].bucket == bucket)
			return true;
		if (s->nodes[node].parent == node)
			return false;
		node = s->nodes[node].parent;
	}
}

/*
 * Visit the buckets to which the entries of a node's bucket could move. Returns true when
 * one of them has a free slot; it is the last node then. Entries that would return to
 * their primary bucket are tried first.
 */
static bool
search_expand(const struct flow_table *t, struct search *s, unsigned node)
{
	const struct flow_bucket *bucket = &t->buckets[s->nodes[node].bucket];
	uint32_t alternates[FLOW_BUCKET_SLOTS], turn, todo;
	unsigned slot;

	for (slot = 0; slot < FLOW_BUCKET_SLOTS; slot++) {
		alternates[slot] = flow_alternate(t, s->nodes[node].bucket,
						  bucket->tag[slot]);
		rte_prefetch0(&t->buckets[alternates[slot]]);
	}
	for (turn = 0; turn < 2; turn++) {
		todo = turn == 0 ? bucket->secondary : bucket->secondary ^ 0xffu;
		for (; todo != 0; todo &= todo - 1) {
			slot = (unsigned)__builtin_ctz(todo);
			if (s->count == SEARCH_BUCKETS)
				return false;
			if (is_in_chain(s, node, alternates[slot]))
				continue;
			s->nodes[s->count++] = (struct node){alternates[slot],
							     (uint8_t)node,
							     (uint8_t)slot};
			if (!bucket_is_full(&t->buckets[alternates[slot]]))
				return true;
		}
	}
	return false;
}

/*
 * Both buckets of a new entry are full: make room in one of them. Returns that bucket; or
 * FLOW_NONE, and then nothing has been moved.
 */
static uint32_t
make_room(struct flow_table *t, uint32_t primary, uint32_t alternate)
{
	struct flow_bucket *to, *from;
	struct search s;
	unsigned node = 0;
	bool found = false;

	s.count = 0;
	search_root(&s, primary);
	if (alternate != primary)
		search_root(&s, alternate);
	for (node = 0; node < s.count && !found; node++)
		found = search_expand(t, &s, node);
	if (!found)
		return FLOW_NONE;

	for (node = s.count - 1; s.nodes[node].parent != node;
	     node = s.nodes[node].parent) {
		to = &t->buckets[s.nodes[node].bucket];
		from = &t->buckets[s.nodes[s.nodes[node].parent].bucket];
		slot_move(from, s.nodes[node].slot, to, bucket_free_slot(to));
	}
	return s.nodes[node].bucket;
}

/*
 * Move one of the displaced entries in a full bucket to its primary bucket, if that has
 * room by now. Otherwise ever more entries would be in their alternate bucket as
 * connections come and go.
 */
static bool
send_to_primary(struct flow_table *t, uint32_t bucket)
{
	struct flow_bucket *from = &t->buckets[bucket], *primary;
	uint32_t todo;
	unsigned slot;

	for (todo = from->secondary; todo != 0; todo &= todo - 1) {
		slot = (unsigned)__builtin_ctz(todo);
		primary = &t->buckets[flow_alternate(t, bucket, from->tag[slot])];
		if (!bucket_is_full(primary)) {
			slot_move(from, slot, primary, bucket_free_slot(primary));
			return true;
		}
	}
	return false;
}

/*
 * Return a bucket with a free slot for a new entry: the primary one, the alternate one,
 * or one in which other entries were moved. FLOW_NONE: no room was found.
 */
static uint32_t
place_for(struct flow_table *t, uint32_t primary, uint16_t tag)
{
	uint32_t alternate;

	if (!bucket_is_full(&t->buckets[primary]) || send_to_primary(t, primary))
		return primary;
	alternate = flow_alternate(t, primary, tag);
	if (!bucket_is_full(&t->buckets[alternate]))
		return alternate;
	return make_room(t, primary, alternate);
}

static void
unindex(struct flow_table *t, uint32_t index, uint64_t hash)
{
	uint32_t primary = flow_primary(t, hash), place = primary, match;
	uint16_t tag = flow_tag(hash);
	unsigned slot, turn;

	for (turn = 0; turn < 2; turn++, place = flow_alternate(t, primary, tag))
		for (match = flow_match(&t->buckets[place], tag); match != 0;
		     match &= match - 1) {
			slot = (unsigned)__builtin_ctz(match);
			if (t->buckets[place].index[slot] != index)
				continue;
			if (t->buckets[place].secondary >> slot & 1)
				overflow_sub(&t->buckets[primary], tag);
			slot_clear(&t->buckets[place], slot);
			return;
		}
}

static uint32_t
bucket_lookup(const struct flow_table *t, const struct flow_bucket *bucket, uint16_t tag,
	      const struct flow_key *key)
{
	uint32_t match, index;

	for (match = flow_match(bucket, tag); match != 0; match &= match - 1) {
		index = bucket->index[__builtin_ctz(match)];
		if (flow_is_key(t, index, key))
			return index;
	}
	return FLOW_NONE;
}

uint32_t
flow_lookup(const struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	uint32_t primary = flow_primary(t, hash);
	const struct flow_bucket *bucket = &t->buckets[primary];
	uint16_t tag = flow_tag(hash);
	uint32_t index = bucket_lookup(t, bucket, tag, key);

	if (index != FLOW_NONE || !flow_overflowed(bucket, tag))
		return index;
	return bucket_lookup(t, &t->buckets[flow_alternate(t, primary, tag)], tag, key);
}

/*
 * The slab. In a free connection the link of its timer, which is not armed, points to the
 * next free connection.
 */

static uint32_t
slab_take(struct flow_table *t)
{
	uint32_t index;

	if (t->free_head == 0)
		return t->high++;
	index = t->free_head - 1;
	t->free_head = flow_cold(t, flow_conn(t, index))->link.next;
	if (t->free_head != 0) {
		/*
		 * prefetch the entry that the next call takes, which is then written
		 * completely
		 */
		rte_prefetch0(flow_conn(t, t->free_head - 1));
		rte_prefetch0(flow_cold(t, flow_conn(t, t->free_head - 1)));
	}
	return index;
}

uint32_t
flow_insert(struct flow_table *t, const struct flow_key *key, uint64_t hash)
{
	uint32_t primary = flow_primary(t, hash), place, index;
	uint16_t tag = flow_tag(hash);
	struct flow_bucket *bucket;
	struct flow_conn *conn;
	unsigned slot, at;
	uint64_t id;

	if (t->count == t->capacity)
		return FLOW_NONE;
	place = place_for(t, primary, tag);
	if (place == FLOW_NONE)
		return FLOW_NONE;

	index = slab_take(t);
	bucket = &t->buckets[place];
	slot = bucket_free_slot(bucket);
	slot_fill(bucket, slot, tag, index);
	if (place != primary) {
		bucket->secondary |= (uint8_t)(1u << slot);
		overflow_add(&t->buckets[primary], tag);
	}
	t->count++;

	/*
	 * Clear in steps of a constant length: the compiler then writes stores, which are
	 * faster than a string instruction.
	 */
	conn = flow_conn(t, index);
	for (at = 0; at < t->stride; at += 32)
		memset((char *)conn + at, 0, 32);
	if (t->family == 4)
		memcpy(&conn->addr, &key->addr, KEY4_BYTES - sizeof(conn->id));
	else
		memcpy(&conn->addr, &key->addr, KEY6_BYTES - sizeof(conn->id));
	/* last: who compares the key does not find a part of it (flow/lock.h) */
	memcpy(&id, &key->id, sizeof(id));
	__atomic_store_n((uint64_t *)(void *)&conn->id, id, __ATOMIC_RELEASE);
	flow_cold(t, conn)->meta.id = 1; /* not 0: in use */
	return index;
}

void
flow_remove(struct flow_table *t, uint32_t index)
{
	flow_remove_hashed(t, index, flow_hash_of(t, index));
}

void
flow_remove_hashed(struct flow_table *t, uint32_t index, uint64_t hash)
{
	struct flow_cold *cold = flow_cold(t, flow_conn(t, index));

	if (cold->meta.id == 0)
		return;
	flow_prefetch_bucket(t, hash);
	wheel_disarm(&t->wheel, index);
	flow_ext_give_back(t, index);
	unindex(t, index, hash);
	cold->meta.id = 0;
	/* no key has this id: a program that has found the connection lets it be */
	if (unlikely(t->shared))
		memset(&flow_conn(t, index)->id, 0, sizeof(struct flow_id));
	cold->link.next = t->free_head;
	t->free_head = index + 1;
	t->count--;
}

uint32_t
flow_next(const struct flow_table *t, uint32_t from, uint32_t until)
{
	for (until = RTE_MIN(until, t->high); from < until; from++)
		if (flow_cold(t, flow_conn(t, from))->meta.id != 0)
			return from;
	return FLOW_NONE;
}

void
flow_key_of(const struct flow_table *t, uint32_t index, struct flow_key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key, &flow_conn(t, index)->id, t->family == 4 ? KEY4_BYTES : KEY6_BYTES);
}

/* The ring of extension entries. */

struct tcp_ext *
flow_ext_take(struct flow_table *t, uint32_t index)
{
	struct track_cold *cold = &flow_cold(t, flow_conn(t, index))->track;
	uint32_t ext = t->ext_next, owner;

	if (cold->ext_index != 0)
		return &t->exts[cold->ext_index];

	owner = t->ext_owner[ext];
	if (owner != FLOW_NONE)
		flow_cold(t, flow_conn(t, owner))->track.ext_index = 0;
	t->ext_owner[ext] = index;
	t->ext_next = ext == t->ext_count ? 1 : ext + 1;
	cold->ext_index = (uint16_t)ext;
	memset(&t->exts[ext], 0, sizeof(t->exts[ext]));
	return &t->exts[ext];
}

void
flow_ext_give_back(struct flow_table *t, uint32_t index)
{
	struct track_cold *cold = &flow_cold(t, flow_conn(t, index))->track;

	if (cold->ext_index == 0)
		return;
	t->ext_owner[cold->ext_index] = FLOW_NONE;
	cold->ext_index = 0;
}
