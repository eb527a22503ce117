/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the wheel works.
 *
 * A slot of level l stands for an interval of 2^(10 l) ticks. The 1,024 slots of a level
 * stand for the 1,024 intervals that begin with the current one: slot number = interval
 * number modulo 1,024. An entry is put into the lowest level whose slots reach its time.
 * On a level above 0 that is never the current interval, since a lower level would reach
 * it. So each slot has one meaning: its time is the start of its interval, which is never
 * later than the time of any entry in it.
 *
 * To advance, find the used slot with the earliest time on each level, move to the
 * earliest of the three, empty it, and find the next on its level. Entries are not moved
 * to lower levels: the owner arms again an entry that was returned early, and then a
 * lower level reaches it. If the caller's array is full before a slot is empty, the wheel
 * stays at the time of that slot, the first tick of its interval, and finds it at
 * distance 0 in the next call.
 *
 * The entries of a slot are in sixteen lists, by their index. In a single list of a
 * million connections, each cache miss would wait for the previous one. Sixteen lists
 * walked in parallel have sixteen misses outstanding, and with each the other line of the
 * entry that was taken (wheel.beside), which the owner reads next.
 *
 * Ticks wrap after 2^32, a multiple of the round of each level. So interval numbers may
 * wrap too, since only their differences are used.
 */
#include <wheel/wheel.h>

#include <string.h>

#include <base/ticks.h>

/* set in prev of a list's first entry; the other bits are the number of the list */
#define LIST_MARK 0x80000000u
#define SLOT_MASK (WHEEL_SLOTS - 1)

static inline struct wheel_link *
link_of(const struct wheel *w, uint32_t index)
{
	return (struct wheel_link *)(void *)(w->links + (size_t)index * w->stride);
}

static inline uint32_t
list_number(unsigned level, uint32_t slot, uint32_t lane)
{
	return (level * WHEEL_SLOTS + slot) * WHEEL_LANES + lane;
}

static inline uint32_t *
list_of(struct wheel *w, uint32_t number)
{
	return &w->slots[0][0][0] + number;
}

/* Number of the interval of a level that contains a tick, modulo 2^(32 - 10 level). */
static inline uint32_t
interval_of(uint32_t tick, unsigned level)
{
	return tick >> (level * WHEEL_BITS);
}

/*
 * Number of intervals from the one that contains tick a to the one that contains tick b.
 */
static inline uint32_t
intervals_between(uint32_t a, uint32_t b, unsigned level)
{
	return (interval_of(b, level) - interval_of(a, level)) &
	       (UINT32_MAX >> (level * WHEEL_BITS));
}

void
wheel_init(struct wheel *w, void *links, size_t stride, uint32_t now)
{
	memset(w, 0, sizeof(*w));
	w->links = links;
	w->stride = stride;
	w->now = now;
}

void
wheel_arm(struct wheel *w, uint32_t index, uint32_t at)
{
	struct wheel_link *link = link_of(w, index);
	uint32_t distance = 0, slot, list, *head, first;
	unsigned level;

	if (ticks_reached(at, w->now))
		at = w->now;
	for (level = 0; level < WHEEL_LEVELS; level++) {
		distance = intervals_between(w->now, at, level);
		if (distance < WHEEL_SLOTS)
			break;
	}
	if (level == WHEEL_LEVELS) {
		level = WHEEL_LEVELS - 1;
		distance = WHEEL_SLOTS - 1;
	}

	slot = (interval_of(w->now, level) + distance) & SLOT_MASK;
	list = list_number(level, slot, index % WHEEL_LANES);
	head = list_of(w, list);
	first = *head;
	link->next = first;
	link->prev = LIST_MARK | list;
	if (first != 0)
		link_of(w, first - 1)->prev = index + 1;
	*head = index + 1;
	w->used[level][slot / 64] |= UINT64_C(1) << (slot % 64);
	w->armed++;
}

