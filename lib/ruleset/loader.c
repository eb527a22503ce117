/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ruleset as nft's JSON lists it: an array of objects, each with one member whose
 * name is the object's kind. Versions of nft leave out different members, so a member
 * that does not change the evaluation may be missing. One that changes it and is not
 * known is an error.
 *
 * Two passes: chains, sets and counters first, since rules refer to those that come
 * later.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define RULES_MAX UINT16_MAX /* policy_verdict.rule */

/* Where an object belongs; its own name too where it has one. */
static int
place_parse(struct loader *l, const json_t *json, const char *kind, const char **name)
{
	l->family = json_text(json, "family");
	l->table = json_text(json, strcmp(kind, "table") == 0 ? "name" : "table");
	*name = json_text(json, strcmp(kind, "rule") == 0 ? "chain" : "name");
	if (l->family == NULL || l->table == NULL || *name == NULL)
		return loader_fail(
			l,
			"a %s of the ruleset has no family, table or name; the "
			"ruleset must be what 'nft -j list ruleset' prints",
			kind);
	if (strcmp(l->family, "inet") != 0 && strcmp(l->family, "ip") != 0 &&
	    strcmp(l->family, "ip6") != 0)
		return loader_fail(l,
				   "table %s %s: tables of family %s are not supported, "
				   "only those of inet, ip and ip6; remove the table",
				   l->family, l->table, l->family);
	return 0;
}

static bool
has_flag(const json_t *json, const char *name)
{
	const json_t *flags = json_object_get(json, "flags"), *flag;
	size_t i;

	if (json_is_string(flags))
		return strcmp(json_string_value(flags), name) == 0;
	json_array_foreach(flags, i, flag) {
		if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0)
			return true;
	}
	return false;
}

static int
table_parse(struct loader *l, const json_t *json, const char *name)
{
	if (has_flag(json, "dormant"))
		return loader_fail(
			l,
			"table %s %s: flag 'dormant' is not supported; remove the "
			"flag, or the table",
			l->family, name);
	return 0;
}

static int
base_parse(struct loader *l, const json_t *json, struct ir_chain *chain)
{
	const char *type = json_text(json, "type");
	const char *hook = json_text(json, "hook");
	const char *policy = json_text(json, "policy");
	const json_t *priority = json_object_get(json, "prio");

	if (type == NULL || hook == NULL || strcmp(type, "filter") != 0 ||
	    strcmp(hook, "forward") != 0)
		return loader_fail(
			l,
			"table %s %s, chain %s: 'type %s hook %s' is not supported; "
			"sluice only forwards and takes base chains of 'type filter "
			"hook forward': "
			"keep the host's own chains in a file of their own",
			l->family, l->table, chain->name, type != NULL ? type : "?",
			hook != NULL ? hook : "?");
	if (policy != NULL && strcmp(policy, "accept") != 0 &&
	    strcmp(policy, "drop") != 0)
		return loader_fail(l,
				   "table %s %s, chain %s: policy '%s' is not supported; "
				   "expected accept or drop",
				   l->family, l->table, chain->name, policy);
	if (priority != NULL && !json_is_integer(priority))
		return loader_fail(l,
				   "table %s %s, chain %s: the priority must be a number",
				   l->family, l->table, chain->name);
	chain->base = true;
	chain->drop = policy != NULL && policy[0] == 'd';
	chain->priority = json_integer_value(priority);
	l->ir.nbase++;
	return 0;
}

static int
chain_parse(struct loader *l, const json_t *json, const char *name)
{
	struct policy_ir *ir = &l->ir;
	struct ir_chain *chain = &ir->chains[ir->nchains];
	int ret;

	chain->name = arena_copy(&ir->arena, name);
	chain->table = arena_copy(&ir->arena, l->table);
	if (ir->arena.failed)
		return loader_no_memory(l);
	chain->family = strcmp(l->family, "ip") == 0    ? 4
			: strcmp(l->family, "ip6") == 0 ? 6
							: 0;
	ret = name_add(l, "chain", name, ir->nchains++);
	if (ret == 0 && (json_object_get(json, "hook") != NULL ||
			 json_object_get(json, "type") != NULL))
		ret = base_parse(l, json, chain);
	return ret;
}

/*
 * An unsupported property is refused by the rule that uses the set: alone it does
 * nothing.
 */
static int
set_parse(struct loader *l, const json_t *json, const char *kind, const char *name)
{
	static const char *const refused[] = {"timeout", "dynamic"};
	struct named_set *set = &l->sets[l->nsets];
	const char *data = json_text(json, "map");
	size_t i;

	set->name = name;
	set->elements = json_object_get(json, "elem");
	set->map = strcmp(kind, "map") == 0;
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (has_flag(json, refused[i]) ||
		    json_object_get(json, refused[i]) != NULL)
			set->refused = refused[i];
	}
	if (json_object_get(json, "stmt") != NULL)
		set->refused = "statements of its elements";
	if (set->map && (data == NULL || strcmp(data, "verdict") != 0))
		set->refused = "another type of data than verdicts";
	return name_add(l, kind, name, l->nsets++);
}

