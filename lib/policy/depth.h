/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_DEPTH_H
#define POLICY_DEPTH_H

#include <policy/ir.h>

/*
 * The depth of each chain. Returns 0, or -ELOOP or -E2BIG, see policy_compile(), with the
 * number of the chain at fault.
 */
int depth_check(struct policy_ir *ir, uint32_t *chain);

#endif