/* A list of a slot has become empty. If the whole slot has, clear its bit. */
static void
slot_check_empty(struct wheel *w, unsigned level, uint32_t slot)
{
	unsigned lane;

	for (lane = 0; lane < WHEEL_LANES; lane++)
		if (w->slots[level][slot][lane] != 0)
			return;
	w->used[level][slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void
wheel_disarm(struct wheel *w, uint32_t index)
{
	struct wheel_link *link = link_of(w, index);
	uint32_t next = link->next, prev = link->prev, list, slot;

	if (prev == 0)
		return;

	if (next != 0)
		link_of(w, next - 1)->prev = prev;
	if (prev >= LIST_MARK) {
		list = prev - LIST_MARK;
		slot = list / WHEEL_LANES;
		*list_of(w, list) = next;
		if (next == 0)
			slot_check_empty(w, slot / WHEEL_SLOTS, slot & SLOT_MASK);
	} else {
		link_of(w, prev - 1)->next = next;
	}
	link->next = 0;
	link->prev = 0;
	w->armed--;
}

bool
wheel_is_armed(const struct wheel *w, uint32_t index)
{
	return link_of(w, index)->prev != 0;
}

/*
 * Distance from slot `from` to the first used slot, with wrap-around. WHEEL_SLOTS: there
 * is none at a distance of at most span.
 */
static uint32_t
used_distance(const uint64_t *used, uint32_t from, uint32_t span)
{
	uint64_t bits = used[from / 64] & (~UINT64_C(0) << (from % 64));
	uint32_t word = from / 64, seen = 64 - from % 64, distance;

	while (bits == 0) {
		if (seen > span)
			return WHEEL_SLOTS;
		word = (word + 1) % (WHEEL_SLOTS / 64);
		bits = used[word];
		seen += 64;
	}
	distance = (word * 64 + (uint32_t)__builtin_ctzll(bits) - from) & SLOT_MASK;
	return distance <= span ? distance : WHEEL_SLOTS;
}

/*
 * Get the ticks from now to the first used slot of a level. Returns false when there is
 * none within span ticks.
 */
static bool
level_next(const struct wheel *w, unsigned level, uint32_t span, uint32_t *ticks)
{
	uint32_t slots = intervals_between(w->now, w->now + span, level);
	uint32_t first = interval_of(w->now, level), distance;

	/*
	 * span may be nearly the whole range of ticks, and would wrap to a small number
	 */
	if (slots >= WHEEL_SLOTS || span >= UINT32_MAX - (UINT32_MAX >> WHEEL_BITS))
		slots = WHEEL_SLOTS - 1;
	distance = used_distance(w->used[level], first & SLOT_MASK, slots);
	if (distance == WHEEL_SLOTS)
		return false;
	/* at distance 0 the wheel is at the first tick of the interval */
	*ticks = ((first + distance) << (level * WHEEL_BITS)) - w->now;
	return true;
}

/* The entries that a call of wheel_advance() has returned so far. */
struct batch {
	uint32_t *due;
	unsigned n, max;
};

/* Return entries of a slot until the batch is full, one from each list in turn. */
static void
slot_drain(struct wheel *w, unsigned level, uint32_t slot, struct batch *batch)
{
	uint32_t *heads = w->slots[level][slot], head;
	unsigned n = batch->n, lane, taken;
	struct wheel_link *link;

	do {
		taken = n;
		for (lane = 0; lane < WHEEL_LANES && n < batch->max; lane++) {
			head = heads[lane];
			if (head == 0)
				continue;
			link = link_of(w, head - 1);
			batch->due[n++] = head - 1;
			__builtin_prefetch((char *)link - w->beside);
			heads[lane] = link->next;
			link->next = 0;
			link->prev = 0;
		}
	} while (n != taken);

	for (lane = 0; lane < WHEEL_LANES; lane++) {
		head = heads[lane];
		if (head != 0)
			link_of(w, head - 1)->prev = LIST_MARK |
						     list_number(level, slot, lane);
	}
	slot_check_empty(w, level, slot);
	w->armed -= n - batch->n;
	batch->n = n;
}

unsigned
wheel_advance(struct wheel *w, uint32_t now, uint32_t *due, unsigned max)
{
	/* tick at which the next used slot of each level is reached */
	uint32_t at[WHEEL_LEVELS];
	bool any[WHEEL_LEVELS];
	struct batch batch = {.due = due, .max = max};
	uint32_t ticks = 0, slot;
	unsigned level, first;

	for (level = 0; level < WHEEL_LEVELS; level++) {
		any[level] = level_next(w, level, now - w->now, &ticks);
		at[level] = w->now + ticks;
	}
	for (;;) {
		first = WHEEL_LEVELS;
		for (level = 0; level < WHEEL_LEVELS; level++)
			if (any[level] && (first == WHEEL_LEVELS ||
					   at[level] - w->now < at[first] - w->now))
				first = level;
		if (first == WHEEL_LEVELS)
			break;
		if (batch.n == max)
			return max;

		w->now = at[first];
		slot = interval_of(w->now, first) & SLOT_MASK;
		slot_drain(w, first, slot, &batch);
		any[first] = level_next(w, first, now - w->now, &ticks);
		at[first] = w->now + ticks;
	}
	w->now = now;
	return batch.n;
}

bool
wheel_next(const struct wheel *w, uint32_t *at)
{
	uint32_t ticks = 0, earliest = 0;
	bool found = false;
	unsigned level;

	for (level = 0; level < WHEEL_LEVELS; level++)
		if (level_next(w, level, UINT32_MAX, &ticks) &&
		    (!found || ticks < earliest)) {
			earliest = ticks;
			found = true;
		}
	*at = w->now + earliest;
	return found;
}
