/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ruleset as nft's JSON lists it: an array of objects, each with one member that says
 * what it is. Versions of nft differ in what they leave out, so whatever has no meaning for
 * the evaluation may be missing; what has one and is not known is an error.
 *
 * Two passes: chains, sets and counters first, since rules speak of those that come later.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

#define RULES_MAX UINT16_MAX /* policy_verdict.rule */
#define QUOTED_MAX 600       /* of a rule's text in a message */

const char *
json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int
loader_fail(struct loader *l, const char *format, ...)
{
	size_t used = 0, size = sizeof(l->error->text);
	char *rule;
	va_list ap;

	l->error->text[0] = '\0';
	if (l->rule != NULL) {
		rule = rule_text(l->rule);
		used = (size_t)snprintf(l->error->text, size,
					"table %s %s, chain %s, rule \"%.*s%s\": ",
					l->family, l->table, json_text(l->rule, "chain"),
					QUOTED_MAX, rule != NULL ? rule : "",
					rule != NULL && strlen(rule) > QUOTED_MAX ? ".."
										  : "");
		free(rule);
	}
	if (used < size) {
		va_start(ap, format);
		vsnprintf(l->error->text + used, size - used, format, ap);
		va_end(ap);
	}
	return -EINVAL;
}

int
loader_no_memory(struct loader *l)
{
	snprintf(l->error->text, sizeof(l->error->text), "no memory for the rules");
	return -ENOMEM;
}

/* NULL: no memory. */
static char *
index_key(const char *kind, const char *family, const char *table, const char *name)
{
	char *key;

	if (asprintf(&key, "%s %s %s %s", kind, family, table, name) < 0)
		return NULL;
	return key;
}

int64_t
loader_find(const struct loader *l, const char *kind, const char *name)
{
	char *key = index_key(kind, l->family, l->table, name);
	const json_t *number = key != NULL ? json_object_get(l->index, key) : NULL;

	free(key);
	return number != NULL ? json_integer_value(number) : -1;
}

static int
loader_add(struct loader *l, const char *kind, const char *name, uint32_t number)
{
	char *key = index_key(kind, l->family, l->table, name);
	int ret = 0;

	if (key == NULL)
		return loader_no_memory(l);
	if (json_object_get(l->index, key) != NULL)
		ret = loader_fail(l, "table %s %s: there are two of %s '%s'", l->family,
				  l->table, kind, name);
	else if (json_object_set_new(l->index, key, json_integer(number)) != 0)
		ret = loader_no_memory(l);
	free(key);
	return ret;
}

