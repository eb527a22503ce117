/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time for the engines: nanoseconds since 1970. It starts at the system time and then
 * follows the TSC, so it never goes back, even if the system time is changed. It drifts
 * from the system time by up to minutes a day, so the time of day, for rules and for
 * people, is this time plus wall_offset_ns, which clock_follow() keeps up to date.
 */
#ifndef SLUICE_CLOCK_H
#define SLUICE_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <rte_cycles.h>

struct clock {
	uint64_t start_tsc;
	uint64_t start_ns;
	uint64_t mult; /* ns per TSC cycle, fixed point with 32 fractional bits */
	/* system time less this time, when clock_follow() was last called */
	_Atomic int64_t wall_offset_ns;
};

static inline uint64_t
clock_system_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void
clock_start(struct clock *clock)
{
	clock->start_ns = clock_system_ns();
	clock->start_tsc = rte_rdtsc();
	clock->mult = (1000000000ull << 32) / rte_get_tsc_hz();
}

static inline uint64_t
clock_ns(const struct clock *clock)
{
	uint64_t cycles = rte_rdtsc() - clock->start_tsc;

	return clock->start_ns +
	       (uint64_t)(((unsigned __int128)cycles * clock->mult) >> 32);
}

/* Compare it with the system time. Not called by two threads at once. */
static inline void
clock_follow(struct clock *clock)
{
	atomic_store_explicit(&clock->wall_offset_ns,
			      (int64_t)(clock_system_ns() - clock_ns(clock)),
			      memory_order_relaxed);
}

#endif
