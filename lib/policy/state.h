/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef POLICY_STATE_H
#define POLICY_STATE_H

#include "counted.h"
#include "object.h"

/*
 * A reload: counter `to` of the new state continues with the value of counter `from` of
 * the previous one.
 */
struct counter_heir {
	uint32_t from;
	uint32_t to;
};

struct policy_state {
	struct policy_group *group;
	uint32_t part; /* index of this worker's part in each object */
	/*
	 * number of counters: those of the statements, the hits of rules and policies,
	 * those of policy_audit_count()
	 */
	uint32_t ncounters;
	uint64_t now_ns; /* time of the last sweep of the sets */
	/* the previous state until policy_state_start(), then NULL */
	const struct policy_state *old;
	struct counter_heir *heirs;
	uint32_t nheirs;
	const struct policy *policy;
	struct policy_counter *counter;
	/* cells that count the packet's connection when the caller opens it */
	struct counted_in pending[POLICY_COUNTS_MAX];
	struct policy_logged log[POLICY_LOGS_MAX]; /* logs of the last evaluation */
};

static inline struct object *
state_object(const struct policy_state *state, uint32_t number)
{
	return state->group->object[number];
}

#endif
