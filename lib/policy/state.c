/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Creates the data that a policy's statements keep for one worker, and takes data over at
 * a reload.
 */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

#define SWEEP_NS 1000000 /* nanoseconds between two sweeps of the sets */

static void *
lines_take(size_t bytes)
{
	void *taken;

	bytes = (bytes + PART_ALIGN - 1) / PART_ALIGN * PART_ALIGN;
	taken = aligned_alloc(PART_ALIGN, bytes > 0 ? bytes : PART_ALIGN);
	if (taken != NULL)
		memset(taken, 0, bytes);
	return taken;
}

static const struct ir_counter *
counter_find(const struct policy *policy, const char *name)
{
	const struct ir_counter *counter = policy->ir.counters;

	while (counter != NULL &&
	       (counter->name == NULL || strcmp(counter->name, name) != 0))
		counter = counter->next;
	return counter;
}

/*
 * Find the counters that continue old ones, and set the initial values of the others.
 * Only the first worker's state gets initial values.
 */
static int
counters_begin(struct policy_state *state, const struct policy_state *old)
{
	const struct ir_counter *counter, *before;
	uint32_t n = 0;

	for (counter = state->policy->ir.counters; counter != NULL;
	     counter = counter->next)
		n++;
	state->heirs = calloc(n + 1, sizeof(*state->heirs));
	if (state->heirs == NULL)
		return -ENOMEM;
	for (counter = state->policy->ir.counters; counter != NULL;
	     counter = counter->next) {
		before = old != NULL && counter->name != NULL
				 ? counter_find(old->policy, counter->name)
				 : NULL;
		if (before != NULL)
			state->heirs[state->nheirs++] =
				(struct counter_heir){before->number, counter->number};
		else if (state->part == 0)
			state->counter[counter->number] = counter->initial;
	}
	return 0;
}

static int
state_create(const struct policy *policy, const struct policy_state *old,
	     struct policy_group *group, unsigned part, struct policy_state **out)
{
	struct policy_state *state = lines_take(sizeof(*state));

	if (state == NULL)
		return -ENOMEM;
	*out = state;
	state->group = group;
	group->references++;
	state->part = part;
	state->policy = policy;
	state->old = old;
	state->ncounters = policy_counter_slots(policy);
	state->counter = lines_take(state->ncounters * sizeof(*state->counter));
	return state->counter != NULL ? counters_begin(state, old) : -ENOMEM;
}

int
policy_states_create(const struct policy *policy, struct policy_state *const *old,
		     struct policy_state **states, unsigned workers)
{
	struct policy_group *group;
	uint64_t now_ns = 0;
	unsigned i;
	int ret = 0;

	if (workers == 0)
		return 0;
	memset(states, 0, workers * sizeof(*states));
	for (i = 0; old != NULL && i < workers; i++)
		if (old[i]->now_ns > now_ns)
			now_ns = old[i]->now_ns;
	group = group_create(&policy->ir, old != NULL ? old[0]->group : NULL, workers,
			     now_ns);
	if (group == NULL)
		return -ENOMEM;
	group->references++;
	for (i = 0; i < workers && ret == 0; i++)
		ret = state_create(policy, old != NULL ? old[i] : NULL, group, i,
				   &states[i]);
	for (i = 0; i < workers && ret != 0; i++) {
		policy_state_free(states[i]);
		states[i] = NULL;
	}
	group_release(group);
	return ret;
}

int
policy_state_create(const struct policy *policy, struct policy_state **state)
{
	return policy_states_create(policy, NULL, state, 1);
}

int
policy_state_reader(const struct policy_state *of, struct policy_state **state)
{
	int ret;

	*state = NULL;
	/* the part of the control thread, to which no worker writes */
	ret = state_create(of->policy, NULL, of->group, of->group->workers, state);
	if (ret != 0) {
		policy_state_free(*state);
		*state = NULL;
	}
	return ret;
}

void
policy_state_start(struct policy_state *state, uint64_t now_ns)
{
	uint32_t i;

	state->now_ns = now_ns;
	group_start(state->group, state->part, now_ns);
	for (i = 0; state->old != NULL && i < state->nheirs; i++)
		state->counter[state->heirs[i].to] =
			state->old->counter[state->heirs[i].from];
	state->old = NULL;
}

void
policy_state_expire(struct policy_state *state, uint64_t now_ns)
{
	if (!state->group->sets || now_ns < state->now_ns + SWEEP_NS)
		return;
	state->now_ns = now_ns;
	group_sweep(state->group, state->part, now_ns);
}

void
policy_state_free(struct policy_state *state)
{
	if (state == NULL)
		return;
	group_release(state->group);
	free(state->counter);
	free(state->heirs);
	free(state);
}

void
policy_counters_read(const struct policy_state *state, unsigned first, unsigned count,
		     struct policy_counter *counters)
{
	unsigned i;

	for (i = 0; i < count; i++)
		counters[i] = first + i < state->ncounters ? state->counter[first + i]
							   : (struct policy_counter){0};
}

const struct policy_logged *
policy_logs(const struct policy_state *state)
{
	return state->log;
}

bool
policy_counts_connections(const struct policy *policy)
{
	return policy->ir.counts_connections;
}

void
policy_connection_opened(struct policy_state *state, uint32_t conn, unsigned counts)
{
	struct counted *counted = state->group->counted[state->part];
	unsigned i;

	for (i = 0; i < counts; i++)
		counted_add(counted, conn, &state->pending[i]);
}

void
policy_connection_closed(struct policy_state *state, uint32_t conn)
{
	if (state->group->counted[state->part] != NULL)
		counted_remove(state->group->counted[state->part], conn);
}
