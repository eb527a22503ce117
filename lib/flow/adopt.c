/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index says which entries are in use: flow_insert() fills a slot first, and then
 * makes the entry. A move writes the new slot before it clears the old one, so an entry
 * may be in both; the first one that is found stays. While the index is read, the link of
 * an entry's timer marks that it has been found.
 */
#include <flow/adopt.h>

#include <string.h>

#include <flow/lock.h>

#define FOUND 1u

static void
slot_drop(struct flow_bucket *bucket, unsigned slot)
{
	bucket->tag[slot] = 0;
	bucket->used &= (uint8_t) ~(1u << slot);
	bucket->secondary &= (uint8_t) ~(1u << slot);
}

/*
 * Return the primary bucket of the entry in a slot; FLOW_NONE: the slot refers to no
 * entry, or to one that has been found already or has another place.
 */
static uint32_t
slot_primary(const struct flow_table *t, uint32_t number, unsigned slot)
{
	const struct flow_bucket *bucket = &t->buckets[number];
	uint32_t index = bucket->index[slot], primary;
	const struct flow_cold *cold;
	uint64_t hash;

	if (!(bucket->used >> slot & 1) || index >= t->capacity)
		return FLOW_NONE;
	cold = flow_cold(t, flow_conn(t, index));
	if (cold->meta.id == 0 || cold->link.next == FOUND)
		return FLOW_NONE;
	hash = flow_hash_of(t, index);
	primary = flow_primary(t, hash);
	if (bucket->tag[slot] != flow_tag(hash) ||
	    (number != primary && number != flow_alternate(t, primary, flow_tag(hash))))
		return FLOW_NONE;
	return primary;
}

/* Keep the slots that refer to an entry, and count those outside of their bucket. */
static void
index_adopt(struct flow_table *t)
{
	struct flow_bucket *bucket, *home;
	uint32_t number, primary;
	unsigned slot, shift;

	for (number = 0; number < t->bucket_count; number++)
		t->buckets[number].overflow = 0;
	for (number = 0; number < t->bucket_count; number++) {
		bucket = &t->buckets[number];
		/* a lock of the process that is gone; programs release theirs */
		if (bucket->lock == FLOW_LOCK_ENGINE)
			bucket->lock = 0;
		for (slot = 0; slot < FLOW_BUCKET_SLOTS; slot++) {
			primary = slot_primary(t, number, slot);
			if (primary == FLOW_NONE) {
				slot_drop(bucket, slot);
				continue;
			}
			flow_cold(t, flow_conn(t, bucket->index[slot]))->link.next =
				FOUND;
			bucket->secondary &= (uint8_t) ~(1u << slot);
			if (number == primary)
				continue;
			bucket->secondary |= (uint8_t)(1u << slot);
			home = &t->buckets[primary];
			shift = flow_overflow_shift(bucket->tag[slot]);
			if ((home->overflow >> shift & 0xf) != 0xf)
				home->overflow += UINT64_C(1) << shift;
		}
	}
}

/* Note the owner of an extension. One that two connections have belongs to the first. */
static void
ext_adopt(struct flow_table *t, uint32_t index, struct track_cold *track)
{
	if (track->ext_index == 0)
		return;
	if (track->ext_index > t->ext_count ||
	    t->ext_owner[track->ext_index] != FLOW_NONE)
		track->ext_index = 0;
	else
		t->ext_owner[track->ext_index] = index;
}

uint32_t
flow_table_adopt(struct flow_table *t)
{
	struct flow_cold *cold;
	uint32_t i;

	for (i = 0; i < t->capacity; i++)
		flow_cold(t, flow_conn(t, i))->link = (struct wheel_link){0};
	index_adopt(t);
	for (i = 0; i < t->capacity; i++) {
		cold = flow_cold(t, flow_conn(t, i));
		if (cold->link.next != FOUND) {
			cold->meta.id = 0;
			memset(&flow_conn(t, i)->id, 0, sizeof(struct flow_id));
			continue;
		}
		cold->link.next = 0;
		ext_adopt(t, i, &cold->track);
		t->high = i + 1;
		t->count++;
	}
	for (i = t->high; i-- > 0;) {
		cold = flow_cold(t, flow_conn(t, i));
		if (cold->meta.id != 0)
			continue;
		cold->link.next = t->free_head;
		t->free_head = i + 1;
	}
	return t->count;
}
