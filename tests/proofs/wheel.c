/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/wheel: in any order of arming, disarming and advancing it neither
 * accesses memory out of bounds nor has undefined behaviour. Assumed of its memory is
 * only what each function leaves behind: a head and a `next` are 0 or the number of an
 * entry, a `prev` is that or the number of a list. Bitmaps, times and counters are
 * arbitrary. After each step the harness follows any head and any link, so that what was
 * assumed is shown to hold again.
 */
#include <wheel/wheel.h>

#include "proof.h"

#define ENTRIES 4
#define LISTS (WHEEL_LEVELS * WHEEL_SLOTS * WHEEL_LANES)
#define MARK 0x80000000u

static struct wheel_link links[ENTRIES];
static struct wheel wheel;
static uint32_t due[ENTRIES];

/* Results are stored here so that they count as used. */
volatile uint32_t answer;

static uint32_t
any_u32(void)
{
	return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static uint32_t
any_entry(void)
{
	return Frama_C_unsigned_int_interval(0, ENTRIES - 1);
}

/* Return the head of an arbitrary list. */
static uint32_t *
any_head(void)
{
	return &wheel.slots[0][0][0] + Frama_C_unsigned_int_interval(0, LISTS - 1);
}

/* After a write to an unknown element, each element may have the new value. */
static void
make_wheel(void)
{
	uint32_t index;

	wheel_init(&wheel, links, sizeof(links[0]), any_u32());
	*any_head() = Frama_C_unsigned_int_interval(0, ENTRIES);
	ANY(wheel.used);
	wheel.armed = any_u32();
	for (index = 0; index < ENTRIES; index++) {
		links[index].next = Frama_C_unsigned_int_interval(0, ENTRIES);
		links[index].prev = any_u32(); /* only wheel_disarm() reads it */
	}
}

/* Disarm an entry that is the first of its list, or another one. */
static void
disarm(uint32_t index)
{
	links[index].prev = any_bool()
				    ? Frama_C_unsigned_int_interval(0, ENTRIES)
				    : MARK + Frama_C_unsigned_int_interval(0, LISTS - 1);
	if (links[index].prev < MARK)
		links[index].prev = Frama_C_unsigned_int_interval(0, ENTRIES);
	wheel_disarm(&wheel, index);
}

static void
step(void)
{
	uint32_t index;

	switch (Frama_C_interval(0, 4)) {
	case 0:
		wheel_arm(&wheel, any_entry(), any_u32());
		break;
	case 1:
		for (index = 0; index < ENTRIES; index++)
			if (any_bool())
				disarm(index);
		break;
	case 2:
		answer = wheel_advance(&wheel, any_u32(), due, ENTRIES);
		break;
	case 3:
		answer = wheel_next(&wheel, due);
		break;
	default:
		answer = wheel_is_armed(&wheel, any_entry());
		break;
	}
}

int
main(void)
{
	uint32_t head;

	make_wheel();
	step();
	head = *any_head();
	if (head != 0)
		head = links[head - 1].next;
	if (head != 0)
		answer = links[head - 1].next;
	return 0;
}
