/* SPDX-License-Identifier: BSD-3-Clause */
#include "conversation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define BUCKETS (1u << 18)

int
conversations_init(struct conversations *t)
{
	*t = (struct conversations){0};
	TAILQ_INIT(&t->lru);
	t->buckets = calloc(BUCKETS, sizeof(*t->buckets));
	return t->buckets != NULL ? 0 : -ENOMEM;
}

/* Return whether packets of this kind belong to a conversation. */
static bool
has_conversation(const struct packet *p)
{
	switch (p->kind) {
	case PACKET_TCP:
	case PACKET_UDP:
	case PACKET_ICMP_QUERY:
	case PACKET_OTHER:
		return true;
	default:
		return false;
	}
}

/*
 * Return whether the source of a packet's key is the second endpoint of the table's key,
 * which has the lower address first.
 */
static bool
source_is_second(const struct flow_key *key, bool v4)
{
	int order = v4 ? memcmp(&key->addr.v4[0], &key->addr.v4[1], 4)
		       : memcmp(key->addr.v6[0], key->addr.v6[1], 16);

	if (order == 0 && flow_id_has_ports(&key->id))
		order = memcmp(&key->id.port[0], &key->id.port[1], 2);
	return order > 0;
}

/* Build the table's key of a packet. Returns the index of the source in it. */
static unsigned
order_key(const struct packet *p, struct flow_key *key)
{
	bool v4 = p->family == 4, ports = flow_id_has_ports(&p->key.id);

	*key = (struct flow_key){.id = p->key.id};
	if (!source_is_second(&p->key, v4)) {
		memcpy(&key->addr, &p->key.addr, v4 ? 8 : 32);
		return 0;
	}
	if (v4) {
		key->addr.v4[0] = p->key.addr.v4[1];
		key->addr.v4[1] = p->key.addr.v4[0];
	} else {
		memcpy(key->addr.v6[0], p->key.addr.v6[1], 16);
		memcpy(key->addr.v6[1], p->key.addr.v6[0], 16);
	}
	if (ports) {
		key->id.port[0] = p->key.id.port[1];
		key->id.port[1] = p->key.id.port[0];
	}
	return 1;
}

static struct conversation **
bucket_of(struct conversations *t, const struct flow_key *key, uint8_t family)
{
	size_t bytes = family == 4 ? KEY4_BYTES : KEY6_BYTES;

	return &t->buckets[XXH3_64bits(key, bytes) & (BUCKETS - 1)];
}

static struct conversation *
find(struct conversation *c, const struct flow_key *key, uint8_t family)
{
	size_t bytes = family == 4 ? KEY4_BYTES : KEY6_BYTES;

	while (c != NULL && (c->family != family || memcmp(&c->key, key, bytes) != 0))
		c = c->next;
	return c;
}

static void
remove_one(struct conversations *t, struct conversation *c)
{
	struct conversation **at = bucket_of(t, &c->key, c->family);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	TAILQ_REMOVE(&t->lru, c, lru);
	t->count--;
	conversation_end(t, c);
	free(c);
}

/* Remove the conversation that has been idle for the longest time. */
static void
make_room(struct conversations *t)
{
	struct conversation *c;

	TAILQ_FOREACH(c, &t->lru, lru) {
		if (c->pins == 0) {
			remove_one(t, c);
			return;
		}
	}
}

static struct conversation *
add(struct conversations *t, const struct flow_key *key, uint8_t family, unsigned sender)
{
	struct conversation *c, **bucket;

	if (t->count >= CONVERSATIONS_MAX)
		make_room(t);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	bucket = bucket_of(t, key, family);
	c->key = *key;
	c->family = family;
	c->lan = (uint8_t)sender;
	c->next = *bucket;
	*bucket = c;
	TAILQ_INSERT_TAIL(&t->lru, c, lru);
	t->count++;
	return c;
}

struct conversation *
conversation_of(struct conversations *t, const struct packet *p, unsigned *sender,
		bool *is_new)
{
	struct flow_key key;
	struct conversation *c;

	*sender = 0;
	*is_new = false;
	if (!has_conversation(p))
		return NULL;
	*sender = order_key(p, &key);
	c = find(*bucket_of(t, &key, p->family), &key, p->family);
	if (c == NULL) {
		*is_new = true;
		return add(t, &key, p->family, *sender);
	}
	if (TAILQ_NEXT(c, lru) != NULL) {
		TAILQ_REMOVE(&t->lru, c, lru);
		TAILQ_INSERT_TAIL(&t->lru, c, lru);
	}
	return c;
}

struct conversation *
conversation_quoted(struct conversations *t, const struct packet *inner, unsigned *sender)
{
	struct flow_key key;

	*sender = 0;
	if (!has_conversation(inner))
		return NULL;
	*sender = !order_key(inner, &key);
	return find(*bucket_of(t, &key, inner->family), &key, inner->family);
}

void
conversation_end(struct conversations *t, struct conversation *c)
{
	if (c->a.number != 0 && t->done != NULL)
		t->done(t->context, c);
	analysis_clear(&c->a);
	c->marked = false;
}

static int
by_number(const void *a, const void *b)
{
	const struct conversation *const *x = a, *const *y = b;

	return (*x)->a.number < (*y)->a.number ? -1 : 1;
}

void
conversations_free(struct conversations *t)
{
	struct conversation **all = calloc(t->count + 1, sizeof(*all)), *c;
	uint32_t n = 0, i;

	TAILQ_FOREACH(c, &t->lru, lru) {
		if (all != NULL)
			all[n++] = c;
	}
	if (all != NULL)
		qsort(all, n, sizeof(*all), by_number);
	for (i = 0; i < n; i++)
		conversation_end(t, all[i]);
	free(all);
	while ((c = TAILQ_FIRST(&t->lru)) != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it has left the list */
		remove_one(t, c);
	free(t->buckets);
	t->buckets = NULL;
}
