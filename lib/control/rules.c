/* SPDX-License-Identifier: BSD-3-Clause */
#include <control/rules.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

/* Two lines: a core may fetch the neighbour of the one that it writes. */
#define COUNTERS_ALIGN (2 * RTE_CACHE_LINE_SIZE)

static void
counters_free(struct policy_counter **counters, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		free(counters[i]);
}

/*
 * An array of counters, at least one long, for each worker, in lines of its own: workers add to
 * theirs with each burst, and would wait for one another's.
 */
static int
counters_alloc(struct policy_counter **counters, unsigned count,
	       const struct policy *policy)
{
	size_t bytes = RTE_ALIGN_CEIL((policy_counters(policy) + 1) * sizeof(**counters),
				      COUNTERS_ALIGN);
	unsigned i;

	for (i = 0; i < count; i++) {
		counters[i] = aligned_alloc(COUNTERS_ALIGN, bytes);
		if (counters[i] == NULL) {
			counters_free(counters, i);
			return -ENOMEM;
		}
		memset(counters[i], 0, bytes);
	}
	return 0;
}

int
control_rules_init(struct control_rules *rules, struct policy *policy, unsigned workers)
{
	memset(rules, 0, sizeof(*rules));
	if (counters_alloc(rules->counters, workers, policy) != 0)
		return -ENOMEM;
	pthread_mutex_init(&rules->lock, NULL);
	rules->policy = policy;
	rules->workers = workers;
	return 0;
}

void
control_rules_free(struct control_rules *rules)
{
	counters_free(rules->counters, rules->workers);
	policy_free(rules->policy);
	rules->policy = NULL;
	rules->workers = 0;
}

static int
worker_set_policy(struct control_worker *w, const struct policy *policy,
		  struct policy_counter *counters)
{
	struct control_job *job = control_open(w);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_POLICY;
	job->policy.policy = policy;
	job->policy.counters = counters;
	status = control_call(w);
	control_close(w);
	return status;
}

static int
rules_swap(struct control_rules *rules, struct control_worker *workers,
	   struct policy *policy)
{
	struct policy_counter *counters[CONTROL_MAX_WORKERS];
	unsigned i;
	int status = 0;

	if (counters_alloc(counters, rules->workers, policy) != 0)
		return -ENOMEM;
	for (i = 0; i < rules->workers; i++)
		if (worker_set_policy(&workers[i], policy, counters[i]) != 0)
			status = -ETIMEDOUT;
	if (status == 0) {
		counters_free(rules->counters, rules->workers);
		policy_free(rules->policy);
	}
	memcpy(rules->counters, counters, rules->workers * sizeof(counters[0]));
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
