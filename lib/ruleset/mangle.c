/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads `TARGET set SOURCE`. The source is a value, a field, or a map of fields to
 * values. Marks and numbers may be combined with constants by &, | and ^. All operators
 * together are reduced to one mask and one exclusive or.
 */
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define NESTING_MAX 8 /* largest number of nested operators on one field */

/*
 * Whether the target has no meaning between two ports; the statement is accepted and does
 * nothing.
 */
static bool
is_ignored(const json_t *key)
{
	const char *name = json_text(json_object_get(key, "meta"), "key");

	return name != NULL && strcmp(name, "pkttype") == 0;
}

/* Why a target may not be rewritten; NULL: it may. */
static const char *
rewrite_refusal(const struct ir_load *load, const json_t *key)
{
	const json_t *payload = json_object_get(key, "payload");
	const char *name = json_text(payload, "field");

	if (load->base == LOAD_ETHER_TYPE || load->base == LOAD_VLAN)
		return "frames keep the tags and the type that they came with";
	if (load->exists)
		return "an option cannot be added";
	if (load->base == LOAD_EXTHDR || load->base == LOAD_IP_OPTION)
		return "options and extension headers of IP cannot be rewritten";
	if (load->base > LOAD_TCP_OPTION)
		return "only marks, the priority and bytes of the frame can be set";
	if (name != NULL &&
	    (strcmp(name, "version") == 0 || strcmp(name, "hdrlength") == 0 ||
	     strcmp(name, "length") == 0 || strcmp(name, "doff") == 0))
		return "the parts of a packet cannot change their length";
	return NULL;
}

static int
bytes_target(struct loader *l, const json_t *key, struct ir_mangle *m)
{
	const char *reason = "address translation is not what it does: the tracker would "
			     "not know the answers; only other fields can be rewritten";
	struct header_field field;

	if (!header_find(key, &field))
		return json_object_get(key, "payload") != NULL
			       ? expr_refuse_for(l, key, reason)
			       : expr_refuse(l, key);
	if (field.refused == NULL)
		field.refused = rewrite_refusal(&field.load, key);
	if (field.refused != NULL)
		return expr_refuse_for(l, key, field.refused);
	m->target = MANGLE_BYTES;
	m->load = field.load;
	m->family = field.family;
	m->proto = field.proto;
	l->ir.needs |= POLICY_NEEDS_BYTES;
	return 0;
}

static const struct {
	const char *kind, *name;
	uint8_t target, type;
	unsigned needs;
} marks[] = {
	{"meta", "mark", MANGLE_MARK, TYPE_U32, POLICY_NEEDS_MARK},
	{"meta", "nftrace", MANGLE_TRACE, TYPE_U8, POLICY_NEEDS_MARK},
	{"meta", "priority", MANGLE_PRIORITY, TYPE_PRIORITY, POLICY_NEEDS_MARK},
	{"ct", "mark", MANGLE_CT_MARK, TYPE_U32,
	 POLICY_NEEDS_CONN | POLICY_NEEDS_CT_MARK},
	{"ct", "zone", MANGLE_CT_ZONE, TYPE_U16, POLICY_NEEDS_CONN},
};

static int
target_read(struct loader *l, const json_t *key, struct ir_mangle *m)
{
	const char *name;
	size_t i;

	if (is_ignored(key)) {
		m->target = MANGLE_NOTHING;
		m->load.type = TYPE_U8;
		return 0;
	}
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		name = json_text(json_object_get(key, marks[i].kind), "key");
		if (name == NULL || strcmp(name, marks[i].name) != 0)
			continue;
		m->target = marks[i].target;
		m->load.type = marks[i].type;
		l->ir.needs |= marks[i].needs;
		return 0;
	}
	return bytes_target(l, key, m);
}

static int
map_source(struct loader *l, const json_t *map, struct ir_mangle *m)
{
	if (value_bits((enum value_type)m->load.type) > 32)
		return loader_fail(l,
				   "a map can give values of at most 32 bits, not a %s; "
				   "write a rule for each value",
				   value_type_name((enum value_type)m->load.type));
	m->source = SOURCE_MAP;
	return data_map_read(l, map, (enum value_type)m->load.type, &m->match);
}

static bool
is_mtu(const json_t *value)
{
	const char *key = json_text(json_object_get(value, "rt"), "key");

	return key != NULL && strcmp(key, "mtu") == 0;
}

