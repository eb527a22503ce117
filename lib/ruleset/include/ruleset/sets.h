/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists and changes the sets of the rules in force, with elements given as text, for
 * `sluicectl set`. The rules for threads and states in policy/sets.h apply here too.
 */
#ifndef RULESET_SETS_H
#define RULESET_SETS_H

#include <jansson.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#define RULESET_SETS_LISTED 10000u /* largest number of elements in one answer */

struct ruleset_sets {
	const struct policy *policy;
	struct policy_state *const *states;
	unsigned workers;
	struct ruleset_ports ports;
};

/*
 * List a set as {"name": "set inet t ban", "size": N, "full": N, "count": N, "elements":
 * [{"element": "192.0.2.1", "expires": SECONDS, "packets": N, "bytes": N}, ..]}. An
 * element has expires, packets and bytes only when they apply to it. Returns NULL, with
 * the message in error, on failure.
 */
json_t *ruleset_set_list(const struct ruleset_sets *sets, const char *name, char *error,
			 size_t size);

/*
 * Add an element, written as in nft: "192.0.2.1", "192.0.2.1 . 80". timeout_s 0: use the
 * timeout of the set. Returns 0, or -errno with the message in error.
 */
int ruleset_set_add(const struct ruleset_sets *sets, const char *name,
		    const char *element, uint64_t timeout_s, char *error, size_t size);

int ruleset_set_delete(const struct ruleset_sets *sets, const char *name,
		       const char *element, char *error, size_t size);

#endif
