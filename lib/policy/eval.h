/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_EVAL_H
#define POLICY_EVAL_H

#include <policy/policy.h>

/* policy_eval() without classifiers: tests compare the two. */
void policy_eval_walk(const struct policy *policy, const struct policy_packet *packet,
		      struct policy_counter *counters, struct policy_verdict *verdict);

#endif
