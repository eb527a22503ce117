/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Sequence number arithmetic, RFC 9293 section 3.4: numbers are compared modulo 2^32, so
 * only numbers less than 2^31 apart have an order. Sequence numbers have type uint32_t
 * and are in host order.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a - b, signed: positive when a is later than b. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
seq_before(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_after(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

/* The later one of two sequence numbers. */
static inline uint32_t
seq_max(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0 ? a : b;
}

/*
 * Whether high is reached from low by counting up, with a in between: low <= a <= high.
 */
static inline bool
seq_within(uint32_t a, uint32_t low, uint32_t high)
{
	return a - low <= high - low;
}

#endif
