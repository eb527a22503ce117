/* SPDX-License-Identifier: BSD-3-Clause */
/* --check: the rules as sluice would take them, and what they come to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "ruleset.h"

#define PORTS_MAX 128

static unsigned
count_objects(const char *json, size_t length, const char *kind)
{
	json_t *root = json_loadb(json, length, 0, NULL);
	unsigned count = 0;
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(root, "nftables"), i, object)
		count += json_object_get(object, kind) != NULL;
	json_decref(root);
	return count;
}

/* How a connection's packets of a state fare: by a constant, or by the rules. */
static void
state_print(const struct policy *policy, enum policy_ct ct, const char *name)
{
	struct policy_verdict verdict;
	const char *text = "by the rules";

	if (policy_constant(policy, ct, &verdict))
		text = verdict.kind == POLICY_ACCEPT
			       ? "accept, without a look at the packet"
			       : "drop, without a look at the packet";
	printf("  ct state %-12s %s\n", name, text);
}

static int
ports_split(char *text, const char **names, struct ruleset_ports *ports)
{
	char *rest = text, *name;

	while ((name = strsep(&rest, ",")) != NULL) {
		if (name[0] == '\0' || ports->count == PORTS_MAX) {
			complain(
				"--ports: up to %d names, joined by commas, are expected",
				PORTS_MAX);
			return -EINVAL;
		}
		names[ports->count++] = name;
	}
	ports->names = names;
	return 0;
}

int
ruleset_check(const struct source *source, const char *json, size_t length, char *ports)
{
	const char *names[PORTS_MAX];
	struct ruleset_ports list = {NULL, 0};
	struct ruleset_error error;
	struct policy *policy;
	int ret;

	if (ports != NULL && ports_split(ports, names, &list) != 0)
		return -EINVAL;
	ret = ruleset_load(json, length, ports != NULL ? &list : NULL, &policy, &error);
	if (ret != 0) {
		complain("%s: %s", source->name, error.text);
		return ret;
	}
	if (error.text[0] != '\0')
		complain("%s: warning: %s", source->name, error.text);
	printf("%s: %u rules in %u chains, %u sets, %u maps, %u counters\n", source->name,
	       policy_rules(policy), count_objects(json, length, "chain"),
	       count_objects(json, length, "set"), count_objects(json, length, "map"),
	       policy_counters(policy));
	state_print(policy, POLICY_CT_NEW, "new");
	state_print(policy, POLICY_CT_ESTABLISHED, "established");
	state_print(policy, POLICY_CT_RELATED, "related");
	state_print(policy, POLICY_CT_INVALID, "invalid");
	state_print(policy, POLICY_CT_UNTRACKED, "untracked");
	policy_free(policy);
	return 0;
}
