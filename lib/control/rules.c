/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/rules.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

static void
states_free(struct policy_state **states, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		policy_state_free(states[i]);
}

/* A state of the policy for each worker. Returns 0 or -ENOMEM. */
static int
states_create(struct policy_state **states, unsigned count, const struct policy *policy)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (policy_state_create(policy, &states[i]) != 0) {
			states_free(states, i);
			return -ENOMEM;
		}
	}
	return 0;
}

int
control_rules_init(struct control_rules *rules, struct policy *policy, unsigned workers)
{
	memset(rules, 0, sizeof(*rules));
	if (states_create(rules->states, workers, policy) != 0)
		return -ENOMEM;
	pthread_mutex_init(&rules->lock, NULL);
	rules->policy = policy;
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
worker_set_policy(struct control_worker *w, const struct policy *policy,
		  struct policy_state *state)
{
	struct control_job *job = control_open(w);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_POLICY;
	job->policy.policy = policy;
	job->policy.state = state;
	status = control_call(w);
	control_close(w);
	return status;
}

static int
rules_swap(struct control_rules *rules, struct control_worker *workers,
	   struct policy *policy)
{
	struct policy_state *states[CONTROL_MAX_WORKERS];
	unsigned i;
	int status = 0;

	if (states_create(states, rules->workers, policy) != 0)
		return -ENOMEM;
	for (i = 0; i < rules->workers; i++)
		if (worker_set_policy(&workers[i], policy, states[i]) != 0)
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
control_rules_swap(struct control_rules *rules, struct control_worker *workers,
		   struct policy *policy)
{
	int status;

	pthread_mutex_lock(&rules->lock);
	status = rules_swap(rules, workers, policy);
	pthread_mutex_unlock(&rules->lock);
	return status;
}

static int
worker_add_counters(struct control_worker *w, struct policy_counter *sums, unsigned first,
		    unsigned count)
{
	struct control_job *job = control_open(w);
	unsigned i;
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_COUNTERS;
	job->counters.first = first;
	job->counters.count = count;
	status = control_call(w);
	for (i = 0; status == 0 && i < count; i++) {
		sums[first + i].packets += job->counters.values[i].packets;
		sums[first + i].bytes += job->counters.values[i].bytes;
	}
	control_close(w);
	return status;
}

int
control_rules_sum(struct control_rules *rules, struct control_worker *workers,
		  struct policy_counter *sums)
{
	unsigned total = policy_counters(rules->policy), first, w;
	int status = 0;

	memset(sums, 0, total * sizeof(*sums));
	for (w = 0; w < rules->workers && status == 0; w++)
		for (first = 0; first < total && status == 0; first += CONTROL_PIECE)
			status = worker_add_counters(&workers[w], sums, first,
						     RTE_MIN(total - first,
							     CONTROL_PIECE));
	return status;
}
