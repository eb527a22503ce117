/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Time for the trackers and the wheel: ticks of one millisecond in 32 bits, which wrap
 * after 49.7 days. Two times are compared by their difference, so no timeout may exceed
 * TICKS_MAX_TIMEOUT. No code in lib/ reads a clock: callers pass nanoseconds, and the
 * engine converts them to ticks once per burst.
 */
#ifndef BASE_TICKS_H
#define BASE_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#define TICKS_PER_S 1000u
#define TICKS_NS 1000000u
/*
 * 24.8 days: half the range of 32 bits. The timeouts of track/config.h are at most 23.1
 * days.
 */
#define TICKS_MAX_TIMEOUT 0x7fffffffu

/* Ticks of a time in nanoseconds, rounded down. */
static inline uint32_t
ticks_from_ns(uint64_t ns)
{
	return (uint32_t)(ns / TICKS_NS);
}

/* Ticks from then to now; then must not be later than now. */
static inline uint32_t
ticks_since(uint32_t then, uint32_t now)
{
	return now - then;
}

/* Whether tick `at` has been reached. */
static inline bool
ticks_reached(uint32_t at, uint32_t now)
{
	return (int32_t)(now - at) >= 0;
}

#endif
