/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an nftables file to a policy: the JSON that sluice-rules (or `nft -j list
 * ruleset`) prints is read, checked, and compiled by lib/policy. What cannot be evaluated
 * exactly as the kernel does it is refused here, never passed over.
 */
#ifndef RULESET_RULESET_H
#define RULESET_RULESET_H

#include <stddef.h>

#include <policy/policy.h>

/* The names that iifname and oifname can mean, in the order of the port numbers. */
struct ruleset_ports {
	const char *const *names;
	unsigned count;
};

/*
 * One message, ready to print: what, where (the rule's text), what was expected, what to
 * do.
 */
struct ruleset_error {
	char text[1024];
};

/*
 * Load the rules from the JSON text of nft. A ruleset without a base chain `type filter
 * hook forward` is an error, so an empty file is one too. Names of interfaces that no
 * port has are allowed: such a rule never matches. Without ports (NULL: a check of the
 * rules by themselves) every name counts as a port of its own.
 *
 * Returns 0 and *policy, and error->text is empty or a warning (names that no port has);
 * or -EINVAL (text not understood or not supported) or -ENOMEM, and error->text is the
 * message.
 */
int ruleset_load(const char *json, size_t length, const struct ruleset_ports *ports,
		 struct policy **policy, struct ruleset_error *error);

#endif
