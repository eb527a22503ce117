/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time for the engines: nanoseconds since 1970. It starts at the system time and then
 * follows the TSC, so it never goes back, even if the system time is changed.
 */
#ifndef SLUICE_CLOCK_H
#define SLUICE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include <rte_cycles.h>

struct clock {
	uint64_t start_tsc;
	uint64_t start_ns;
	uint64_t mult; /* ns per TSC cycle, fixed point with 32 fractional bits */
};

static inline void
clock_start(struct clock *clock)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	clock->start_tsc = rte_rdtsc();
	clock->start_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	clock->mult = (1000000000ull << 32) / rte_get_tsc_hz();
}

static inline uint64_t
clock_ns(const struct clock *clock)
{
	uint64_t cycles = rte_rdtsc() - clock->start_tsc;

	return clock->start_ns +
	       (uint64_t)(((unsigned __int128)cycles * clock->mult) >> 32);
}

#endif
