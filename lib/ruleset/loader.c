/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the ruleset from nft's JSON: an array of objects, each with one member whose name
 * is the kind of the object. Different versions of nft omit different members, so a
 * member that does not affect the evaluation may be missing. An unknown member that
 * affects it is an error.
 *
 * The first pass collects chains, sets and counters, because rules may refer to objects
 * that come later. Then the chains that packets can reach are determined, and their rules
 * are read. An error in a rule does not stop the reading: the report has all errors.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define RULES_MAX UINT16_MAX /* rule numbers have 16 bits: policy_verdict.rule */

/* Read the family and the table of an object, and its name where it has one. */
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
	return 0;
}

/*
 * Whether a table has the flag `dormant`, and is ignored. nft 1.0.6 prints the table's
 * own name instead of each of its flags. sluice-rules adds the list of dormant tables;
 * without it the flag is unknown.
 */
static int
table_parse(struct loader *l, const json_t *json, const char *name)
{
	char *key;
	int ret = 0;

	if (json_has_flag(json, "dormant") || annotation_dormant(l, l->family, name)) {
		if (asprintf(&key, "%s %s", l->family, name) < 0)
			return loader_no_memory(l);
		if (json_object_set_new(l->asleep, key, json_true()) != 0)
			ret = loader_no_memory(l);
		free(key);
		if (ret == 0)
			loader_tell(l, RULESET_NOTICE,
				    "table %s %s has the flag dormant: it takes no part",
				    l->family, name);
		return ret;
	}
	if (json_has_flag(json, name) && l->annotations == NULL)
		return loader_fail(l,
				   "table %s %s has a flag that nft 1.0.6 garbles in its "
				   "JSON, perhaps 'dormant'; give the rule file as text, "
				   "or set \"flags\" to [\"dormant\"] or remove it",
				   l->family, name);
	return 0;
}

static bool
table_sleeps(const struct loader *l)
{
	char *key;
	bool sleeps;

	if (json_object_size(l->asleep) == 0 ||
	    asprintf(&key, "%s %s", l->family, l->table) < 0)
		return false;
	sleeps = json_object_get(l->asleep, key) != NULL;
	free(key);
	return sleeps;
}

static enum ir_hook
hook_of(const char *name, int64_t priority)
{
	if (strcmp(name, "forward") == 0)
		return HOOK_FORWARD;
	if (strcmp(name, "postrouting") == 0)
		return HOOK_POSTROUTING;
	return priority < PRIORITY_CONNTRACK ? HOOK_RAW : HOOK_PREROUTING;
}

static int
base_parse(struct loader *l, const json_t *json, struct ir_chain *chain)
{
	const char *policy = json_text(json, "policy");
	const json_t *priority = json_object_get(json, "prio");

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
	chain->hook = hook_of(json_text(json, "hook"), chain->priority);
	l->ir.nbase++;
	l->ir.nraw += chain->hook == HOOK_RAW;
	l->nforward += chain->hook == HOOK_FORWARD;
	return 0;
}

static int
chain_parse(struct loader *l, const json_t *json, const char *name)
{
	struct policy_ir *ir = &l->ir;
	struct ir_chain *chain = &ir->chains[ir->nchains];
	struct chain_info *info = &l->chains[ir->nchains];
	const char *policy = json_text(json, "policy");
	int ret;

	chain->name = arena_copy(&ir->arena, name);
	chain->table = arena_copy(&ir->arena, l->table);
	chain->table_family = arena_copy(&ir->arena, l->family);
	if (ir->arena.failed)
		return loader_no_memory(l);
	chain->family = strcmp(l->family, "ip") == 0    ? 4
			: strcmp(l->family, "ip6") == 0 ? 6
							: 0;
	*info = (struct chain_info){
		.family = l->family,
		.table = l->table,
		.name = name,
		.type = json_text(json, "type"),
		.hook = json_text(json, "hook"),
		.drop = policy != NULL && strcmp(policy, "drop") == 0,
		.dormant = table_sleeps(l),
		.bridge_judged = l->bridge_judged,
	};
	ret = name_add(l, "chain", name, ir->nchains++);
	if (ret == 0 && (info->hook != NULL) != (info->type != NULL))
		return loader_fail(l,
				   "table %s %s, chain %s: has a hook or a type, but not "
				   "both; the ruleset must be what 'nft -j list ruleset' "
				   "prints",
				   l->family, l->table, name);
	if (ret == 0 && chain_is_judged(info))
		ret = base_parse(l, json, chain);
	return ret;
}

/*
 * Find a property of a set that is not supported. It is an error only in a rule that uses
 * the set.
 */
