/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules in force, of all workers: one policy that all of them read, and a state
 * for each. Other rules are put in force by a message to each worker; the old ones
 * are freed when the last has answered.
 *
 * The mutex is for threads that are no workers.
 */
#ifndef CONTROL_RULES_H
#define CONTROL_RULES_H

#include <pthread.h>

#include <control/worker.h>
#include <policy/policy.h>

#define CONTROL_MAX_WORKERS 64u

struct control_rules {
	pthread_mutex_t lock;
	struct policy *policy;
	struct policy_state *states[CONTROL_MAX_WORKERS];
	unsigned workers;
};

/* Begin with a policy, which is taken over. Returns 0 or -ENOMEM. */
int control_rules_init(struct control_rules *rules, struct policy *policy,
		       unsigned workers);

/* After the workers have ended. */
void control_rules_free(struct control_rules *rules);

/*
 * Put another policy in force. Returns 0 and has taken it over, or -ENOMEM (it is still
 * the caller's), or -ETIMEDOUT: a worker has not answered, may use the old or the new
 * one, and neither can be freed any more.
 */
int control_rules_swap(struct control_rules *rules, struct control_worker *workers,
		       struct policy *policy);

/*
 * The counters of the policy, summed over the workers; rules->lock is held. sums has room
 * for policy_counters(). Returns 0 or -ETIMEDOUT.
 */
int control_rules_sum(struct control_rules *rules, struct control_worker *workers,
		      struct policy_counter *sums);

#endif
