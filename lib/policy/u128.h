/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorts 128-bit values. */
#ifndef POLICY_U128_H
#define POLICY_U128_H

#include <stddef.h>
#include <stdlib.h>

#include <policy/ir.h>

/* Comparison function for qsort(). */
static inline int
u128_compare(const void *x, const void *y)
{
	const u128 a = *(const u128 *)x, b = *(const u128 *)y;

	return a < b ? -1 : a > b;
}

/* Sort the values and remove duplicates. Returns how many remain. */
static inline size_t
u128_sort(u128 *values, size_t n)
{
	size_t i, kept = n > 0;

	qsort(values, n, sizeof(*values), u128_compare);
	for (i = 1; i < n; i++)
		if (values[i] != values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

#endif
