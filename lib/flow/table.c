/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the index works.
 *
 * A key has a primary bucket, by the high half of its hash, and a second one, by the home
 * and its tag: either gives the other (flow_alternate()), so that an entry can be moved
 * without its key being read. It goes home when there is room, else to the second, and
 * when both are full, others are moved out of the way: a search of the buckets in breadth
 * finds the shortest chain of moves that ends in a free slot, and looks at no more than
 * SEARCH_BUCKETS of them. With eight slots a bucket that does not fail below a load of 95
 * in 100; we stop at 80.
 *
 * Each bucket counts, by a part of their tags, the entries in its primary bucket there
 * that live in their second bucket. A lookup that finds no tag in its primary bucket
 * looks further only when that counter says so: nearly each miss, and each hit in its
 * primary bucket, reads one line of the index.
 *
 * The key itself, for the comparison, stands in the connection, in the line that the
 * caller needs next anyway. The index knows connections by number; these never move.
 */
#include <flow/table.h>

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#define LINE 64u
#define SEARCH_BUCKETS 128u
#define BUCKETS_MIN 16u /* with fewer, too many keys have twice the same */
#define EXTS_MIN 64u
#define EXTS_MAX 65535u /* track_cold.ext_index has 16 bits */
/* With its index slot and what it remembers of the rules an IPv4 connection takes 144. */
#define CONNECTIONS_PER_EXT 160u

struct layout {
	size_t buckets, slab, exts, ext_owner, bytes; /* offsets, and the end */
	uint32_t bucket_count, stride, ext_count;
};

static int
layout_of(const struct flow_config *config, struct layout *l)
{
	uint64_t n = config->connections;

	if ((config->family != 4 && config->family != 6) || n == 0 ||
	    n > FLOW_MAX_CONNECTIONS)
		return -EINVAL;

	/* 8 in 10 slots in use when the slab is */
	l->bucket_count = (uint32_t)RTE_MAX((n * 10 + 8 * FLOW_BUCKET_SLOTS - 1) /
						    (8 * FLOW_BUCKET_SLOTS),
					    (uint64_t)BUCKETS_MIN);
	l->stride = config->family == 4 ? FLOW_CONN4_BYTES : FLOW_CONN6_BYTES;
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
	memcpy(t->secret, config->secret, sizeof(t->secret));
	memset(t->ext_owner, 0xff, (l.ext_count + 1) * sizeof(uint32_t)); /* FLOW_NONE */
	wheel_init(&t->wheel, t->slab + t->cold_offset + offsetof(struct flow_cold, link),
		   t->stride, config->now);
	t->wheel.beside = t->cold_offset + offsetof(struct flow_cold, link);
	return 0;
}

void
flow_table_none(struct flow_table *t, uint8_t family)
{
	static struct flow_bucket none; /* never written: no room for anything */

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

/* Of a bucket that is not full. */
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

/* Move an entry from a slot of one of its buckets to a free one of the other. */
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

/* A bucket looked at, and the entry that would move into it: slot of its parent's. */
struct node {
	uint32_t bucket;
	uint8_t parent; /* place in the search, its own for a root */
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

/* A bucket twice in a chain would have its entries moved from under the later moves. */
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
 * Look at the buckets that the entries of a node's could move to; true when one of them,
 * the last node then, has a free slot. Those that would return to their primary bucket
 * are tried first.
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
 * Both buckets of a new entry are full: make room in one of them. Returns which, or
 * FLOW_NONE: nothing has been moved then.
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
 * Move one of the displaced entries in a full bucket home, should there be room by now.
 * Without this, connections that come and go leave ever more entries in their second
 * bucket.
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

/* Which of its two buckets a new entry goes to, with a free slot; or FLOW_NONE. */
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

/* The slab. A free connection's timer link, never armed, leads to the next free one. */

static uint32_t
slab_take(struct flow_table *t)
{
	uint32_t index;

	if (t->free_head == 0)
		return t->high++;
	index = t->free_head - 1;
	t->free_head = flow_cold(t, flow_conn(t, index))->link.next;
	if (t->free_head != 0) {
		/* the next to be taken: written whole */
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
	 * in lengths that the compiler knows, and makes stores of, not string
	 * instructions
	 */
	conn = flow_conn(t, index);
	for (at = 0; at < t->stride; at += 32)
		memset((char *)conn + at, 0, 32);
	if (t->family == 4)
		memcpy(&conn->id, key, KEY4_BYTES);
	else
		memcpy(&conn->id, key, KEY6_BYTES);
	flow_cold(t, conn)->track.id = 1; /* in use */
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

	if (cold->track.id == 0)
		return;
	flow_prefetch_bucket(t, hash);
	wheel_disarm(&t->wheel, index);
	flow_ext_give_back(t, index);
	unindex(t, index, hash);
	cold->track.id = 0;
	cold->link.next = t->free_head;
	t->free_head = index + 1;
	t->count--;
}

uint32_t
flow_next(const struct flow_table *t, uint32_t from, uint32_t until)
{
	for (until = RTE_MIN(until, t->high); from < until; from++)
		if (flow_cold(t, flow_conn(t, from))->track.id != 0)
			return from;
	return FLOW_NONE;
}

void
flow_key_of(const struct flow_table *t, uint32_t index, struct flow_key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key, &flow_conn(t, index)->id, t->family == 4 ? KEY4_BYTES : KEY6_BYTES);
}

/* The ring of extensions. */

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
