/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_EVAL_H
#define POLICY_EVAL_H

#include <policy/policy.h>

/*
 * Same as policy_eval(), but evaluates every rule without a classifier. Tests compare the
 * two.
 */
void policy_eval_walk(const struct policy *policy, struct policy_state *state,
		      const struct policy_packet *packet, uint64_t now_ns,
		      struct policy_verdict *verdict);

#endif
