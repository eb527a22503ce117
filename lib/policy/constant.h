/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_CONSTANT_H
#define POLICY_CONSTANT_H

#include "program.h"

/*
 * Find out whether a program has a constant verdict, and fill program->constant,
 * ->verdict and ->counters. Returns 0 or -ENOMEM.
 */
int constant_find(struct policy *policy, enum policy_ct ct);

#endif