/* Chains, sets, maps and counters. */
static int
object_parse(struct loader *l, const char *kind, const json_t *json)
{
	const char *name;
	int ret;

	if (strcmp(kind, "metainfo") == 0 || strcmp(kind, "rule") == 0)
		return 0;
	if (strcmp(kind, "add") == 0 || strcmp(kind, "create") == 0 ||
	    strcmp(kind, "insert") == 0 || strcmp(kind, "flush") == 0)
		return loader_fail(
			l,
			"the JSON contains commands ('%s'); expected what 'nft -j "
			"list ruleset' prints",
			kind);
	ret = place_parse(l, json, kind, &name);
	if (ret != 0)
		return ret;
	if (strcmp(kind, "table") == 0)
		return table_parse(l, json, name);
	if (strcmp(kind, "chain") == 0)
		return chain_parse(l, json, name);
	if (strcmp(kind, "set") == 0 || strcmp(kind, "map") == 0)
		return set_parse(l, json, kind, name);
	if (strcmp(kind, "counter") == 0)
		return name_add(l, kind, name, l->ir.ncounters++);
	return 0; /* limits, quotas, helpers: a rule that uses one is refused */
}

static int
stmts_parse(struct loader *l, const json_t *expr, struct ir_rule *rule)
{
	const json_t *stmt;
	size_t i;
	int ret;

	rule->stmts = arena_take(&l->ir.arena, STMTS_MAX * json_array_size(expr),
				 sizeof(*rule->stmts));
	if (rule->stmts == NULL)
		return loader_no_memory(l);
	json_array_foreach(expr, i, stmt) {
		ret = stmt_parse(l, stmt, &rule->stmts[rule->nstmts], &rule->nstmts);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* The rule's text and handle, and its first counter. */
static int
rule_describe(struct loader *l, const json_t *json, struct ir_rule *rule)
{
	char *line = NULL;
	uint32_t i;

	if (asprintf(&line, "%s: %s", l->chain, l->rule_text) < 0)
		return loader_no_memory(l);
	rule->text = arena_copy(&l->ir.arena, line);
	free(line);
	if (rule->text == NULL)
		return loader_no_memory(l);
	rule->handle = (uint64_t)json_integer_value(json_object_get(json, "handle"));
	rule->counter = -1;
	for (i = 0; i < rule->nstmts && rule->counter < 0; i++) {
		if (stmt_types[rule->stmts[i].kind]->effects & STMT_COUNTS)
			rule->counter = (int)rule->stmts[i].number;
	}
	return 0;
}

static void
chain_append(struct ir_chain *chain, struct ir_rule *rule)
{
	if (chain->last == NULL)
		chain->first = rule;
	else
		chain->last->next = rule;
	chain->last = rule;
	chain->nrules++;
}

static int
rule_parse(struct loader *l, const json_t *json)
{
	struct ir_rule *rule = &l->ir.rules[l->ir.nrules];
	const char *name;
	int64_t number;
	char *text;
	int ret;

	ret = place_parse(l, json, "rule", &name);
	if (ret != 0)
		return ret;
	number = name_find(l, "chain", name);
	if (number < 0)
		return loader_fail(
			l,
			"table %s %s has a rule in chain '%s', but no such chain; the "
			"ruleset must be what 'nft -j list ruleset' prints",
			l->family, l->table, name);
	if (l->ir.nrules == RULES_MAX)
		return loader_fail(
			l,
			"the ruleset has more than %d rules; use sets in place of rules "
			"that differ in a value only",
			RULES_MAX);
	text = rule_text(json);
	if (text == NULL)
		return loader_no_memory(l);
	l->rule_text = text;
	l->chain = name;
	ret = stmts_parse(l, json_object_get(json, "expr"), rule);
	if (ret == 0)
		ret = rule_describe(l, json, rule);
	l->chain = NULL;
	free(text);
	if (ret != 0)
		return ret;
	l->ir.nrules++;
	rule->chain = (uint32_t)number;
	chain_append(&l->ir.chains[number], rule);
	return 0;
}

/* Room for as many of each as there are objects of the kind. */
static int
room_take(struct loader *l, const json_t *objects)
{
	struct policy_ir *ir = &l->ir;
	uint32_t chains = 0, rules = 0, sets = 0;
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object) {
		chains += json_object_get(object, "chain") != NULL;
		rules += json_object_get(object, "rule") != NULL;
		sets += json_object_get(object, "set") != NULL ||
			json_object_get(object, "map") != NULL;
	}
	ir->chains = arena_take(&ir->arena, chains, sizeof(*ir->chains));
	ir->rules = arena_take(&ir->arena, rules + 1, sizeof(*ir->rules));
	l->sets = arena_take(&ir->arena, sets, sizeof(*l->sets));
	return ir->arena.failed ? loader_no_memory(l) : 0;
}

int
loader_run(struct loader *l, const json_t *root)
{
	const json_t *objects = json_object_get(root, "nftables"), *object, *value;
	const char *kind;
	size_t i;
	int ret;

	if (!json_is_array(objects))
		return loader_fail(
			l, "the JSON is not a ruleset; expected what 'nft -j list "
			   "ruleset' prints, an object with a member 'nftables'");
	ret = room_take(l, objects);
	json_array_foreach(objects, i, object) {
		json_object_foreach((json_t *)(uintptr_t)object, kind, value) {
			if (ret == 0)
				ret = object_parse(l, kind, value);
		}
	}
	json_array_foreach(objects, i, object) {
		value = json_object_get(object, "rule");
		if (ret == 0 && value != NULL)
			ret = rule_parse(l, value);
	}
	if (ret == 0 && l->ir.nbase == 0)
		return loader_fail(
			l, "no base chain 'type filter hook forward' found; without "
			   "one no packet is filtered. Begin the file like 'table inet "
			   "filter { chain forward { type filter hook forward priority "
			   "filter; policy drop; .. } }'");
	return ret;
}
