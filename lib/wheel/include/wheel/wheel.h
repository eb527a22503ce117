/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical timer wheel over 32-bit indices, for connections. Arming and disarming
 * take a few writes; a packet that only changes the deadline of its connection does not
 * touch the wheel; and time may advance by hours in one call.
 *
 * The wheel does not know when an entry is *really* due: it returns and disarms every
 * entry whose slot is reached, on any level. The owner then tests whether the entry is
 * due; if not, it arms it again for the time that is right now. This rule replaces both
 * the cascade of the higher levels and the moving of timers: a busy connection is only
 * tested when the slot of its first deadline is reached.
 *
 * Three levels of 1,024 slots: 1 tick (1 ms), 1,024 ticks (about 1 s), 2^20 ticks (about
 * 17 min). An entry is returned by the first call after its time, or earlier, when the
 * slot of a higher level begins.
 *
 * The caller provides the memory of the links, one struct wheel_link for each entry, at a
 * fixed stride, so that they can be in a cache line that the owner reads anyway. One
 * owner thread, no locks.
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
#define WHEEL_LANES 16u /* number of lists in a slot, which are walked in parallel */

/*
 * The link of an entry. Both members are 0 when it is not armed, so zeroed memory is
 * valid.
 */
struct wheel_link {
	uint32_t next; /* index + 1 of the next entry; 0: this is the last */
	/*
	 * index + 1 of the previous entry; for the first, the list's number with the top
	 * bit set
	 */
	uint32_t prev;
};

struct wheel {
	char *links;   /* link of entry 0 */
	size_t stride; /* bytes from one entry's link to the next */
	/*
	 * The owner may set it to the distance, in bytes before its link, of another
	 * cache line of an entry; that line is prefetched when the entry is returned.
	 */
	size_t beside;
	uint32_t now;   /* all entries due before this tick have been returned */
	uint32_t armed; /* number of armed entries */
	/*
	 * Index + 1 of the first entry of each list, 0: empty; below, a bit for each slot
	 * in use.
	 */
	uint32_t slots[WHEEL_LEVELS][WHEEL_SLOTS][WHEEL_LANES];
	uint64_t used[WHEEL_LEVELS][WHEEL_SLOTS / 64];
};

/*
 * Initialise the wheel at tick now, without armed entries. links: link of entry 0; stride
 * in bytes.
 */
void wheel_init(struct wheel *w, void *links, size_t stride, uint32_t now);

/*
 * Arm an entry, which must not be armed: have it returned at tick `at` (base/ticks.h),
 * or, if that has passed, by the next wheel_advance().
 */
void wheel_arm(struct wheel *w, uint32_t index, uint32_t at);

/* Disarm an entry. Does nothing when it is not armed. */
void wheel_disarm(struct wheel *w, uint32_t index);

bool wheel_is_armed(const struct wheel *w, uint32_t index);

/*
 * Advance to tick now, which must not go back, and return at most max entries whose slot
 * is reached by then, disarmed, in order of their slots. Fewer than max: these are all,
 * and the wheel is at now. Exactly max: more may be due, so call again; the wheel stays
 * where it stopped, so no entry is lost when each poll makes only one call. The cost
 * depends on the number of entries returned, and on at most 17 words of bitmap in each
 * level for the time passed.
 */
unsigned wheel_advance(struct wheel *w, uint32_t now, uint32_t *due, unsigned max);

/*
 * Get the earliest tick at which wheel_advance() may return an entry, for replay, which
 * jumps from one to the next. Returns false when nothing is armed.
 */
bool wheel_next(const struct wheel *w, uint32_t *at);

#endif
