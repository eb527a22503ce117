/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pairs of link layers by number. An array holds them, and an open-addressed hash table
 * with linear probing, at least twice as large, finds them. An entry is at most
 * PROBES_MAX places away from its hash; if no such place is free, the pair is not stored.
 * The hash is keyed, since stations choose their own addresses. After a removal the
 * following entries move up, so there are no tombstones.
 */
#include <flow/l2.h>

#include <string.h>

#include <rte_common.h>

#define PROBES_MAX 64u

static_assert(sizeof(struct flow_l2_pair) == 52, "hashed and compared: no padding");
static_assert(FLOW_L2_PER_SOURCE <= UINT8_MAX, "flow_l2.charged counts them");

static uint32_t
places_of(uint32_t pairs)
{
	return rte_align32pow2(2 * pairs + 2);
}

static size_t
entries_bytes(uint32_t pairs)
{
	return sizeof(struct flow_l2) + (pairs + 1) * sizeof(struct flow_l2_entry);
}

size_t
flow_l2_bytes(uint32_t pairs)
{
	return entries_bytes(pairs) + places_of(pairs) * sizeof(uint16_t);
}

struct flow_l2 *
flow_l2_init(void *memory, uint32_t pairs, const uint8_t *secret)
{
	struct flow_l2 *table = memset(memory, 0, flow_l2_bytes(pairs));

	table->secret = secret;
	table->places = (uint16_t *)(void *)((char *)memory + entries_bytes(pairs));
	table->places_mask = places_of(pairs) - 1;
	table->pairs = pairs;
	return table;
}

static uint32_t
place_of(const struct flow_l2 *table, const struct flow_l2_pair *pair)
{
	return (uint32_t)XXH3_64bits_withSecret(pair, sizeof(*pair), table->secret,
						KEY_SECRET_BYTES) &
	       table->places_mask;
}

static uint16_t
number_take(struct flow_l2 *table)
{
	uint16_t number = table->free_head;

	if (number != 0)
		table->free_head = table->entries[number].next_free;
	else if (table->high < table->pairs)
		number = (uint16_t)++table->high;
	return number;
}

static inline bool
is_entry(const struct flow_l2 *table, uint16_t number, const struct flow_l2_pair *pair)
{
	return memcmp(&table->entries[number].pair, pair, sizeof(*pair)) == 0;
}

/* Store a new pair in a free place. Returns its number, or 0. */
static uint16_t
entry_add(struct flow_l2 *table, uint32_t place, const struct flow_l2_pair *pair,
	  const struct flow_l2_source *source)
{
	uint16_t charged = XXH3_64bits_withSecret(source->addr, source->bytes,
						  table->secret, KEY_SECRET_BYTES) &
			   (FLOW_L2_SOURCES - 1);
	uint16_t number;

	if (table->charged[charged] == FLOW_L2_PER_SOURCE ||
	    (!source->answered && table->used >= table->pairs / 2))
		return 0;
	number = number_take(table);
	if (number == 0)
		return 0;
	table->used++;
	table->charged[charged]++;
	table->places[place] = number;
	table->entries[number].pair = *pair;
	table->entries[number].references = 1;
	table->entries[number].source = charged;
	table->last = number;
	return number;
}

uint16_t
flow_l2_take(struct flow_l2 *table, const struct flow_l2_pair *pair,
	     const struct flow_l2_source *source)
{
	uint16_t number = table->last;
	uint32_t place, i;

	if (number != 0 && is_entry(table, number, pair)) {
		table->entries[number].references++;
		return number;
	}
	place = place_of(table, pair);
	for (i = 0; i < PROBES_MAX; i++, place = (place + 1) & table->places_mask) {
		number = table->places[place];
		if (number == 0)
			return entry_add(table, place, pair, source);
		if (is_entry(table, number, pair)) {
			table->entries[number].references++;
			table->last = number;
			return number;
		}
	}
	return 0;
}

/* Free a place, and move up entries that it had displaced. */
static void
place_clear(struct flow_l2 *table, uint32_t place)
{
	uint32_t mask = table->places_mask, next = place, wanted;

	for (;;) {
		table->places[place] = 0;
		do {
			next = (next + 1) & mask;
			if (table->places[next] == 0)
				return;
			wanted = place_of(table,
					  &table->entries[table->places[next]].pair);
			/*
			 * an entry may move up unless its own place is after the free one
			 */
		} while (((next - wanted) & mask) < ((next - place) & mask));
		table->places[place] = table->places[next];
		place = next;
	}
}

/* No connection refers to the pair any more. Not inlined: most calls do not need it. */
static __rte_noinline void
entry_remove(struct flow_l2 *table, uint16_t number)
{
	struct flow_l2_entry *entry = &table->entries[number];
	uint32_t place;

	for (place = place_of(table, &entry->pair); table->places[place] != number;)
		place = (place + 1) & table->places_mask;
	place_clear(table, place);
	table->charged[entry->source]--;
	table->used--;
	if (table->last == number)
		table->last = 0;
	entry->next_free = table->free_head;
	table->free_head = number;
}

void
flow_l2_drop(struct flow_l2 *table, uint16_t number)
{
	if (number != 0 && --table->entries[number].references == 0)
		entry_remove(table, number);
}
