/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the elements of a set or a verdict map as intervals of its fields. */
#include <errno.h>
#include <string.h>

#include "loader.h"

/*
 * Add each combination of the fields' intervals, because a wildcard may stand for several
 * ports.
 */
static int
combinations_add(struct loader *l, struct set_builder *b, const struct intervals *values,
		 const struct ir_verdict *verdict)
{
	unsigned at[KEY_FIELDS_MAX] = {0};
	u128 lo[KEY_FIELDS_MAX], hi[KEY_FIELDS_MAX];
	const unsigned nfields = b->nfields;
	unsigned f;

	for (f = 0; f < nfields; f++) {
		if (values[f].count == 0)
			return 0;
	}
	do {
		for (f = 0; f < nfields; f++) {
			lo[f] = values[f].lo[at[f]];
			hi[f] = values[f].hi[at[f]];
		}
		if (set_builder_add(b, lo, hi, verdict) != 0)
			return loader_no_memory(l);
		for (f = 0; f < nfields && ++at[f] == values[f].count; f++)
			at[f] = 0;
	} while (f < nfields);
	return 0;
}

/*
 * Read {"elem": {"val": .., ..}}. Other members than the value are accepted in a live
 * set; otherwise only a comment is.
 */
static int
element_value(struct loader *l, const struct named_set *set, const json_t **value)
{
	const json_t *elem = json_object_get(*value, "elem");
	const json_t *item;
	const char *key;

	if (elem == NULL)
		return 0;
	json_object_foreach((json_t *)(uintptr_t)elem, key, item) {
		if (!set->live && strcmp(key, "val") != 0 && strcmp(key, "comment") != 0)
			return loader_fail(l,
					   "an element of the set has '%s', which is not "
					   "supported; only a comment is: remove it",
					   key);
	}
	*value = json_object_get(elem, "val");
	return 0;
}

/* Read the timeout and the statements of an element of a live set. */
static int
live_element(struct loader *l, struct named_set *set, const json_t *json,
	     const struct intervals *values)
{
	struct ir_live *live = set->object->live;
	struct ir_element *element = &live->elements[live->nelements];
	unsigned f;

	if (set->map)
		json = json_array_get(json, 0);
	for (f = 0; f < live->nfields; f++) {
		if (values[f].count == 0)
			return 0; /* the element names an interface that no port has */
		if (values[f].count > 1 ||
		    (!live->by_index && values[f].lo[0] != values[f].hi[0]))
			return loader_fail(
				l,
				"an element of set '%s' is more than one value; "
				"give the set the flag interval",
				set->name);
		element->value[f] = values[f].lo[0];
	}
	live->nelements++;
	return live_element_read(l, set, json_object_get(json, "elem"), element);
}

/*
 * Store for each live element its index among the sorted intervals, by which it is found
 * (by_index).
 */
static void
live_index(struct named_set *set)
{
	struct ir_live *live = set->object->live;
	int64_t index;
	uint32_t i;

	for (i = 0; live->by_index && i < live->nelements; i++) {
		index = set_find_values(&set->set, live->elements[i].value);
		live->elements[i].value[0] = (u128)index;
	}
}

/* Read the data of a map element that is not a verdict; it has at most 32 bits. */
static int
data_read(struct loader *l, enum value_type type, const json_t *json,
	  struct ir_verdict *verdict)
{
	u128 value = 0;
	int ret = value_scalar(l, type, json, &value);

	verdict->op = OP_CONTINUE;
	verdict->value = (uint32_t)value;
	return ret;
}

static int
element_parse(struct loader *l, struct named_set *set, struct set_builder *b,
	      const json_t *json)
{
	const json_t *value = set->map ? json_array_get(json, 0) : json;
	struct intervals values[KEY_FIELDS_MAX] = {{0}};
	const json_t *told = json_array_get(json, 1), *concat, *part;
	struct ir_verdict verdict = {0};
	const char *name = json_first_key(told);
	unsigned f;
	int ret;

	ret = element_value(l, set, &value);
	if (ret == 0 && set->data)
		ret = data_read(l, (enum value_type)set->data_type, told, &verdict);
	else if (ret == 0 && set->map)
		ret = verdict_read(l, name, json_object_get(told, name), &verdict);
	if (ret != 0)
		return ret;
	if (json_is_string(value) && strcmp(json_string_value(value), "*") == 0) {
		set->set.all = true;
		set->set.otherwise = verdict;
		return 0;
	}
	concat = json_object_get(value, "concat");
	if ((concat != NULL ? json_array_size(concat) : 1) != b->nfields)
		return loader_fail(
			l,
			"an element of the set has another number of fields (%zu) "
			"than what is compared with it (%u); both must be the same",
			concat != NULL ? json_array_size(concat) : 1, b->nfields);
	for (f = 0; f < b->nfields; f++) {
		part = concat != NULL ? json_array_get(concat, f) : value;
		ret = value_parse(l, set->type[f], part, &values[f]);
		if (ret != 0)
			return ret;
	}
	if (set->live) {
		ret = live_element(l, set, json, values);
		if (ret != 0 || !set->object->live->by_index)
			return ret;
	}
	return combinations_add(l, b, values, &verdict);
}

/* Set the field types of a set, which are those of the first key that uses it. */
static int
types_take(struct loader *l, struct named_set *set, const struct ir_key *key)
{
	unsigned f;

	for (f = 0; set->built && f < key->nfields; f++) {
		if (set->set.nfields != key->nfields ||
		    set->type[f] != key_field_type(key, f))
			return loader_fail(
				l,
				"set '%s' is compared with fields of another type "
				"in an earlier rule; use a set for each type",
				set->name);
	}
	for (f = 0; f < key->nfields; f++)
		set->type[f] = key_field_type(key, f);
	return 0;
}

static int
set_store(struct loader *l, struct named_set *set, struct set_builder *b)
{
	switch (set_builder_store(b, &l->ir.arena, &set->set)) {
	case 0:
		set->built = true;
		return 0;
	case -EEXIST:
		return loader_fail(
			l, "elements of the verdict map overlap, so the verdict is "
			   "not clear; each value may stand in one element only");
	default:
		return loader_no_memory(l);
	}
}

int
elements_build(struct loader *l, struct named_set *set, const struct ir_key *key,
	       const json_t *elements, bool single)
{
	struct set_builder b = {.nfields = key->nfields, .map = set->map};
	const json_t *element;
	unsigned f;
	size_t i;
	int ret;

	if (set->refused != NULL)
		return loader_fail(
			l,
			"set '%s' has '%s', which is not supported; remove it, or "
			"the rules that use the set",
			set->name, set->refused);
	ret = types_take(l, set, key);
	if (ret != 0 || set->built)
		return ret;
	for (f = 0; f < key->nfields; f++)
		b.bits[f] = value_bits(set->type[f]);
	if (set->live) {
		ret = live_begin(l, set, key);
		if (ret != 0)
			return ret;
	}
	if (elements != NULL && (single || !json_is_array(elements))) {
		ret = element_parse(l, set, &b, elements);
	} else {
		json_array_foreach(elements, i, element) {
			ret = element_parse(l, set, &b, element);
			if (ret != 0)
				break;
		}
	}
	if (ret == 0)
		ret = set_store(l, set, &b);
	if (ret == 0 && set->live)
		live_index(set);
	set_builder_free(&b);
	return ret;
}
