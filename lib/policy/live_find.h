/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lookups of elements in the parts of a set. Inline, because a packet that reaches a set
 * spends most of its time here.
 */
#ifndef POLICY_LIVE_FIND_H
#define POLICY_LIVE_FIND_H

#include "live.h"

/* limit of a reader's steps: the chain may change while it is followed */
#define LIVE_CHAIN_MAX 4096
/* attempts of a reader, with a pause of some 100 cycles while a change is in progress */
#define LIVE_RETRIES 256

static inline uint32_t
live_load32(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static inline struct live_slot *
live_part_slot(const struct live_table *table, const struct live_part *part,
	       uint32_t index)
{
	return (struct live_slot *)(void *)(part->slot + index * table->slot_bytes);
}

static inline bool
live_slot_is(const struct live_table *table, const struct live_slot *slot, uint32_t hash,
	     const uint64_t *words)
{
	unsigned i;

	if (live_load32(&slot->hash) != hash)
		return false;
	for (i = 0; i < table->nwords; i++)
		if (__atomic_load_n(&slot->word[i], __ATOMIC_RELAXED) != words[i])
			return false;
	return true;
}

/*
 * The bucket of a hash. Linear hashing (Litwin, VLDB 1980): buckets in use up to `mask`
 * have been split already, and the hashes of others are still in the lower half.
 */
static inline uint32_t
live_bucket(const struct live_part *part, uint32_t hash)
{
	uint32_t mask = live_load32(&part->mask), at = hash & mask;

	return at < live_load32(&part->buckets) ? at : at & mask >> 1;
}

/*
 * Find the slot of an element in the part of the caller; in another one only between two
 * equal values of its `sequence`.
 */
static inline struct live_slot *
live_chain_find(const struct live_table *table, const struct live_part *part,
		uint32_t hash, const uint64_t *words)
{
	uint32_t at = live_load32(&part->bucket[live_bucket(part, hash)]);
	struct live_slot *slot;
	unsigned steps;

	for (steps = 0; at != 0 && at <= table->slots && steps < LIVE_CHAIN_MAX;
	     steps++) {
		slot = live_part_slot(table, part, at - 1);
		if (live_slot_is(table, slot, hash, words))
			return slot;
		at = live_load32(&slot->next);
	}
	return NULL;
}

static inline void
live_pause(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#endif
}

/*
 * own: true when the caller owns the part. In another part, an element may be missed
 * while its owner has been interrupted in a change of the part.
 */
static inline struct live_slot *
live_part_find(const struct live_table *table, const struct live_part *part,
	       uint32_t hash, const uint64_t *words, bool own)
{
	struct live_slot *slot = NULL;
	uint32_t before;
	unsigned i;

	if (live_load32(&part->count) == 0)
		return NULL;
	if (own)
		return live_chain_find(table, part, hash, words);
	for (i = 0; i < LIVE_RETRIES; i++) {
		before = __atomic_load_n(&part->sequence, __ATOMIC_ACQUIRE);
		if (before & 1) {
			live_pause();
			continue;
		}
		slot = live_chain_find(table, part, hash, words);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (live_load32(&part->sequence) == before)
			return slot;
	}
	return live_chain_find(table, part, hash, words);
}

/*
 * How often any part has made an element end before its time. Read it before the view
 * that it is to be compared with.
 */
static inline uint64_t
live_cuts(const struct object *object)
{
	uint64_t sum = 1; /* differs from live_slot.seen without a view */
	unsigned i;

	for (i = 0; i < object->parts; i++)
		sum += __atomic_load_n(&live_part(object, i)->cuts, __ATOMIC_ACQUIRE);
	return sum;
}

/*
 * Find an element in the caller's part alone. Returns its slot if no other part can say
 * otherwise than that the element is in the set, at least until the slot's expires_ns:
 * since the last view of all parts, no part has made an element end before its time.
 * Returns NULL when a view has to decide, also for an element with statements.
 */
static inline struct live_slot *
live_known_find(const struct live_act *act, uint32_t hash, const uint64_t *words)
{
	const struct object *object = act->object;
	struct live_slot *slot;

	if (act->dry_run)
		return NULL;
	slot = live_part_find(object->table, live_part(object, act->part), hash, words,
			      true);
	if (slot == NULL || slot->cells || slot->relative ||
	    slot->expires_ns <= act->now_ns || slot->seen != live_cuts(object))
		return NULL;
	return slot;
}

#endif