/* Append an operator with a constant to the operation that mask and flip describe. */
static void
operator_apply(const char *op, u128 constant, struct ir_mangle *m)
{
	switch (op[0]) {
	case '&':
		m->mask &= constant;
		m->flip &= constant;
		break;
	case '|':
		m->mask &= ~constant;
		m->flip |= constant;
		break;
	default:
		m->flip ^= constant;
		break;
	}
}

static int source_read(struct loader *l, const json_t *value, struct ir_mangle *m,
		       unsigned depth);

/* Read {"|": [source, constant]}; nft prints the constant after the source. */
static int
operator_read(struct loader *l, const char *op, const json_t *pair, struct ir_mangle *m,
	      unsigned depth)
{
	u128 constant = 0;
	int ret;

	if (json_array_size(pair) != 2 || depth == NESTING_MAX)
		return expr_refuse(l, pair);
	ret = source_read(l, json_array_get(pair, 0), m, depth + 1);
	if (ret == 0)
		ret = value_scalar(l, (enum value_type)m->load.type,
				   json_array_get(pair, 1), &constant);
	if (ret == 0)
		operator_apply(op, constant, m);
	return ret;
}

static int
source_read(struct loader *l, const json_t *value, struct ir_mangle *m, unsigned depth)
{
	const char *kind = json_first_key(value);
	const char *const operators[] = {"&", "|", "^"};
	struct ir_key *key = &m->match.key;
	unsigned i;
	int ret;

	for (i = 0; kind != NULL && i < sizeof(operators) / sizeof(*operators); i++)
		if (strcmp(kind, operators[i]) == 0)
			return operator_read(l, kind, json_object_get(value, kind), m,
					     depth);
	if (kind == NULL) {
		m->source = SOURCE_CONST;
		return value_scalar(l, (enum value_type)m->load.type, value, &m->flip);
	}
	if (strcmp(kind, "map") == 0)
		return map_source(l, json_object_get(value, kind), m);
	if (is_mtu(value)) {
		m->source = SOURCE_MTU;
		l->ir.needs |= POLICY_NEEDS_MARK;
		return 0;
	}
	m->source = SOURCE_FIELD;
	ret = key_parse(l, value, key);
	if (ret == 0 && key->nfields != 1)
		return expr_refuse(l, value);
	return ret;
}

/* Read {"mangle": {"key": .., "value": ..}}. */
int
mangle_read(struct loader *l, const json_t *json, struct ir_mangle *m)
{
	const json_t *value = json_object_get(json, "value");
	int ret;

	m->mask = ~(u128)0;
	ret = target_read(l, json_object_get(json, "key"), m);
	if (ret != 0 || m->target == MANGLE_NOTHING)
		return ret;
	if (value == NULL)
		return loader_fail(l,
				   "a statement sets nothing; the ruleset must be what "
				   "'nft -j list ruleset' prints");
	return source_read(l, value, m, 0);
}

/* Read {"reset": {"tcp option": {"name": ..}}}. */
int
reset_read(struct loader *l, const json_t *json, struct ir_load *load)
{
	struct header_field field;

	if (!header_find(json, &field) || field.load.base != LOAD_TCP_OPTION)
		return expr_refuse(l, json);
	*load = field.load;
	l->ir.needs |= POLICY_NEEDS_BYTES;
	return 0;
}

struct settable {
	word_fn *add;
	void *arg;
};

/* Add a word as one that rules may set, if they may. */
static void
settable_add(void *arg, const struct word *word)
{
	const struct settable *s = arg;
	struct word set = *word;
	struct header_field field;
	json_t *key;

	key = word->field != NULL ? json_pack("{s{ssss}}", word->kind, "name", word->name,
					      "field", word->field)
				  : json_pack("{s{ssss}}", "payload", "protocol",
					      word->kind, "field", word->name);
	if (header_find(key, &field) && rewrite_refusal(&field.load, key) == NULL) {
		set.use = WORD_SET;
		s->add(s->arg, &set);
	}
	json_decref(key);
}

void
mangle_words(word_fn *add, void *arg)
{
	struct settable settable = {add, arg};
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		add(arg, &(struct word){.use = WORD_SET,
					.kind = marks[i].kind,
					.name = marks[i].name});
	header_words(settable_add, &settable);
}
