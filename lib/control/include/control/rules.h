/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules in force: one policy that all workers read, and a state for each worker. New
 * rules are put in force by a request to each worker; the old ones are freed when all
 * workers have answered.
 *
 * Only threads that are not workers take the mutex.
 */
#ifndef CONTROL_RULES_H
#define CONTROL_RULES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <control/backend.h>
#include <policy/policy.h>

struct control_rules {
	pthread_mutex_t lock;
	struct policy *policy;
	/* POLICY_NEEDS_MEMORY flags for which the engines have memory */
	unsigned provides;
	struct policy_state *states[CONTROL_MAX_WORKERS];
	unsigned workers;
	/*
	 * What to add to the engines' time for the system time, ns; NULL: 0. Set after
	 * control_rules_init().
	 */
	const _Atomic int64_t *wall_offset_ns;
};

/*
 * The time of the engines, by which the states' limits and time-outs are evaluated. It
 * differs from the system time, which can be set.
 */
uint64_t control_rules_now(const struct control_rules *rules);

/* Begin with a policy, and take ownership of it. Returns 0 or -ENOMEM. */
int control_rules_init(struct control_rules *rules, struct policy *policy,
		       unsigned workers);

/* Free the rules, after the workers have ended. */
void control_rules_free(struct control_rules *rules);

/*
 * Put another policy in force. Returns 0, and takes ownership of the policy. On -ENOMEM,
 * and on -ENOTSUP (the policy needs memory that rules->provides lacks), the caller keeps
 * it. On -ETIMEDOUT a worker has not answered and may use the old or the new policy, so
 * neither can ever be freed.
 */
int control_rules_swap(struct control_rules *rules, const struct control_backend *backend,
		       struct policy *policy);

/*
 * Get the policy in force, and a state to evaluate it in dry runs, as
 * policy_state_reader(). The policy stays in force until the calling thread swaps it, so
 * this is for the thread that reloads. Returns 0 or -ENOMEM.
 */
int control_rules_reader(struct control_rules *rules, const struct policy **policy,
			 struct policy_state **state);
void control_rules_reader_free(struct control_rules *rules, struct policy_state *state);

/*
 * Sum the counters of the policy over the workers. The caller holds rules->lock. sums has
 * room for policy_counter_slots(). Returns 0 or -ETIMEDOUT.
 */
int control_rules_sum(struct control_rules *rules, const struct control_backend *backend,
		      struct policy_counter *sums);

#endif
