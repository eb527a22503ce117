/* SPDX-License-Identifier: BSD-3-Clause */
/* From text to policy and back: what policy.h promises, apart from the evaluation. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

static int
loader_init(struct loader *l)
{
	l->index = json_object();
	l->names = json_object();
	l->unknown = json_object();
	if (l->index == NULL || l->names == NULL || l->unknown == NULL)
		return loader_no_memory(l);
	return 0;
}

static void
loader_done(struct loader *l)
{
	json_decref(l->index);
	json_decref(l->names);
	json_decref(l->unknown);
}

/* Names that no port has: no error, since a file may serve several machines. */
static void
warn_unknown(struct loader *l)
{
	size_t used = 0, size = sizeof(l->error->text),
	       left = json_object_size(l->unknown);
	const json_t *value;
	const char *name;

	json_object_foreach(l->unknown, name, value) {
		if (used + strlen(name) + 100 > size)
			break;
		used += (size_t)snprintf(l->error->text + used, size - used, "%s\"%s\"",
					 used > 0 ? ", " : "no port has the name ", name);
		left--;
	}
	if (used > 0)
		snprintf(l->error->text + used, size - used,
			 "%s: what the rules ask of it never matches",
			 left > 0 ? ", .." : "");
}

static json_t *
parse(const char *json, size_t length, struct policy_error *error)
{
	json_error_t at;
	json_t *root = json_loadb(json, length, 0, &at);

	if (root == NULL)
		snprintf(error->text, sizeof(error->text),
			 "the rules' JSON, line %d, column %d: %s", at.line, at.column,
			 at.text);
	return root;
}

int
policy_load(const char *json, size_t length, const struct policy_ports *ports,
	    struct policy **policy, struct policy_error *error)
{
	struct loader l = {.ports = ports, .error = error};
	json_t *root;
	int ret;

	*policy = NULL;
	error->text[0] = '\0';
	root = parse(json, length, error);
	if (root == NULL)
		return -EINVAL;
	l.policy = calloc(1, sizeof(*l.policy));
	ret = l.policy != NULL ? loader_init(&l) : loader_no_memory(&l);
	if (ret == 0)
		ret = loader_run(&l, root);
	if (ret == 0)
		ret = policy_compile(&l);
	if (ret == 0)
		warn_unknown(&l);
	loader_done(&l);
	json_decref(root);
	if (ret != 0) {
		policy_free(l.policy);
		return ret;
	}
	*policy = l.policy;
	return 0;
}

int
policy_accept_all(struct policy **policy)
{
	unsigned ct;

	*policy = calloc(1, sizeof(**policy));
	if (*policy == NULL)
		return -ENOMEM;
	for (ct = 0; ct < POLICY_CT_COUNT; ct++) {
		(*policy)->program[ct].constant = true;
		(*policy)->program[ct].verdict.kind = POLICY_ACCEPT;
		(*policy)->program[ct].verdict.cacheable = true;
	}
	return 0;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	arena_free(&policy->arena);
	free(policy);
}

bool
policy_constant(const struct policy *policy, enum policy_ct ct,
		struct policy_verdict *verdict)
{
	if (policy->program[ct].constant)
		*verdict = policy->program[ct].verdict;
	return policy->program[ct].constant;
}

unsigned
policy_counters(const struct policy *policy)
{
	return policy->ncounters;
}

unsigned
policy_rules(const struct policy *policy)
{
	return policy->nrules;
}

void
policy_rule(const struct policy *policy, unsigned rule, struct policy_rule_info *info)
{
	const struct ir_rule *from = &policy->rules[rule - 1];

	info->text = from->text;
	info->counter = from->counter;
	info->handle = from->handle;
}
