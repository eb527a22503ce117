/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

static int
loader_init(struct loader *l)
{
	l->index = json_object();
	l->invented = json_object();
	l->unknown = json_object();
	if (l->index == NULL || l->invented == NULL || l->unknown == NULL)
		return loader_no_memory(l);
	return 0;
}

static void
loader_done(struct loader *l)
{
	json_decref(l->index);
	json_decref(l->invented);
	json_decref(l->unknown);
}

/* Names that no port has are a warning: one file may serve several machines. */
static void
warn_unknown(struct loader *l)
{
	size_t used = 0, size = sizeof(l->error->text);
	size_t remaining = json_object_size(l->unknown);
	const json_t *value;
	const char *name;

	json_object_foreach(l->unknown, name, value) {
		if (used + strlen(name) + 100 > size)
			break;
		used += (size_t)snprintf(l->error->text + used, size - used, "%s\"%s\"",
					 used > 0 ? ", " : "no port has the name ", name);
		remaining--;
	}
	if (used > 0)
		snprintf(l->error->text + used, size - used,
			 "%s: matches on it never succeed; 'ports' names the ports",
			 remaining > 0 ? ", .." : "");
}

static int
compile(struct loader *l, struct policy **policy)
{
	uint32_t number = 0;
	const struct ir_chain *chain;
	int ret;

	ret = policy_compile(&l->ir, policy, &number);
	chain = &l->ir.chains[number];
	switch (ret) {
	case 0:
		return 0;
	case -ELOOP:
		return loader_fail(
			l,
			"chain '%s' of table '%s' jumps back to itself; remove one of "
			"the jumps or gotos",
			chain->name, chain->table);
	case -E2BIG:
		return loader_fail(
			l,
			"chain '%s' of table '%s': chains jump more than %d deep; join "
			"some of them",
			chain->name, chain->table, CHAIN_DEPTH_MAX);
	default:
		return loader_no_memory(l);
	}
}

int
ruleset_load(const char *json, size_t length, const struct ruleset_ports *ports,
	     struct policy **policy, struct ruleset_error *error)
{
	struct loader l = {.ports = ports, .error = error};
	json_error_t at;
	json_t *root;
	int ret;

	*policy = NULL;
	error->text[0] = '\0';
	root = json_loadb(json, length, 0, &at);
	if (root == NULL) {
		snprintf(error->text, sizeof(error->text),
			 "the rules' JSON, line %d, column %d: %s", at.line, at.column,
			 at.text);
		return -EINVAL;
	}
	ret = loader_init(&l);
	if (ret == 0)
		ret = loader_run(&l, root);
	if (ret == 0)
		ret = compile(&l, policy);
	if (ret == 0)
		warn_unknown(&l);
	else
		arena_free(&l.ir.arena);
	loader_done(&l);
	json_decref(root);
	return ret;
}
