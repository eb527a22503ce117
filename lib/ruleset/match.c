/* SPDX-License-Identifier: BSD-3-Clause */
/* Matches and verdict maps: the key, and what it is compared with, made into a set. */
#include <string.h>

#include "loader.h"

/* `in` and `!` compare flags: at least one is set, or none. */
static int
flag_test(struct loader *l, const json_t *right, bool any, struct ir_match *match)
{
	struct intervals flags;
	int ret;

	ret = value_parse(l, key_type(&match->key), right, &flags);
	if (ret != 0)
		return ret;
	if (flags.count != 1 || flags.lo[0] != flags.hi[0])
		return expr_refuse(l, right);
	match->key.mask &= flags.lo[0];
	match->negate = any;
	match->set = set_of_interval(&l->ir.arena, 0, 0);
	return match->set != NULL ? 0 : loader_no_memory(l);
}

static int
order_test(struct loader *l, const char *op, const json_t *right, struct ir_match *match)
{
	enum value_type type = key_type(&match->key);
	u128 value;
	int ret;

	if (type == TYPE_IFNAME || value_is_flags(type))
		return loader_fail(l, "'%s' cannot compare a %s; use == or !=", op,
				   value_type_name(type));
	ret = value_scalar(l, type, right, &value);
	if (ret != 0)
		return ret;
	/* the set is the half that begins at 0; the other half is its negation */
	match->negate = op[0] == '>';
	if (strcmp(op, "<=") == 0 || strcmp(op, ">") == 0)
		match->set = set_of_interval(&l->ir.arena, 0, value);
	else if (value > 0)
		match->set = set_of_interval(&l->ir.arena, 0, value - 1);
	else /* no value is below 0 */
		match->set = set_of_interval(&l->ir.arena, 1, 0);
	return match->set != NULL ? 0 : loader_no_memory(l);
}

/* A set that has a name: "@name". */
static int
named_set_use(struct loader *l, const char *name, struct ir_match *match, bool map)
{
	int64_t number = name_find(l, map ? "map" : "set", name);
	struct named_set *named;

	if (number < 0)
		return loader_fail(
			l, "table %s %s has no %s '%s'; define it, or correct the name",
			l->family, l->table, map ? "verdict map" : "set", name);
	named = &l->sets[number];
	match->set = &named->set;
	return elements_build(l, named, &match->key, named->elements, false);
}

/* The set on the right side, with a name or without; a single value is a set as well. */
static int
set_parse(struct loader *l, const json_t *right, struct ir_match *match, bool map)
{
	const json_t *elements = json_object_get(right, "set");
	const char *text = json_string_value(right);
	struct named_set *anonymous;

	if (text != NULL && text[0] == '@')
		return named_set_use(l, text + 1, match, map);
	if (map && elements == NULL)
		return expr_refuse(l, right);
	anonymous = arena_take(&l->ir.arena, 1, sizeof(*anonymous));
	if (anonymous == NULL)
		return loader_no_memory(l);
	anonymous->map = map;
	match->set = &anonymous->set;
	return elements_build(l, anonymous, &match->key,
			      elements != NULL ? elements : right, elements == NULL);
}

/*
 * `ip6 nexthdr` is compared with the transport protocol. The two are the same unless
 * there are extension headers, so a match on one of those is refused.
 */
static int
nexthdr_check(struct loader *l, const struct ir_match *match)
{
	static const uint8_t extensions[] = {0, 43, 44, 60, 135, 139, 140};
	const struct ir_set *set = match->set;
	uint32_t i, f, e;

	for (f = 0; f < match->key.nfields; f++) {
		if (match->key.field[f] != FIELD_IP6_NEXTHDR)
			continue;
		for (i = 0; i < set->count * sizeof(extensions); i++) {
			e = i / sizeof(extensions) * set->nfields + f;
			if (set->lo[e] <= extensions[i % sizeof(extensions)] &&
			    set->hi[e] >= extensions[i % sizeof(extensions)])
				return loader_fail(l,
						   "'ip6 nexthdr' cannot match extension "
						   "headers (%u); "
						   "use 'meta l4proto'",
						   extensions[i % sizeof(extensions)]);
		}
	}
	return 0;
}

/* {"match": {"op": .., "left": .., "right": ..}} */
int
match_read(struct loader *l, const json_t *json, struct ir_match *match)
{
	const json_t *right = json_object_get(json, "right");
	const char *op = json_text(json, "op");
	const char *text = json_string_value(right);
	bool set = json_object_get(right, "set") != NULL ||
		   (text != NULL && text[0] == '@');
	bool flags;
	int ret;

	ret = key_parse(l, json_object_get(json, "left"), &match->key);
	if (ret != 0)
		return ret;
	if (right == NULL)
		return loader_fail(l,
				   "a match has no right side; the ruleset must be what "
				   "'nft -j list ruleset' prints");
	flags = match->key.nfields == 1 && value_is_flags(key_type(&match->key));
	if (op == NULL)
		op = flags ? "in" : "==";
	if (flags && !set && (strcmp(op, "in") == 0 || strcmp(op, "!") == 0))
		return flag_test(l, right, op[0] == 'i', match);
	if (op[0] == '<' || op[0] == '>') {
		if (match->key.nfields != 1 || set)
			return loader_fail(
				l,
				"'%s' can compare one field with one value only; "
				"write a range, or a rule for each value",
				op);
		return order_test(l, op, right, match);
	}
	if (strcmp(op, "==") != 0 && strcmp(op, "!=") != 0 && strcmp(op, "in") != 0)
		return loader_fail(
			l,
			"comparison '%s' is not supported here; expected ==, !=, <, "
			"<=, > or >=",
			op);
	match->negate = op[0] == '!';
	ret = set_parse(l, right, match, false);
	return ret == 0 ? nexthdr_check(l, match) : ret;
}

/* {"vmap": {"key": .., "data": "@map" or {"set": [[value, verdict], ..]}}} */
int
map_read(struct loader *l, const json_t *json, struct ir_match *match)
{
	int ret;

	ret = key_parse(l, json_object_get(json, "key"), &match->key);
	if (ret == 0)
		ret = set_parse(l, json_object_get(json, "data"), match, true);
	return ret == 0 ? nexthdr_check(l, match) : ret;
}
