/* SPDX-License-Identifier: BSD-3-Clause */
/* --check: load the rules as sluice does, and print a summary. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <policy/explain.h>
#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "message.h"
#include "rules_load.h"
#include "ruleset.h"

#define PORTS_MAX 128

/*
 * Print the verdict for packets of a conntrack state: constant, or decided by the rules.
 */
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

/* Print a rule for which packets are evaluated each time. */
static void
rule_print(void *arg, unsigned rule)
{
	struct policy_rule_info info;

	policy_rule(arg, rule, &info);
	printf("    rule %u, %s\n", rule, info.text);
}

/* Print what the packets of a conntrack state cost after the first of a connection. */
static void
cost_print(struct policy *policy, enum policy_ct ct, const char *name)
{
	int cost;

	printf("\npackets of ct state %s:\n", name);
	cost = policy_cost(policy, ct, rule_print, policy);
	if (cost == POLICY_COST_CONSTANT)
		puts("  nothing: all get the same verdict, no rule is evaluated");
	else if (cost == POLICY_COST_REMEMBERED)
		puts("  evaluated once: the connection remembers the verdict");
	else if (cost == POLICY_COST_EACH)
		puts("  those that reach one of these rules are evaluated each time; of "
		     "others the\n  connection remembers the verdict");
	else
		message_error(0, "not enough memory to compute the cost");
}

/*
 * Split the list of port names of an option at its commas. The names point into *copy,
 * malloced. text NULL: there are none.
 */
static int
names_split(const char *option, const char *text, char **copy, const char **names,
	    unsigned *count)
{
	char *rest, *name;

	if (text == NULL)
		return 0;
	rest = *copy = strdup(text);
	if (rest == NULL)
		return message_error(-ENOMEM, "not enough memory for %s", option);
	while ((name = strsep(&rest, ",")) != NULL) {
		if (name[0] == '\0' || *count == PORTS_MAX)
			return message_error(-EINVAL,
					     "%s %s: up to %d names, joined by commas, "
					     "are expected",
					     option, text, PORTS_MAX);
		names[(*count)++] = name;
	}
	return 0;
}

static void
policy_report(const struct source *source, const struct ruleset_report *report,
	      struct policy *policy, bool explain)
{
	static const struct {
		enum policy_ct ct;
		const char *name;
	} states[] = {
		{POLICY_CT_NEW, "new"},
		{POLICY_CT_ESTABLISHED, "established"},
		{POLICY_CT_RELATED, "related"},
		{POLICY_CT_INVALID, "invalid"},
		{POLICY_CT_UNTRACKED, "untracked"},
	};
	size_t i;

	printf("%s: %u rules in %u chains, %u sets, %u maps, %u counters\n", source->name,
	       policy_rules(policy), report->chains, report->sets, report->maps,
	       policy_counters(policy));
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		state_print(policy, states[i].ct, states[i].name);
	for (i = 0; explain && i < sizeof(states) / sizeof(states[0]); i++)
		cost_print(policy, states[i].ct, states[i].name);
}

int
ruleset_check(const struct source *source, const char *json,
	      const struct check_options *wanted)
{
	const char *names[PORTS_MAX], *mirrors[PORTS_MAX];
	struct ruleset_ports list = {.names = names, .mirrors = mirrors};
	const struct ruleset_options options = {
		.ports = wanted->ports != NULL ? &list : NULL,
		.file = source->name,
		.refuse_other = wanted->refuse_other,
	};
	struct ruleset_report report = {.messages = NULL};
	struct policy *policy = NULL;
	char *copies[2] = {NULL, NULL};
	int ret = names_split("--ports", wanted->ports, &copies[0], names, &list.count);

	if (ret == 0)
		ret = names_split("--mirrors", wanted->mirrors, &copies[1], mirrors,
				  &list.mirror_count);
	if (ret == 0)
		ret = ruleset_read(json, strlen(json), &options, &policy, &report);
	rules_print(&report);
	if (ret == 0)
		policy_report(source, &report, policy, wanted->explain);
	ruleset_report_free(&report);
	policy_free(policy);
	free(copies[0]);
	free(copies[1]);
	return ret;
}
