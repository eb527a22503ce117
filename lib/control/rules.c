/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/rules.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "clock.h"

static void
states_free(struct policy_state **states, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		policy_state_free(states[i]);
}

uint64_t
control_rules_now(const struct control_rules *rules)
{
	return clock_wall_ns() - clock_wall_offset(rules->wall_offset_ns);
}

int
control_rules_init(struct control_rules *rules, struct policy *policy, unsigned workers)
{
	memset(rules, 0, sizeof(*rules));
	if (policy_states_create(policy, NULL, rules->states, workers) != 0)
		return -ENOMEM;
	pthread_mutex_init(&rules->lock, NULL);
	rules->policy = policy;
	rules->provides = POLICY_NEEDS_MEMORY;
	rules->workers = workers;
	return 0;
}

void
control_rules_free(struct control_rules *rules)
{
	states_free(rules->states, rules->workers);
	policy_free(rules->policy);
	rules->policy = NULL;
	rules->workers = 0;
}

static int
rules_swap(struct control_rules *rules, const struct control_backend *backend,
	   struct policy *policy)
{
	struct policy_state *states[CONTROL_MAX_WORKERS];
	unsigned i;
	int status = 0;

	if (policy_needs(policy) & POLICY_NEEDS_MEMORY & ~rules->provides)
		return -ENOTSUP;
	if (policy_states_create(policy, rules->states, states, rules->workers) != 0)
		return -ENOMEM;
	for (i = 0; i < rules->workers; i++)
		if (backend->ops->set_policy(backend->context, i, policy, states[i]) != 0)
			status = -ETIMEDOUT;
	if (status == 0) {
		states_free(rules->states, rules->workers);
		policy_free(rules->policy);
	}
	memcpy(rules->states, states, rules->workers * sizeof(states[0]));
	rules->policy = policy;
	return status;
}

int
control_rules_swap(struct control_rules *rules, const struct control_backend *backend,
		   struct policy *policy)
{
	int status;

	pthread_mutex_lock(&rules->lock);
	status = rules_swap(rules, backend, policy);
	pthread_mutex_unlock(&rules->lock);
	return status;
}

int
control_rules_reader(struct control_rules *rules, const struct policy **policy,
		     struct policy_state **state)
{
	int status;

	pthread_mutex_lock(&rules->lock);
	*policy = rules->policy;
	status = policy_state_reader(rules->states[0], state);
	pthread_mutex_unlock(&rules->lock);
	return status;
}

void
control_rules_reader_free(struct control_rules *rules, struct policy_state *state)
{
	pthread_mutex_lock(&rules->lock);
	policy_state_free(state);
	pthread_mutex_unlock(&rules->lock);
}

static int
worker_add_counters(const struct control_backend *backend, unsigned worker,
		    struct policy_counter *sums, unsigned first, unsigned count)
{
	struct policy_counter values[CONTROL_PIECE];
	unsigned i;
	int status = backend->ops->counters(backend->context, worker, first, count,
					    values);

	for (i = 0; status == 0 && i < count; i++) {
		sums[first + i].packets += values[i].packets;
		sums[first + i].bytes += values[i].bytes;
	}
	return status;
}

int
control_rules_sum(struct control_rules *rules, const struct control_backend *backend,
		  struct policy_counter *sums)
{
	unsigned total = policy_counter_slots(rules->policy), first, w;
	int status = 0;

	memset(sums, 0, total * sizeof(*sums));
	for (w = 0; w < rules->workers && status == 0; w++)
		for (first = 0; first < total && status == 0; first += CONTROL_PIECE)
			status = worker_add_counters(backend, w, sums, first,
						     RTE_MIN(total - first,
							     CONTROL_PIECE));
	return status;
}
