/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link layers by number. Entries stand in an array and are found through an open-addressed
 * hash table four times its size, with linear probing: an entry is never further than
 * PROBES_MAX from its place, or it is not taken (stations choose their own addresses, and
 * could choose ones that collide). Taking one out moves those behind it up, so that no
 * graves are left.
 */
#include <flow/l2.h>

#include <string.h>

#include <packet/key.h>

#define PLACES (4 * FLOW_L2_MAX)
#define PLACES_MASK (PLACES - 1)
#define PROBES_MAX 64u

struct entry {
	struct reply_l2 l2;
	uint32_t references; /* 0: free, and the next free one in next_free */
	uint16_t next_free;
};

struct flow_l2 {
	uint16_t places[PLACES]; /* number of an entry, 0: free */
	uint16_t free_head;      /* number, 0: none */
	uint16_t high;           /* numbers ever given out */
	uint16_t last; /* taken, and tried first: mostly it is the router; or 0 */
	struct entry entries[FLOW_L2_MAX + 1];
};

static_assert(sizeof(struct reply_l2) == 24, "hashed and compared as bytes: no padding");

size_t
flow_l2_bytes(void)
{
	return sizeof(struct flow_l2);
}

struct flow_l2 *
flow_l2_init(void *memory)
{
	return memset(memory, 0, sizeof(struct flow_l2));
}

static uint32_t
place_of(const struct reply_l2 *l2)
{
	return (uint32_t)(XXH3_64bits(l2, sizeof(*l2)) & PLACES_MASK);
}

static uint16_t
number_take(struct flow_l2 *table)
{
	uint16_t number = table->free_head;

	if (number != 0)
		table->free_head = table->entries[number].next_free;
	else if (table->high < FLOW_L2_MAX)
		number = ++table->high;
	return number;
}

/* Compared as three words. */
static inline bool
is_entry(const struct flow_l2 *table, uint16_t number, const struct reply_l2 *l2)
{
	return memcmp(&table->entries[number].l2, l2, sizeof(*l2)) == 0;
}

uint16_t
flow_l2_take(struct flow_l2 *table, const struct reply_l2 *l2)
{
	uint16_t number = table->last;
	uint32_t place, i;

	if (number != 0 && is_entry(table, number, l2)) {
		table->entries[number].references++;
		return number;
	}
	place = place_of(l2);
	for (i = 0; i < PROBES_MAX; i++, place = (place + 1) & PLACES_MASK) {
		number = table->places[place];
		if (number == 0)
			break;
		if (is_entry(table, number, l2)) {
			table->entries[number].references++;
			table->last = number;
			return number;
		}
	}
	if (i == PROBES_MAX)
		return 0;

	number = number_take(table);
	if (number == 0)
		return 0;
	table->places[place] = number;
	table->entries[number].l2 = *l2;
	table->entries[number].references = 1;
	table->last = number;
	return number;
}

/* Free a place, and move up what was displaced by it. */
static void
place_clear(struct flow_l2 *table, uint32_t place)
{
	uint32_t next = place, wanted;

	for (;;) {
		table->places[place] = 0;
		do {
			next = (next + 1) & PLACES_MASK;
			if (table->places[next] == 0)
				return;
			wanted = place_of(&table->entries[table->places[next]].l2);
			/* it may go up to place unless it wants one behind that */
		} while (((next - wanted) & PLACES_MASK) <
			 ((next - place) & PLACES_MASK));
		table->places[place] = table->places[next];
		place = next;
	}
}

void
flow_l2_drop(struct flow_l2 *table, uint16_t number)
{
	struct entry *entry = &table->entries[number];
	uint32_t place;

	if (number == 0 || --entry->references > 0)
		return;
	for (place = place_of(&entry->l2); table->places[place] != number;)
		place = (place + 1) & PLACES_MASK;
	place_clear(table, place);
	if (table->last == number)
		table->last = 0;
	entry->next_free = table->free_head;
	table->free_head = number;
}

const struct reply_l2 *
flow_l2_get(const struct flow_l2 *table, uint16_t number)
{
	return number == 0 ? NULL : &table->entries[number].l2;
}
