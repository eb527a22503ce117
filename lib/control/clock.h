/* SPDX-License-Identifier: BSD-3-Clause */
/* The clocks of the threads of lib/control. To all below it, time is an argument. */
#ifndef CONTROL_CLOCK_H
#define CONTROL_CLOCK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Milliseconds since the start of the system, for intervals. */
static inline uint64_t
clock_monotonic_ms(void)
{
	return clock_read_ns(CLOCK_MONOTONIC) / 1000000;
}

/* Nanoseconds since 1970. The engine's time begins with it, and drifts away from it. */
static inline uint64_t
clock_wall_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

/* What to add to the engine's time for the system time, ns. NULL: 0. */
static inline uint64_t
clock_wall_offset(const _Atomic int64_t *offset_ns)
{
	if (offset_ns == NULL)
		return 0;
	return (uint64_t)atomic_load_explicit(offset_ns, memory_order_relaxed);
}

#endif