static int
set_parse(struct loader *l, const json_t *json, const char *kind, const char *name)
{
	struct named_set *set = &l->sets[l->nsets];
	const char *data = json_text(json, "map");

	set->name = name;
	set->json = json;
	set->elements = json_object_get(json, "elem");
	set->map = strcmp(kind, "map") == 0;
	set->data = set->map && (data == NULL || strcmp(data, "verdict") != 0);
	set->live = live_is_wanted(json) && !set->data;
	return name_add(l, kind, name, l->nsets++);
}

/* Add a named counter, limit or quota. */
static int
cell_parse(struct loader *l, const char *kind, const json_t *json, const char *name)
{
	struct ir_counter *counter = NULL;
	struct ir_object *object = NULL;
	struct reader reader;
	struct ir_cell cell;
	char *known;
	int ret;

	cell_reader_init(&reader, l, kind, json);
	ret = cell_read(&reader.stmt, &cell);
	if (ret == 0)
		ret = state_name(l, kind, name, &known);
	if (ret != 0)
		return ret;
	if (cell.type == CELL_COUNTER)
		counter = ir_counter_add(&l->ir, known);
	else
		object = ir_object_add(&l->ir, known);
	free(known);
	if (counter != NULL) {
		counter->initial = cell.initial;
		return name_add(l, kind, name, counter->number);
	}
	if (object == NULL)
		return loader_no_memory(l);
	object->cell = cell;
	l->objects[l->nobjects] = object;
	return name_add(l, kind, name, l->nobjects++);
}

/* Add a chain, a set, a map or a counter. */
static int
object_parse(struct loader *l, const char *kind, const json_t *json)
{
	const char *name;
	int ret;

	if (strcmp(kind, "metainfo") == 0 || strcmp(kind, "rule") == 0 ||
	    strcmp(kind, "sluice") == 0)
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
	if (strcmp(kind, "counter") == 0 || strcmp(kind, "limit") == 0 ||
	    strcmp(kind, "quota") == 0)
		return cell_parse(l, kind, json, name);
	if (strcmp(kind, "ct timeout") == 0) {
		l->timeouts[l->ntimeouts].json = json;
		return name_add(l, kind, name, l->ntimeouts++);
	}
	return 0; /* helpers and others are ignored; a rule that uses one is an error */
}

/* Store a rule of any chain. It is read when its chain is reached. */
static int
rule_collect(struct loader *l, const json_t *json)
{
	struct rule_info *info = &l->rule_infos[l->nrule_infos++];
	struct chain_info *chain;
	const char *name;
	int64_t number;
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
	chain = &l->chains[number];
	*info = (struct rule_info){.json = json, .chain = (uint32_t)number};
	if (chain->rules == 0)
		chain->rules = l->nrule_infos;
	else
		l->rule_infos[chain->last - 1].next = l->nrule_infos;
	chain->last = l->nrule_infos;
	return 0;
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
		if (json_is_string(stmt))
			return loader_fail(l,
					   "the JSON of nft does not have the rules of a "
					   "chain without a name; give the chain a name, "
					   "and jump to that");
		ret = stmt_parse(l, stmt, &rule->stmts[rule->nstmts], &rule->nstmts);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* Set the rule's text, its handle and the number of its first counter. */
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

/* Read the rule's statements, and append the rule to its chain. */
static int
rule_read(struct loader *l, const json_t *json, uint32_t chain)
{
	struct ir_rule *rule = &l->ir.rules[l->ir.nrules];
	int ret;

	memset(rule, 0, sizeof(*rule));
	ret = stmts_parse(l, json_object_get(json, "expr"), rule);
	if (ret == 0)
		ret = rule_describe(l, json, rule);
	if (ret != 0)
		return ret;
	l->ir.nrules++;
	rule->chain = chain;
	chain_append(&l->ir.chains[chain], rule);
	return 0;
}

/* Read the rule with an index in the JSON. */
static int
rule_parse(struct loader *l, uint32_t number)
{
	const struct rule_info *info = &l->rule_infos[number];
	const struct chain_info *chain = &l->chains[info->chain];
	char *text = NULL;
	int ret;

	if ((chain->marks & (MARK_JUDGED | MARK_BESIDE)) == 0)
		return 0;
	l->lenient = (chain->marks & MARK_JUDGED) == 0 && !l->refuse_other;
	l->family = chain->family;
	l->table = chain->table;
	annotation_rule(l, number, info->json, &l->rule_text, &l->rule_place);
	if (l->rule_text == NULL)
		l->rule_text = text = rule_text(info->json);
	if (l->rule_text == NULL)
		return loader_no_memory(l);
	l->chain = chain->name;
	if (l->ir.nrules == RULES_MAX)
		ret = loader_fail(l,
				  "this is one rule more than %d; use sets in place of "
				  "rules that differ in a value only",
				  RULES_MAX);
	else
		ret = rule_read(l, info->json, info->chain);
	l->chain = l->rule_text = l->rule_place = NULL;
	free(text);
	if (l->lenient && ret == -EINVAL)
		ret = 0;
	l->lenient = false;
	return ret;
}

/* The number of meters in a rule. Each may be a set that the JSON does not list. */
static uint32_t
meters_count(const json_t *rule)
{
	const json_t *stmt;
	uint32_t count = 0;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, stmt) {
		count += json_object_get(stmt, "meter") != NULL;
	}
	return count;
}

