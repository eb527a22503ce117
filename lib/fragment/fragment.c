/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two slabs, for datagrams and for fragments, with as many entries of each as buffers may
 * be held. A datagram is in the list of its hash and in the list of all datagrams by age,
 * and has a list of its fragments. All datagrams have the same timeout, so the oldest one
 * is due first.
 */
#include <string.h>

#include <rte_common.h>

#include <base/ticks.h>
#include <fragment/fragment.h>

#define NONE UINT32_MAX

struct held {
	struct packet_piece piece;
	void *about;
	uint32_t next; /* next fragment of the datagram, or next free entry */
};

struct datagram {
	struct fragment_key key;
	uint32_t chain; /* next datagram with the same hash, or next free entry */
	uint32_t older;
	uint32_t newer;
	uint32_t first; /* its first fragment; they are in the order of arrival */
	uint32_t last;
	uint32_t due; /* tick at which it times out */
	/* length of the datagram; 0: the last fragment has not arrived */
	uint32_t len;
	uint32_t reached; /* end of the fragment with the highest offset */
	uint32_t have;    /* number of bytes that have arrived */
	uint32_t count;
	bool condemned;
};

struct fragment_table {
	struct fragment_config config;
	uint32_t buckets; /* number of hash buckets, a power of two */
	uint32_t buffers; /* number of buffers that are held */
	uint32_t count;   /* number of fragments that are held */
	uint32_t free_held;
	uint32_t free_datagram;
	uint32_t oldest;
	uint32_t newest;
	struct held *held;
	struct datagram *datagram;
	uint32_t *bucket;
};

struct fragment_key
fragment_key_of(const struct packet *p)
{
	struct fragment_key key;

	memset(&key, 0, sizeof(key)); /* including address bytes that IPv4 does not use */
	key.id = p->frag.id;
	key.network = flow_id_network(&p->key.id);
	key.from = (uint8_t)(2 * p->family + p->side);
	if (p->family == 4) {
		key.proto = p->proto;
		key.addr.v4[0] = p->key.addr.v4[0];
		key.addr.v4[1] = p->key.addr.v4[1];
	} else {
		key.addr = p->key.addr;
	}
	return key;
}

struct fragment
fragment_of(struct rte_mbuf *m, const struct packet *p, void *about)
{
	const struct packet_fragment *frag = &p->frag;

	return (struct fragment){
		.piece = {.m = m, .at = frag->at, .off = frag->off, .len = frag->len},
		.more = frag->more,
		.about = about,
	};
}

enum reason
fragment_reason(enum fragment_fate fate)
{
	switch (fate) {
	case FRAGMENT_DUPLICATE:
		return REASON_IP_FRAGMENT_DUPLICATE;
	case FRAGMENT_OVERLAP:
		return REASON_IP_FRAGMENT_OVERLAP;
	case FRAGMENT_MANY:
		return REASON_IP_FRAGMENT_MEMORY;
	default:
		return REASON_NONE;
	}
}

size_t
fragment_bytes(const struct fragment_config *config)
{
	return sizeof(struct fragment_table) +
	       config->buffers * (sizeof(struct held) + sizeof(struct datagram)) +
	       rte_align32pow2(config->buffers) * sizeof(uint32_t);
}

struct fragment_table *
fragment_init(void *memory, const struct fragment_config *config)
{
	struct fragment_table *t = memory;
	uint32_t i;

	t->config = *config;
	t->buckets = rte_align32pow2(config->buffers);
	t->held = (struct held *)(t + 1);
	t->datagram = (struct datagram *)(t->held + config->buffers);
	t->bucket = (uint32_t *)(t->datagram + config->buffers);
	t->oldest = t->newest = NONE;
	for (i = 0; i < config->buffers; i++) {
		t->held[i].next = i + 1 < config->buffers ? i + 1 : NONE;
		t->datagram[i].chain = t->held[i].next;
	}
	for (i = 0; i < t->buckets; i++)
		t->bucket[i] = NONE;
	return t;
}

static uint32_t *
bucket_of(struct fragment_table *t, const struct fragment_key *key)
{
	uint64_t hash = XXH3_64bits_withSecret(key, sizeof(*key), t->config.secret,
					       KEY_SECRET_BYTES);

	return &t->bucket[hash & (t->buckets - 1)];
}

/* The link that points to a key's datagram, or to NONE at the end of its list. */
static uint32_t *
find(struct fragment_table *t, const struct fragment_key *key)
{
	uint32_t *link = bucket_of(t, key);

	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): no padding, asserted */
	while (*link != NONE && memcmp(&t->datagram[*link].key, key, sizeof(*key)) != 0)
		link = &t->datagram[*link].chain;
	return link;
}

/* The links of the list by age that point to a datagram from either direction. */
static uint32_t *
newer_of(struct fragment_table *t, uint32_t older)
{
	return older == NONE ? &t->oldest : &t->datagram[older].newer;
}

static uint32_t *
older_of(struct fragment_table *t, uint32_t newer)
{
	return newer == NONE ? &t->newest : &t->datagram[newer].older;
}