/* Where an object belongs; its own name too where it has one. */
static int
place_parse(struct loader *l, const json_t *json, const char *kind, const char **name)
{
	l->family = json_text(json, "family");
	l->table = json_text(json, strcmp(kind, "table") == 0 ? "name" : "table");
	*name = json_text(json, strcmp(kind, "rule") == 0 ? "chain" : "name");
	if (l->family == NULL || l->table == NULL || *name == NULL)
		return loader_fail(l,
				   "a %s of the ruleset does not say its family, table "
				   "or name",
				   kind);
	if (strcmp(l->family, "inet") != 0 && strcmp(l->family, "ip") != 0 &&
	    strcmp(l->family, "ip6") != 0)
		return loader_fail(l,
				   "table %s %s: tables of family %s are not supported; "
				   "inet, ip and ip6 are",
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
		return loader_fail(l, "table %s %s: flag 'dormant' is not supported",
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
			"table %s %s, chain %s: 'type %s hook %s' is not supported: sluice "
			"only forwards, so it takes base chains of 'type filter hook forward'; "
			"keep the host's own chains in a file of their own",
			l->family, l->table, chain->name, type != NULL ? type : "?",
			hook != NULL ? hook : "?");
	if (policy != NULL && strcmp(policy, "accept") != 0 &&
	    strcmp(policy, "drop") != 0)
		return loader_fail(l,
				   "table %s %s, chain %s: policy '%s' is neither accept "
				   "nor drop",
				   l->family, l->table, chain->name, policy);
	if (priority != NULL && !json_is_integer(priority))
		return loader_fail(l, "table %s %s, chain %s: its priority is no number",
				   l->family, l->table, chain->name);
	chain->base = true;
	chain->drop = policy != NULL && policy[0] == 'd';
	chain->priority = json_integer_value(priority);
	l->policy->nbase++;
	return 0;
}

static int
chain_parse(struct loader *l, const json_t *json, const char *name)
{
	struct policy *policy = l->policy;
	struct ir_chain *chain = &policy->chains[policy->nchains];
	int ret;

	chain->name = arena_copy(&policy->arena, name);
	chain->table = arena_copy(&policy->arena, l->table);
	if (policy->arena.failed)
		return loader_no_memory(l);
	chain->family = strcmp(l->family, "ip") == 0    ? 4
			: strcmp(l->family, "ip6") == 0 ? 6
							: 0;
	ret = loader_add(l, "chain", name, policy->nchains++);
	if (ret == 0 && (json_object_get(json, "hook") != NULL ||
			 json_object_get(json, "type") != NULL))
		ret = base_parse(l, json, chain);
	return ret;
}

static int
set_parse(struct loader *l, const json_t *json, const char *kind, const char *name)
{
	static const char *const refused[] = {"timeout", "dynamic"};
	struct policy *policy = l->policy;
	struct ir_set *set = &policy->sets[policy->nsets];
	const char *data = json_text(json, "map");
	size_t i;

	set->name = arena_copy(&policy->arena, name);
	if (set->name == NULL)
		return loader_no_memory(l);
	set->elements = json_object_get(json, "elem");
	set->map = strcmp(kind, "map") == 0;
	/* refused only where a rule uses it: by itself it does nothing */
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (has_flag(json, refused[i]) ||
		    json_object_get(json, refused[i]) != NULL)
			set->refused = refused[i];
	}
	if (json_object_get(json, "stmt") != NULL)
		set->refused = "statements of its elements";
	if (set->map && (data == NULL || strcmp(data, "verdict") != 0))
		set->refused = "another type of data than verdicts";
	return loader_add(l, kind, name, policy->nsets++);
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
		return loader_fail(l,
				   "the JSON holds commands ('%s'): what 'nft -j list "
				   "ruleset' prints is expected",
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
		return loader_add(l, kind, name, l->policy->ncounters++);
	return 0; /* limits, quotas, helpers: nothing until a rule uses them; that is refused */
}

static int
rule_store(struct loader *l, const json_t *json, struct ir_rule *rule)
{
	struct arena *arena = &l->policy->arena;
	char *text = rule_text(json), *line = NULL;
	uint32_t i;

	if (text != NULL && asprintf(&line, "%s: %s", json_text(json, "chain"), text) < 0)
		line = NULL;
	rule->text = line != NULL ? arena_copy(arena, line) : NULL;
	free(line);
	free(text);
	if (rule->text == NULL)
		return loader_no_memory(l);
	rule->handle = (uint64_t)json_integer_value(json_object_get(json, "handle"));
	rule->counter = -1;
	for (i = 0; i < rule->nstmts && rule->counter < 0; i++) {
		if (rule->stmts[i].kind == STMT_COUNTER)
			rule->counter = (int)rule->stmts[i].counter;
	}
	return 0;
}

static int
rule_parse(struct loader *l, const json_t *json)
{
	struct policy *policy = l->policy;
	struct ir_rule *rule = &policy->rules[policy->nrules];
	const json_t *expr = json_object_get(json, "expr"), *stmt;
	struct ir_chain *chain;
	const char *name;
	int64_t number;
	size_t i;
	int ret;

	ret = place_parse(l, json, "rule", &name);
	if (ret != 0)
		return ret;
	number = loader_find(l, "chain", name);
	if (number < 0)
		return loader_fail(
			l, "table %s %s: a rule is in chain '%s', which there is not",
			l->family, l->table, name);
	if (policy->nrules == RULES_MAX)
		return loader_fail(l, "more than %d rules", RULES_MAX);
	l->rule = json;
	rule->stmts = arena_take(&policy->arena, 2 * json_array_size(expr),
				 sizeof(*rule->stmts));
	if (rule->stmts == NULL)
		return loader_no_memory(l);
	json_array_foreach(expr, i, stmt) {
		ret = stmt_parse(l, stmt, &rule->stmts[rule->nstmts], &rule->nstmts);
		if (ret != 0)
			return ret;
	}
	ret = rule_store(l, json, rule);
	if (ret != 0)
		return ret;
	l->rule = NULL;
	policy->nrules++;
	rule->chain = (uint32_t)number;
	chain = &policy->chains[number];
	if (chain->last == NULL)
		chain->first = rule;
	else
		chain->last->next = rule;
	chain->last = rule;
	chain->nrules++;
	return 0;
}

/* Room for as many of each as there are objects of the kind. */
static int
room_take(struct loader *l, const json_t *objects)
{
	struct policy *policy = l->policy;
	uint32_t chains = 0, rules = 0, sets = 0;
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object) {
		chains += json_object_get(object, "chain") != NULL;
		rules += json_object_get(object, "rule") != NULL;
		sets += json_object_get(object, "set") != NULL ||
			json_object_get(object, "map") != NULL;
	}
	policy->chains = arena_take(&policy->arena, chains, sizeof(*policy->chains));
	policy->rules = arena_take(&policy->arena, rules + 1, sizeof(*policy->rules));
	policy->sets = arena_take(&policy->arena, sets, sizeof(*policy->sets));
	return policy->arena.failed ? loader_no_memory(l) : 0;
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
			l, "the JSON is no ruleset: what 'nft -j list ruleset' "
			   "prints is expected, an object with a member 'nftables'");
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
	if (ret == 0 && l->policy->nbase == 0)
		return loader_fail(
			l, "no base chain 'type filter hook forward' found: without "
			   "one nothing is filtered; a file begins like 'table inet "
			   "filter { chain forward { type filter hook forward priority "
			   "filter; policy drop; .. } }'");
	return ret;
}