/* Allocate the arrays: for each kind, as many entries as the JSON has objects. */
static int
room_take(struct loader *l, const json_t *objects)
{
	struct policy_ir *ir = &l->ir;
	uint32_t chains = 0, rules = 0, sets = 0, cells = 0, timeouts = 0;
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object) {
		chains += json_object_get(object, "chain") != NULL;
		rules += json_object_get(object, "rule") != NULL;
		sets += json_object_get(object, "set") != NULL ||
			json_object_get(object, "map") != NULL;
		sets += meters_count(json_object_get(object, "rule"));
		cells += json_object_get(object, "limit") != NULL ||
			 json_object_get(object, "quota") != NULL;
		timeouts += json_object_get(object, "ct timeout") != NULL;
	}
	l->timeouts = arena_take(&ir->arena, timeouts, sizeof(*l->timeouts));
	ir->timeouts = arena_take(&ir->arena, timeouts, sizeof(*ir->timeouts));
	l->objects = arena_take(&ir->arena, cells, sizeof(*l->objects));
	ir->chains = arena_take(&ir->arena, chains, sizeof(*ir->chains));
	ir->rules = arena_take(&ir->arena, rules + 1, sizeof(*ir->rules));
	l->sets = arena_take(&ir->arena, sets, sizeof(*l->sets));
	l->chains = arena_take(&ir->arena, chains, sizeof(*l->chains));
	l->rule_infos = arena_take(&ir->arena, rules, sizeof(*l->rule_infos));
	return ir->arena.failed ? loader_no_memory(l) : 0;
}

/*
 * First pass: read all objects except rules, and store the rules' JSON. Stops at the
 * first error.
 */
static int
objects_collect(struct loader *l, const json_t *objects)
{
	const json_t *object, *value;
	const char *kind;
	size_t i;
	int ret = room_take(l, objects);

	json_array_foreach(objects, i, object) {
		json_object_foreach((json_t *)(uintptr_t)object, kind, value) {
			if (ret == 0)
				ret = object_parse(l, kind, value);
		}
	}
	json_array_foreach(objects, i, object) {
		value = json_object_get(object, "rule");
		if (ret == 0 && value != NULL)
			ret = rule_collect(l, value);
	}
	return ret;
}

static int
judged_mark(struct loader *l)
{
	unsigned effects;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < l->ir.nchains && ret == 0; i++)
		if (l->ir.chains[i].base)
			ret = reach_mark(l, i,
					 l->ir.chains[i].hook == HOOK_FORWARD
						 ? MARK_JUDGED
						 : MARK_BESIDE,
					 &effects);
	return ret;
}

/* Read all rules that packets can reach. An error in one does not stop the reading. */
static int
rules_parse(struct loader *l)
{
	int ret, failed = 0;
	uint32_t i;

	for (i = 0; i < l->nrule_infos; i++) {
		ret = rule_parse(l, i);
		if (ret == -ENOMEM)
			return ret;
		failed = ret != 0 ? ret : failed;
	}
	return failed;
}

int
loader_run(struct loader *l, const json_t *root)
{
	const json_t *objects = json_object_get(root, "nftables");
	int ret, failed;

	if (!json_is_array(objects))
		return loader_fail(
			l, "the JSON is not a ruleset; expected what 'nft -j list "
			   "ruleset' prints, an object with a member 'nftables'");
	annotation_find(l, objects);
	l->bridge_judged = bridge_is_judged(objects);
	ret = objects_collect(l, objects);
	if (ret == 0)
		ret = judged_mark(l);
	if (ret != 0)
		return ret;
	failed = rules_parse(l);
	if (failed == -ENOMEM)
		return failed;
	ret = others_report(l);
	if (ret == 0 && failed == 0 && l->nforward == 0)
		return loader_fail(
			l, "no base chain 'type filter hook forward' found; without "
			   "one no packet is filtered. Begin the file like 'table inet "
			   "filter { chain forward { type filter hook forward priority "
			   "filter; policy drop; .. } }'");
	return ret != 0 ? ret : failed;
}