static void
create(struct fragment_table *t, uint32_t *link, const struct fragment_key *key,
       uint32_t now)
{
	uint32_t index = t->free_datagram;
	struct datagram *d = &t->datagram[index];

	t->free_datagram = d->chain;
	*d = (struct datagram){
		.key = *key,
		.chain = NONE,
		.older = t->newest,
		.newer = NONE,
		.first = NONE,
		.last = NONE,
		.due = now + t->config.ticks,
	};
	*link = index;
	*newer_of(t, t->newest) = index;
	t->newest = index;
}

/* Remove a datagram, and put its fragments into the group. */
static void
release(struct fragment_table *t, struct datagram *d, struct fragment_group *gone)
{
	uint32_t index = d->first, next;

	for (gone->n = 0; index != NONE; index = next) {
		struct held *h = &t->held[index];

		next = h->next;
		gone->piece[gone->n] = h->piece;
		gone->about[gone->n++] = h->about;
		t->buffers -= h->piece.m->nb_segs;
		h->next = t->free_held;
		t->free_held = index;
	}
	t->count -= gone->n;
	d->first = d->last = NONE;
	d->count = 0;
}

static void
forget(struct fragment_table *t, uint32_t *link, struct fragment_group *gone)
{
	uint32_t index = *link;
	struct datagram *d = &t->datagram[index];

	release(t, d, gone);
	*link = d->chain;
	*newer_of(t, d->older) = d->newer;
	*older_of(t, d->newer) = d->older;
	d->chain = t->free_datagram;
	t->free_datagram = index;
}

bool
fragment_oldest(struct fragment_table *t, struct fragment_group *gone)
{
	if (t->oldest == NONE)
		return false;
	forget(t, find(t, &t->datagram[t->oldest].key), gone);
	return true;
}

bool
fragment_evict(struct fragment_table *t, unsigned buffers, struct fragment_group *gone)
{
	/* a spare buffer implies a spare entry: each fragment has at least one buffer */
	if (t->buffers + buffers <= t->config.buffers && t->free_datagram != NONE)
		return false;
	return fragment_oldest(t, gone);
}

void
fragment_set_timeout(struct fragment_table *t, uint32_t ticks)
{
	t->config.ticks = ticks;
}

bool
fragment_next(const struct fragment_table *t, uint32_t *at)
{
	if (t->oldest == NONE)
		return false;
	*at = t->datagram[t->oldest].due;
	return true;
}

bool
fragment_expire(struct fragment_table *t, uint32_t now, struct fragment_group *gone)
{
	uint32_t at;

	return fragment_next(t, &at) && ticks_reached(at, now) &&
	       fragment_oldest(t, gone);
}

uint32_t
fragment_count(const struct fragment_table *t)
{
	return t->count;
}

/*
 * Decide about a further fragment of a datagram by comparing it with those that have
 * arrived.
 */
static enum fragment_fate
compare(const struct fragment_table *t, const struct datagram *d,
	const struct packet_piece *piece, bool more)
{
	uint32_t start = piece->off, end = start + piece->len, index;

	for (index = d->first; index != NONE; index = t->held[index].next) {
		const struct packet_piece *there = &t->held[index].piece;
		uint32_t there_end = (uint32_t)there->off + there->len;

		if (there->off == start && there_end == end && more == (end != d->len))
			return FRAGMENT_DUPLICATE;
		if (start < there_end && there->off < end)
			return FRAGMENT_OVERLAP;
	}
	/* another end of the datagram, or data beyond the end */
	if (d->len != 0 && (!more || end > d->len))
		return FRAGMENT_OVERLAP;
	if (!more && end < d->reached)
		return FRAGMENT_OVERLAP;
	return d->count == FRAGMENT_MAX ? FRAGMENT_MANY : FRAGMENT_HELD;
}

static void
hold(struct fragment_table *t, struct datagram *d, const struct fragment *f)
{
	const struct packet_piece *piece = &f->piece;
	uint32_t index = t->free_held, end = (uint32_t)piece->off + piece->len;
	struct held *h = &t->held[index];

	t->free_held = h->next;
	*h = (struct held){.piece = *piece, .about = f->about, .next = NONE};
	if (d->last == NONE)
		d->first = index;
	else
		t->held[d->last].next = index;
	d->last = index;
	d->count++;
	d->have += piece->len;
	d->reached = RTE_MAX(d->reached, end);
	if (!f->more)
		d->len = end;
	t->buffers += piece->m->nb_segs;
	t->count++;
}

enum fragment_fate
fragment_add(struct fragment_table *t, const struct fragment_key *key,
	     const struct fragment *f, uint32_t now, struct fragment_group *gone)
{
	uint32_t *link = find(t, key);
	enum fragment_fate fate;
	struct datagram *d;

	if (*link == NONE)
		create(t, link, key, now);
	d = &t->datagram[*link];
	gone->n = 0;
	fate = d->condemned ? FRAGMENT_OVERLAP : compare(t, d, &f->piece, f->more);
	if (fate == FRAGMENT_HELD) {
		hold(t, d, f);
		if (d->have != d->len)
			return FRAGMENT_HELD;
		forget(t, link, gone);
		return FRAGMENT_WHOLE;
	}
	if (fate != FRAGMENT_DUPLICATE) {
		d->condemned = true;
		release(t, d, gone);
	}
	gone->piece[gone->n] = f->piece;
	gone->about[gone->n++] = f->about;
	return fate;
}
