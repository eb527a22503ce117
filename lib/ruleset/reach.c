/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the chains that a base chain reaches by jump and goto, and what their rules do.
 * It reads only the names of statements and targets, because it also runs on chains that
 * sluice does not evaluate, which may contain anything.
 */
#include <string.h>

#include "loader.h"

/*
 * largest depth of a rule's JSON that is searched; reading the rule rejects deeper ones
 */
#define NESTING_MAX 64

/* Names of statements in nft's JSON, with their effect on forwarded packets. */
static const struct {
	const char *name;
	unsigned effect;
} effects[] = {
	{"drop", REACH_DROPS},          {"reject", REACH_DROPS},
	{"queue", REACH_QUEUES},        {"notrack", REACH_NOTRACK},
	{"mangle", REACH_SETS},         {"snat", REACH_TRANSLATES},
	{"dnat", REACH_TRANSLATES},     {"masquerade", REACH_TRANSLATES},
	{"redirect", REACH_TRANSLATES}, {"tproxy", REACH_DIVERTS},
	{"dup", REACH_DIVERTS},         {"fwd", REACH_DIVERTS},
	{"ct helper", REACH_SETS},      {"ct timeout", REACH_SETS},
	{"ct expectation", REACH_SETS}, {"synproxy", REACH_DIVERTS},
};

struct scan {
	struct loader *l;
	unsigned mark; /* enum reach bit that each chain which is reached gets */
	unsigned effects;
	unsigned depth;
	/*
	 * numbers of chains whose rules have not been read yet; there is room for all
	 * chains
	 */
	uint32_t *stack;
	uint32_t height;
};

static void value_scan(struct scan *s, const json_t *json);

static void
chain_push(struct scan *s, uint32_t number)
{
	struct chain_info *info = &s->l->chains[number];

	if ((info->marks & s->mark) != 0)
		return;
	info->marks |= s->mark;
	s->stack[s->height++] = number;
}

static void
target_scan(struct scan *s, const json_t *json)
{
	const char *name = json_is_string(json) ? json_string_value(json)
						: json_text(json, "target");
	int64_t number = name != NULL ? name_find(s->l, "chain", name) : -1;

	if (number >= 0)
		chain_push(s, (uint32_t)number);
}

/* Follow the verdicts of a map, which may jump. Done once for each mark. */
static void
map_scan(struct scan *s, const char *name)
{
	int64_t number = name_find(s->l, "map", name);
	struct named_set *map = number >= 0 ? &s->l->sets[number] : NULL;

	if (map == NULL || (map->marks & s->mark) != 0)
		return;
	map->marks |= s->mark;
	value_scan(s, map->elements);
}

/* Mark the set that a statement writes, as in `add @banned { ip saddr }`. */
static void
write_scan(struct scan *s, const json_t *json)
{
	const char *name = json_text(json, "set");
	int64_t number = -1;

	if (json_text(json, "op") == NULL || name == NULL)
		return;
	name += name[0] == '@';
	number = name_find(s->l, "set", name);
	if (number < 0)
		number = name_find(s->l, "map", name);
	if (number >= 0)
		s->l->sets[number].written |= s->mark;
}

/* Whether the mangle target has no effect on decisions: a trace flag, a traffic class. */
static bool
is_harmless(const char *key, const json_t *value)
{
	const char *meta =
		json_text(json_object_get(json_object_get(value, "key"), "meta"), "key");

	return strcmp(key, "mangle") == 0 && meta != NULL &&
	       (strcmp(meta, "nftrace") == 0 || strcmp(meta, "priority") == 0);
}

static void
effect_scan(struct scan *s, const char *key, const json_t *value)
{
	size_t i;

	for (i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (strcmp(key, effects[i].name) == 0 && !is_harmless(key, value))
			s->effects |= effects[i].effect;
}

static void
member_scan(struct scan *s, const char *key, const json_t *value)
{
	if (s->mark == MARK_OTHER)
		effect_scan(s, key, value);
	if (strcmp(key, "jump") == 0 || strcmp(key, "goto") == 0)
		target_scan(s, value);
	else if (strcmp(key, "set") == 0 || strcmp(key, "map") == 0)
		write_scan(s, value);
	value_scan(s, value);
}

static void
value_scan(struct scan *s, const json_t *json)
{
	const char *text = json_string_value(json), *key;
	const json_t *value;
	size_t i;

	if (text != NULL && text[0] == '@') {
		map_scan(s, text + 1);
		return;
	}
	if (s->depth == NESTING_MAX)
		return;
	s->depth++;
	json_array_foreach(json, i, value)
		value_scan(s, value);
	if (json_is_object(json)) {
		json_object_foreach((json_t *)(uintptr_t)json, key, value)
			member_scan(s, key, value);
	}
	s->depth--;
}

static void
rules_scan(struct scan *s, const struct chain_info *info)
{
	struct loader *l = s->l;
	uint32_t rule;

	l->family = info->family;
	l->table = info->table;
	for (rule = info->rules; rule != 0; rule = l->rule_infos[rule - 1].next)
		value_scan(s, json_object_get(l->rule_infos[rule - 1].json, "expr"));
}

/*
 * Remove MARK_OTHER everywhere, so that the search from each base chain that is not
 * evaluated starts anew.
 */
static void
marks_clear(struct loader *l)
{
	uint32_t i;

	for (i = 0; i < l->ir.nchains; i++)
		l->chains[i].marks &= ~(unsigned)MARK_OTHER;
	for (i = 0; i < l->nsets; i++)
		l->sets[i].marks &= ~(unsigned)MARK_OTHER;
}

int
reach_mark(struct loader *l, uint32_t from, unsigned mark, unsigned *effects_found)
{
	struct scan s = {.l = l, .mark = mark};

	s.stack = arena_take(&l->ir.arena, l->ir.nchains, sizeof(*s.stack));
	if (s.stack == NULL)
		return loader_no_memory(l);
	if (mark == MARK_OTHER)
		marks_clear(l);
	chain_push(&s, from);
	while (s.height > 0)
		rules_scan(&s, &l->chains[s.stack[--s.height]]);
	*effects_found = s.effects;
	return 0;
}
