/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One part of a set: a hash table with chains. Only its owner writes it; all workers read
 * it.
 */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* limit of a reader's steps: the chain may change while it is followed */
#define CHAIN_MAX 4096
#define RETRIES 8

/*
 * Multiply and fold, as wyhash. Keyed, so that a sender cannot choose values that
 * collide.
 */
static uint64_t
fold(uint64_t a, uint64_t b)
{
	u128 product = (u128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t
live_hash(const struct live_table *table, const uint64_t *words)
{
	uint64_t hash = table->seed[0];
	unsigned i;

	for (i = 0; i < table->nwords; i++)
		hash = fold(hash ^ words[i], table->seed[1]);
	return (uint32_t)(hash ^ hash >> 32);
}

int
live_part_init(const struct live_table *table, struct live_part *part)
{
	uint32_t buckets = 16;

	while (buckets < table->slots)
		buckets *= 2;
	part->mask = buckets - 1;
	/* the kernel gives no memory to pages that are never written */
	part->bucket = calloc(buckets, sizeof(*part->bucket));
	part->slot = calloc(table->slots, table->slot_bytes);
	return part->bucket != NULL && part->slot != NULL ? 0 : -ENOMEM;
}

void
live_part_free(struct live_part *part)
{
	free(part->bucket);
	free(part->slot);
}

struct live_slot *
live_part_slot(const struct live_table *table, const struct live_part *part,
	       uint32_t index)
{
	return (struct live_slot *)(void *)(part->slot + index * table->slot_bytes);
}

static uint32_t
load32(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

void
live_change_begin(struct live_part *part)
{
	__atomic_store_n(&part->sequence, part->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void
live_change_end(struct live_part *part)
{
	__atomic_store_n(&part->sequence, part->sequence + 1, __ATOMIC_RELEASE);
}

static struct live_slot *
chain_find(const struct live_table *table, const struct live_part *part, uint32_t hash,
	   const uint64_t *words)
{
	uint32_t at = load32(&part->bucket[hash & part->mask]);
	struct live_slot *slot;
	unsigned steps, i;

	for (steps = 0; at != 0 && at <= table->slots && steps < CHAIN_MAX; steps++) {
		slot = live_part_slot(table, part, at - 1);
		for (i = 0; load32(&slot->hash) == hash && i < table->nwords; i++)
			if (__atomic_load_n(&slot->word[i], __ATOMIC_RELAXED) != words[i])
				break;
		if (i == table->nwords)
			return slot;
		at = load32(&slot->next);
	}
	return NULL;
}

struct live_slot *
live_part_find(const struct live_table *table, const struct live_part *part,
	       uint32_t hash, const uint64_t *words, bool own)
{
	struct live_slot *slot = NULL;
	uint32_t before;
	unsigned i;

	if (load32(&part->count) == 0)
		return NULL;
	if (own)
		return chain_find(table, part, hash, words);
	for (i = 0; i < RETRIES; i++) {
		before = __atomic_load_n(&part->sequence, __ATOMIC_ACQUIRE);
		slot = chain_find(table, part, hash, words);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if ((before & 1) == 0 && load32(&part->sequence) == before)
			break;
	}
	return slot;
}

struct live_slot *
live_part_take(const struct live_table *table, struct live_part *part, uint32_t hash,
	       const uint64_t *words)
{
	uint32_t *bucket = &part->bucket[hash & part->mask];
	struct live_slot *slot;
	uint32_t at = part->free;

	if (at == 0 && part->taken == table->slots) {
		part->full++;
		return NULL;
	}
	if (at == 0)
		at = ++part->taken;
	else
		part->free = live_part_slot(table, part, at - 1)->next;
	slot = live_part_slot(table, part, at - 1);
	live_change_begin(part);
	memset(slot, 0, table->slot_bytes);
	slot->used = true;
	slot->hash = hash;
	memcpy(slot->word, words, table->nwords * sizeof(*words));
	slot->next = *bucket;
	__atomic_store_n(bucket, at, __ATOMIC_RELAXED);
	__atomic_store_n(&part->count, part->count + 1, __ATOMIC_RELAXED);
	live_change_end(part);
	return slot;
}

void
live_part_give(const struct live_table *table, struct live_part *part,
	       struct live_slot *slot)
{
	uint32_t index = (uint32_t)((size_t)((unsigned char *)slot - part->slot) /
				    table->slot_bytes);
	uint32_t *at = &part->bucket[slot->hash & part->mask];

	while (*at != index + 1)
		at = &live_part_slot(table, part, *at - 1)->next;
	live_change_begin(part);
	__atomic_store_n(at, slot->next, __ATOMIC_RELAXED);
	__atomic_store_n(&part->origins, part->origins - slot->origin, __ATOMIC_RELAXED);
	__atomic_store_n(&part->count, part->count - 1, __ATOMIC_RELAXED);
	slot->used = false;
	slot->hash = ~slot->hash;
	slot->next = part->free;
	part->free = index + 1;
	live_change_end(part);
}
