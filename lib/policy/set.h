/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_SET_H
#define POLICY_SET_H

#include <policy/ir.h>

/* set.c: set_find() for sets that are not a single interval */
int64_t set_search(const struct ir_set *set, const u128 *values);

/* Index of the element that contains the values, one for each field; -1: none. */
static inline int64_t
set_find(const struct ir_set *set, const u128 *values)
{
	if (set->count == 1 && set->nfields == 1)
		return set->lo[0] <= values[0] && values[0] <= set->hi[0] ? 0 : -1;
	return set->count == 0 ? -1 : set_search(set, values);
}

#endif
