/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_CONSTANT_H
#define POLICY_CONSTANT_H

#include "program.h"

/*
 * Whether a program has a constant verdict: fills program->constant and what goes with
 * it. Returns 0 or -ENOMEM.
 */
int constant_find(struct policy *policy, enum policy_ct ct);

#endif
