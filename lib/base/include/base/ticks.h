/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Time as the tracker and the wheel know it: ticks of one millisecond in 32 bits, which
 * wrap after 49.7 days. Two times are compared by their difference, so no time-out may
 * be longer than TICKS_MAX_TIMEOUT. Nothing in lib/ reads a clock: callers pass
 * nanoseconds, the engine makes ticks of them once a burst.
 */
#ifndef BASE_TICKS_H
#define BASE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#define TICKS_PER_S 1000u
#define TICKS_NS 1000000u
/*
 * 24.8 days, half of what 32 bits can tell apart; the time-outs of track/config.h end at
 * 23.1
 */
#define TICKS_MAX_TIMEOUT 0x7fffffffu

/* Ticks of a time in nanoseconds, rounded down. */
static inline uint32_t
ticks_from_ns(uint64_t ns)
{
	return (uint32_t)(ns / TICKS_NS);
}

/* Ticks from then to now; then is not later than now. */
static inline uint32_t
ticks_since(uint32_t then, uint32_t now)
{
	return now - then;
}

/* Whether the time at has come. */
static inline bool
ticks_reached(uint32_t at, uint32_t now)
{
	return (int32_t)(now - at) >= 0;
}

#endif
