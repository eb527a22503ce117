/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_DEPTH_H
#define POLICY_DEPTH_H

#include <policy/ir.h>

/*
 * Compute the depth of each chain. Returns 0; or -ELOOP or -E2BIG, as policy_compile(),
 * with the number of the bad chain in *chain.
 */
int depth_check(struct policy_ir *ir, uint32_t *chain);

#endif
