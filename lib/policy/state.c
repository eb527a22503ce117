/* SPDX-License-Identifier: BSD-3-Clause */
/* What the statements of a policy keep for one worker. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Two cache lines: a core may prefetch the neighbour of the line that it writes. */
#define STATE_ALIGN 128

int
policy_state_create(const struct policy *policy, struct policy_state **out)
{
	size_t bytes = sizeof(struct policy_state) +
		       policy_counters(policy) * sizeof(struct policy_counter);
	struct policy_state *state;

	bytes = (bytes + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN;
	state = aligned_alloc(STATE_ALIGN, bytes);
	if (state == NULL)
		return -ENOMEM;
	memset(state, 0, bytes);
	state->ncounters = policy_counters(policy);
	*out = state;
	return 0;
}

void
policy_state_free(struct policy_state *state)
{
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
