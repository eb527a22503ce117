/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of times from 1 to 2^40 in any unit, with 32 classes for each power of two,
 * so that percentiles are exact to 3 %. One owner thread.
 */
#ifndef BENCH_GEN_HISTOGRAM_H
#define BENCH_GEN_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE 5u
#define HISTOGRAM_CLASSES ((40u - HISTOGRAM_FINE + 1u) << HISTOGRAM_FINE)

struct histogram {
	uint64_t count;
	uint64_t max;
	uint64_t at[HISTOGRAM_CLASSES];
};

static inline uint32_t
histogram_class(uint64_t value)
{
	uint32_t shift, class;

	if (value < 1u << HISTOGRAM_FINE)
		return (uint32_t)value;
	shift = 63u - (uint32_t)__builtin_clzll(value) - HISTOGRAM_FINE;
	class = ((shift + 1) << HISTOGRAM_FINE) +
		(uint32_t)((value >> shift) & ((1u << HISTOGRAM_FINE) - 1));
	return class < HISTOGRAM_CLASSES ? class : HISTOGRAM_CLASSES - 1;
}

/* The lowest value of a class. */
static inline uint64_t
histogram_least(uint32_t class)
{
	uint32_t shift = class >> HISTOGRAM_FINE;

	if (shift == 0)
		return class;
	return (uint64_t)((class & ((1u << HISTOGRAM_FINE) - 1)) + (1u << HISTOGRAM_FINE))
	       << (shift - 1);
}

static inline void
histogram_add(struct histogram *h, uint64_t value)
{
	h->count++;
	h->at[histogram_class(value)]++;
	if (value > h->max)
		h->max = value;
}

/*
 * Return the value that a part (0 to 1) of all values does not exceed; 0 without values.
 */
static inline uint64_t
histogram_percentile(const struct histogram *h, double part)
{
	uint64_t rank = (uint64_t)(part * (double)h->count), seen = 0;
	uint32_t class;

	for (class = 0; class < HISTOGRAM_CLASSES; class ++) {
		seen += h->at[class];
		if (seen > rank || (seen == h->count && seen > 0))
			return histogram_least(class);
	}
	return 0;
}

#endif
