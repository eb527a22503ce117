/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One part of a set: a hash table with chains. Only its owner writes it; all workers read
 * it.
 */
#include "live_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A part has as many buckets in use as its number of slots asks for, so that those of a
 * small set in a large table are close together: few cache lines.
 */
#define BUCKETS_MIN 16
#define BUCKETS_A_SLOT 4 /* few slots share a bucket */

void
live_words(const struct live_table *table, const u128 *values, uint64_t *words)
{
	unsigned f, n = 0;

	for (f = 0; f < table->nfields; f++) {
		words[n++] = (uint64_t)values[f];
		if (table->wide >> f & 1)
			words[n++] = (uint64_t)(values[f] >> 64);
	}
}

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
	uint32_t max = BUCKETS_MIN;
	uintptr_t memory;

	while (max < table->slots)
		max *= 2;
	part->buckets_max = max;
	part->buckets = BUCKETS_MIN;
	part->mask = BUCKETS_MIN - 1;
	/* the kernel gives no memory to pages that are never written */
	part->bucket = calloc(max, sizeof(*part->bucket));
	part->memory = calloc(1, table->slots * table->slot_bytes + LIVE_LINE);
	memory = (uintptr_t)part->memory + LIVE_LINE - 1;
	part->slot = (unsigned char *)(memory - memory % LIVE_LINE);
	return part->bucket != NULL && part->memory != NULL ? 0 : -ENOMEM;
}

void
live_part_free(struct live_part *part)
{
	free(part->bucket);
	free(part->memory);
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

/*
 * Take one more bucket into use, and move to it the slots of the bucket of which it is
 * the upper half.
 */
static void
bucket_split(const struct live_table *table, struct live_part *part)
{
	uint32_t number = part->buckets, *from, *to = &part->bucket[number], at;
	struct live_slot *slot;

	/* have its memory before readers miss a slot that moves */
	__atomic_store_n(to, 0, __ATOMIC_RELAXED);
	if (number > part->mask)
		__atomic_store_n(&part->mask, 2 * part->mask + 1, __ATOMIC_RELAXED);
	from = &part->bucket[number & part->mask >> 1];
	while (*from != 0) {
		at = *from;
		slot = live_part_slot(table, part, at - 1);
		if ((slot->hash & part->mask) != number) {
			from = &slot->next;
			continue;
		}
		__atomic_store_n(from, slot->next, __ATOMIC_RELAXED);
		__atomic_store_n(&slot->next, *to, __ATOMIC_RELAXED);
		__atomic_store_n(to, at, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&part->buckets, number + 1, __ATOMIC_RELAXED);
}

struct live_slot *
live_part_take(const struct live_table *table, struct live_part *part, uint32_t hash,
	       const uint64_t *words)
{
	struct live_slot *slot;
	uint32_t at = part->free, *bucket;

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
	while (part->buckets < part->buckets_max &&
	       part->buckets / BUCKETS_A_SLOT <= part->count)
		bucket_split(table, part);
	bucket = &part->bucket[live_bucket(part, hash)];
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
	uint32_t *at = &part->bucket[live_bucket(part, slot->hash)];

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
