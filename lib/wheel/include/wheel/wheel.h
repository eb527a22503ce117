/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical timer wheel over 32-bit indices, made for connections: arming, moving
 * and disarming cost a few writes, a packet costs nothing, and time may jump by hours in
 * a step.
 *
 * The wheel does not know when an entry is *really* due: it hands back every entry whose
 * slot has come, on whatever level, and forgets it; the owner looks at the entry, and
 * either it is due, or the owner arms it again for the time that is right now. That one
 * rule is the cascade of the higher levels and the laziness of the timers: a busy
 * connection is only looked at when the slot of its first deadline comes up.
 *
 * Three levels of 1,024 slots: 1 tick (1 ms), 1,024 ticks (about 1 s), 2^20 ticks (about
 * 17 min). An entry is never handed back after its time by more than the granularity of
 * the caller's calls, and may be handed back before it (a higher level's slot starts).
 *
 * The links are the caller's memory, one struct wheel_link an entry, at a fixed stride:
 * so that they lie in a line that the owner touches anyway. One owner thread, no locks.
 *
 *	wheel_init(&w, (char *)slab + offsetof(struct conn, link), sizeof(*slab), now);
 *	wheel_arm(&w, index, now + timeout);
 *	...
 *	n = wheel_advance(&w, now, due, 64);
 *	for (i = 0; i < n; i++)
 *		if (!expired(due[i], now, &deadline))
 *			wheel_arm(&w, due[i], deadline);
 */
#ifndef WHEEL_WHEEL_H
#define WHEEL_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEEL_LEVELS 3
#define WHEEL_BITS 10
#define WHEEL_SLOTS (1u << WHEEL_BITS)
#define WHEEL_LANES 16u /* lists a slot, walked side by side */

/* Both 0 when not armed: memory of zeros is a valid, disarmed link. */
struct wheel_link {
	uint32_t next; /* index + 1, 0 at the end */
	uint32_t prev; /* index + 1, or the list's number with the top bit set */
};

struct wheel {
	char *links;   /* of entry 0 */
	size_t stride; /* bytes from one entry's link to the next one's */
	/*
	 * The owner may set it: so many bytes before its link an entry has another line,
	 * which is asked for as the entry is handed back.
	 */
	size_t beside;
	uint32_t now;   /* everything due before this tick has been handed back */
	uint32_t armed; /* entries armed */
	/* first index + 1 of each list, or 0; a bit for each slot that is not empty */
	uint32_t slots[WHEEL_LEVELS][WHEEL_SLOTS][WHEEL_LANES];
	uint64_t used[WHEEL_LEVELS][WHEEL_SLOTS / 64];
};

/* Start at tick now with no entry armed. links: that of entry 0; stride in bytes. */
void wheel_init(struct wheel *w, void *links, size_t stride, uint32_t now);

/*
 * Have an entry handed back at tick at (base/ticks.h), or, should that be past, at the
 * next wheel_advance(). The entry must not be armed.
 */
void wheel_arm(struct wheel *w, uint32_t index, uint32_t at);

/* Forget an entry; nothing happens when it is not armed. */
void wheel_disarm(struct wheel *w, uint32_t index);

bool wheel_is_armed(const struct wheel *w, uint32_t index);

/*
 * Go on to tick now (not before the last one) and hand back, disarmed, at most max
 * entries whose slot has come by then, in order of their slots. Fewer than max: all of
 * them, and the wheel stands at now. Exactly max: perhaps more are due, call again; the
 * wheel stands where it stopped, so a bounded call a poll never loses one. The cost is
 * that of the entries handed back, and of at most 17 words of bitmap a level for the time
 * passed.
 */
unsigned wheel_advance(struct wheel *w, uint32_t now, uint32_t *due, unsigned max);

/*
 * The earliest tick at which wheel_advance() may hand something back; false when nothing
 * is armed. For replay, that jumps from one to the next.
 */
bool wheel_next(const struct wheel *w, uint32_t *at);

#endif
