/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions of policy.h that describe and count; eval.c has the evaluation. */
#include <errno.h>
#include <stdlib.h>

#include "program.h"
#include "state.h"

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
policy_timeouts(const struct policy *policy)
{
	return policy->ir.ntimeouts;
}

const struct policy_timeout *
policy_timeout(const struct policy *policy, unsigned number)
{
	return &policy->ir.timeouts[number - 1];
}

unsigned
policy_needs(const struct policy *policy)
{
	return policy->ir.needs;
}

unsigned
policy_counters(const struct policy *policy)
{
	return policy->ir.ncounters;
}

/* Number of the counter of policy_audit_count() for a rule. */
static unsigned
audited_slot(const struct policy *policy, unsigned rule)
{
	return policy->ir.ncounters + policy_hits(&policy->ir) + rule;
}

unsigned
policy_counter_slots(const struct policy *policy)
{
	return audited_slot(policy, policy->ir.nrules) + 1;
}

uint32_t
policy_id(const struct policy *policy)
{
	return policy->id;
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
	info->hits = policy->ir.ncounters + rule;
	info->audited = audited_slot(policy, rule);
	info->chain = from->chain;
}

unsigned
policy_base_chains(const struct policy *policy)
{
	return policy->ir.nbase;
}

unsigned
policy_chains(const struct policy *policy)
{
	return policy->ir.nchains;
}

void
policy_chain(const struct policy *policy, unsigned number, struct policy_chain_info *info)
{
	static const char *const hooks[] = {
		[HOOK_RAW] = "prerouting",
		[HOOK_PREROUTING] = "prerouting",
		[HOOK_FORWARD] = "forward",
		[HOOK_POSTROUTING] = "postrouting",
	};
	const struct ir_chain *chain = &policy->ir.chains[number];

	*info = (struct policy_chain_info){
		.name = chain->name,
		.hook = chain->base ? hooks[chain->hook] : NULL,
		.table = chain->table,
		.family = chain->table_family,
		.base = chain->base,
		.drop = chain->drop,
		.priority = chain->priority,
		.hits = policy->ir.ncounters + policy_hit(&policy->ir, number),
	};
}

void
policy_base_chain(const struct policy *policy, unsigned number,
		  struct policy_chain_info *info)
{
	policy_chain(policy, policy->base[number], info);
}

void
policy_audit_count(const struct policy *policy, struct policy_state *state, unsigned rule,
		   uint32_t bytes)
{
	struct policy_counter *counter = &state->counter[audited_slot(policy, rule)];

	counter->packets++;
	counter->bytes += bytes;
}
