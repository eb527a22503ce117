/* SPDX-License-Identifier: BSD-3-Clause */
/* What policy.h promises, apart from the evaluation. */
#include <errno.h>
#include <stdlib.h>

#include "program.h"

int
policy_accept_all(struct policy **policy)
{
	unsigned ct;

	*policy = calloc(1, sizeof(**policy));
	if (*policy == NULL)
		return -ENOMEM;
	for (ct = 0; ct < POLICY_CT_COUNT; ct++) {
		(*policy)->program[ct].constant = true;
		(*policy)->program[ct].verdict.kind = POLICY_ACCEPT;
		(*policy)->program[ct].verdict.cacheable = true;
	}
	return 0;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	arena_free(&policy->ir.arena);
	free(policy);
}

bool
policy_constant(const struct policy *policy, enum policy_ct ct,
		struct policy_verdict *verdict)
{
	if (policy->program[ct].constant)
		*verdict = policy->program[ct].verdict;
	return policy->program[ct].constant;
}

unsigned
policy_counters(const struct policy *policy)
{
	return policy->ir.ncounters;
}

unsigned
policy_rules(const struct policy *policy)
{
	return policy->ir.nrules;
}

void
policy_rule(const struct policy *policy, unsigned rule, struct policy_rule_info *info)
{
	const struct ir_rule *from = &policy->ir.rules[rule - 1];

	info->text = from->text;
	info->counter = from->counter;
	info->handle = from->handle;
}
