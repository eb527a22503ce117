/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads matches and verdict maps: the key, and the set that it is compared with. */
#include <errno.h>
#include <string.h>

#include "loader.h"

/*
 * Build the set for a flag test. `in` matches when at least one flag is set, `!` when
 * none is.
 */
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
	/*
	 * store the interval that begins at 0; its negation gives the opposite operator
	 */
	match->negate = op[0] == '>';
	if (strcmp(op, "<=") == 0 || strcmp(op, ">") == 0)
		match->set = set_of_interval(&l->ir.arena, 0, value);
	else if (value > 0)
		match->set = set_of_interval(&l->ir.arena, 0, value - 1);
	else /* the value is 0, and no value is below 0 */
		match->set = set_of_interval(&l->ir.arena, 1, 0);
	return match->set != NULL ? 0 : loader_no_memory(l);
}

/* Requirements on the right side of a match or on a map. */
struct wanted {
	bool map;
	/* it has to be a map to values of data_type, not to verdicts */
	bool data;
	uint8_t data_type; /* enum value_type */
};

/*
 * Check that a map has the data that the statement needs, and the same type in each
 * statement.
 */
static int
data_check(struct loader *l, struct named_set *named, const struct wanted *wanted)
{
	if (named->data != wanted->data)
		return loader_fail(
			l, "map '%s' is a map of %s, and the rule needs one of %s",
			named->name, named->data ? "values" : "verdicts",
			wanted->data ? "values" : "verdicts");
	if (named->built && named->data_type != wanted->data_type)
		return loader_fail(l,
				   "map '%s' gives another type of value in an earlier "
				   "rule; use a map for each type",
				   named->name);
	named->data_type = wanted->data_type;
	return 0;
}

/* Get a named set, "@name". */
static int
named_set_use(struct loader *l, const char *name, struct ir_match *match,
	      const struct wanted *wanted)
{
	const bool map = wanted->map;
	int64_t number = name_find(l, map ? "map" : "set", name);
	struct named_set *named;

	if (number < 0)
		return loader_fail(
			l, "table %s %s has no %s '%s'; define it, or correct the name",
			l->family, l->table,
			wanted->data ? "map"
			: map        ? "verdict map"
				     : "set",
			name);
	named = &l->sets[number];
	if (map && data_check(l, named, wanted) != 0)
		return -EINVAL;
	match->set = &named->set;
	return elements_build(l, named, &match->key, named->elements, false);
}

/* Get the set on the right side, named or not. A single value is a set of one element. */
static int
set_parse(struct loader *l, const json_t *right, struct ir_match *match,
	  const struct wanted *wanted)
{
	const json_t *elements = json_object_get(right, "set");
	const char *text = json_string_value(right);
	struct named_set *anonymous;

	if (text != NULL && text[0] == '@')
		return named_set_use(l, text + 1, match, wanted);
	if (wanted->map && elements == NULL)
		return expr_refuse(l, right);
	anonymous = arena_take(&l->ir.arena, 1, sizeof(*anonymous));
	if (anonymous == NULL)
		return loader_no_memory(l);
	anonymous->map = wanted->map;
	anonymous->data = wanted->data;
	anonymous->data_type = wanted->data_type;
	match->set = &anonymous->set;
	return elements_build(l, anonymous, &match->key,
			      elements != NULL ? elements : right, elements == NULL);
}

/*
 * `ip6 nexthdr` is evaluated as the transport protocol. The two are equal unless the
 * packet has extension headers, so a match on the number of an extension header is an
 * error.
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

/* Read {"match": {"op": .., "left": .., "right": ..}}. */
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
	ret = set_parse(l, right, match, &(struct wanted){.map = false});
	return ret == 0 ? nexthdr_check(l, match) : ret;
}

static int
any_map_read(struct loader *l, const json_t *json, const struct wanted *wanted,
	     struct ir_match *match)
{
	int ret;

	ret = key_parse(l, json_object_get(json, "key"), &match->key);
	if (ret == 0)
		ret = set_parse(l, json_object_get(json, "data"), match, wanted);
	return ret == 0 ? nexthdr_check(l, match) : ret;
}

/* Read {"vmap": {"key": .., "data": "@map" or {"set": [[value, verdict], ..]}}}. */
int
map_read(struct loader *l, const json_t *json, struct ir_match *match)
{
	return any_map_read(l, json, &(struct wanted){.map = true}, match);
}

int
data_map_read(struct loader *l, const json_t *json, enum value_type type,
	      struct ir_match *match)
{
	const struct wanted wanted = {.map = true,
				      .data = true,
				      .data_type = (uint8_t)type};

	return any_map_read(l, json, &wanted, match);
}
