/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * List, add and delete elements of the sets that change at run time. For the control
 * thread; the workers keep running. The caller holds the lock that serialises reloads of
 * the rules. `states` are the states of all workers, from policy_states_create().
 *
 * ruleset/sets.h has the same functions for elements given as text.
 */
#ifndef POLICY_SETS_H
#define POLICY_SETS_H

#include <policy/ir.h>

#define POLICY_ELEMENT_STAYS UINT64_MAX

struct policy_element {
	/* one value for each field; in a set with intervals, the element's index */
	u128 value[KEY_FIELDS_MAX];
	/* nanoseconds until it expires; POLICY_ELEMENT_STAYS: never */
	uint64_t left_ns;
	bool counted; /* it has a counter; else `counter` is not used */
	struct policy_counter counter;
};

struct policy_set_info {
	const char *name; /* "set inet t ban" */
	const struct ir_live *live;
	uint32_t size;  /* largest number of elements */
	uint32_t slots; /* slots in use, in the parts of all workers */
	uint64_t full;  /* number of additions that failed because the set was full */
};

typedef void policy_element_fn(void *arg, const struct policy_element *element);

/*
 * The number of a set with a name such as "set inet t ban", "inet t ban" or "t ban".
 * Returns -ENOENT when no set with this name can change at run time, -EEXIST when several
 * tables have one.
 */
int policy_set_find(const struct policy *policy, const char *name);

void policy_set_info(const struct policy *policy, struct policy_state *const *states,
		     unsigned set, struct policy_set_info *info);

/* Call visit for each element, in no particular order. Returns the number of elements. */
unsigned policy_set_list(const struct policy *policy, struct policy_state *const *states,
			 unsigned workers, unsigned set, policy_element_fn *visit,
			 void *arg);

/*
 * Add an element, or restart its timeout when it exists. timeout_ns 0: the default
 * timeout of the set. Returns 0; -ENOSPC: the set is full; -ENOTSUP: the set has
 * intervals or is a map.
 */
int policy_set_add(const struct policy *policy, struct policy_state *const *states,
		   unsigned workers, unsigned set, const u128 *value,
		   uint64_t timeout_ns);

/* Returns 0; -ENOENT: the element is not in the set; or an error of policy_set_add(). */
int policy_set_delete(const struct policy *policy, struct policy_state *const *states,
		      unsigned workers, unsigned set, const u128 *value);

#endif
