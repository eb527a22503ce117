/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Matches and verdict maps: what they look at, made into a key of fields, and what that
 * is compared with, made into a set.
 *
 * nft's JSON leaves out the matches that follow from others: `tcp dport 22` is printed
 * without `meta l4proto tcp`, `ip saddr` in an inet table without `meta nfproto ipv4`. So
 * a key carries the family and the protocol that its fields imply, and a packet of another
 * one never matches, negated or not, as in the kernel.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"

#define UDPLITE 136
#define DCCP 33

const struct field_info field_info[FIELD_COUNT] = {
	[FIELD_IIF] = {"iifname", TYPE_IFNAME, 0, PROTO_ANY, false},
	[FIELD_OIF] = {"oifname", TYPE_IFNAME, 0, PROTO_ANY, false},
	[FIELD_IP_SADDR] = {"ip saddr", TYPE_IPV4, 4, PROTO_ANY, false},
	[FIELD_IP_DADDR] = {"ip daddr", TYPE_IPV4, 4, PROTO_ANY, false},
	[FIELD_IP_PROTOCOL] = {"ip protocol", TYPE_PROTO, 4, PROTO_ANY, false},
	[FIELD_IP6_SADDR] = {"ip6 saddr", TYPE_IPV6, 6, PROTO_ANY, false},
	[FIELD_IP6_DADDR] = {"ip6 daddr", TYPE_IPV6, 6, PROTO_ANY, false},
	[FIELD_IP6_NEXTHDR] = {"ip6 nexthdr", TYPE_PROTO, 6, PROTO_ANY, false},
	[FIELD_L4PROTO] = {"meta l4proto", TYPE_PROTO, 0, PROTO_ANY, false},
	[FIELD_NFPROTO] = {"meta nfproto", TYPE_NFPROTO, 0, PROTO_ANY, false},
	[FIELD_ETHER] = {"meta protocol", TYPE_ETHER, 0, PROTO_ANY, false},
	[FIELD_LENGTH] = {"meta length", TYPE_LENGTH, 0, PROTO_ANY, true},
	[FIELD_SPORT] = {"sport", TYPE_PORT, 0, PROTO_WITH_PORTS, false},
	[FIELD_DPORT] = {"dport", TYPE_PORT, 0, PROTO_WITH_PORTS, false},
	[FIELD_ICMP_TYPE] = {"icmp type", TYPE_ICMP_TYPE, 4, IPPROTO_ICMP, true},
	[FIELD_ICMP_CODE] = {"icmp code", TYPE_ICMP_CODE, 4, IPPROTO_ICMP, true},
	[FIELD_ICMPV6_TYPE] = {"icmpv6 type", TYPE_ICMPV6_TYPE, 6, IPPROTO_ICMPV6, true},
	[FIELD_ICMPV6_CODE] = {"icmpv6 code", TYPE_ICMPV6_CODE, 6, IPPROTO_ICMPV6, true},
	[FIELD_TCP_FLAGS] = {"tcp flags", TYPE_TCP_FLAGS, 0, IPPROTO_TCP, true},
	[FIELD_CT_STATE] = {"ct state", TYPE_CT_STATE, 0, PROTO_ANY, false},
};

/* How the JSON names a field. */
static const struct spelling {
	const char *kind; /* "meta", "ct", or the payload's protocol */
	const char *name;
	uint8_t field;
	uint8_t proto; /* in place of the field's */
} spellings[] = {
	{"meta", "iifname", FIELD_IIF, 0},
	{"meta", "oifname", FIELD_OIF, 0},
	{"meta", "iif", FIELD_IIF, 0},
	{"meta", "oif", FIELD_OIF, 0},
	{"meta", "l4proto", FIELD_L4PROTO, 0},
	{"meta", "nfproto", FIELD_NFPROTO, 0},
	{"meta", "protocol", FIELD_ETHER, 0},
	{"meta", "length", FIELD_LENGTH, 0},
	{"ct", "state", FIELD_CT_STATE, 0},
	{"ip", "saddr", FIELD_IP_SADDR, 0},
	{"ip", "daddr", FIELD_IP_DADDR, 0},
	{"ip", "protocol", FIELD_IP_PROTOCOL, 0},
	{"ip6", "saddr", FIELD_IP6_SADDR, 0},
	{"ip6", "daddr", FIELD_IP6_DADDR, 0},
	{"ip6", "nexthdr", FIELD_IP6_NEXTHDR, 0},
	{"tcp", "sport", FIELD_SPORT, IPPROTO_TCP},
	{"tcp", "dport", FIELD_DPORT, IPPROTO_TCP},
	{"tcp", "flags", FIELD_TCP_FLAGS, 0},
	{"udp", "sport", FIELD_SPORT, IPPROTO_UDP},
	{"udp", "dport", FIELD_DPORT, IPPROTO_UDP},
	{"udplite", "sport", FIELD_SPORT, UDPLITE},
	{"udplite", "dport", FIELD_DPORT, UDPLITE},
	{"sctp", "sport", FIELD_SPORT, IPPROTO_SCTP},
	{"sctp", "dport", FIELD_DPORT, IPPROTO_SCTP},
	{"dccp", "sport", FIELD_SPORT, DCCP},
	{"dccp", "dport", FIELD_DPORT, DCCP},
	{"th", "sport", FIELD_SPORT, 0},
	{"th", "dport", FIELD_DPORT, 0},
	{"icmp", "type", FIELD_ICMP_TYPE, 0},
	{"icmp", "code", FIELD_ICMP_CODE, 0},
	{"icmpv6", "type", FIELD_ICMPV6_TYPE, 0},
	{"icmpv6", "code", FIELD_ICMPV6_CODE, 0},
};

static const struct spelling *
spelling_find(const json_t *json)
{
	const json_t *payload = json_object_get(json, "payload");
	const char *kind = NULL, *name = NULL;
	const json_t *inner;
	size_t i;

	if (payload != NULL) {
		kind = json_text(payload, "protocol");
		if (kind == NULL) /* nft 0.9.0 */
			kind = json_text(payload, "name");
		name = json_text(payload, "field");
	} else if ((inner = json_object_get(json, "meta")) != NULL ||
		   (inner = json_object_get(json, "ct")) != NULL) {
		kind = json_object_get(json, "meta") != NULL ? "meta" : "ct";
		name = json_is_string(inner) ? json_string_value(inner)
					     : json_text(inner, "key");
	}
	for (i = 0;
	     kind != NULL && name != NULL && i < sizeof(spellings) / sizeof(*spellings);
	     i++) {
		if (strcmp(spellings[i].kind, kind) == 0 &&
		    strcmp(spellings[i].name, name) == 0)
			return &spellings[i];
	}
	return NULL;
}

static int
unsupported(struct loader *l, const json_t *json)
{
	char *text = json_expr_text(json);
	int ret;

	ret = loader_fail(l, "'%s' is not supported (docs/rules.md lists what is)",
			  text != NULL ? text : "?");
	free(text);
	return ret;
}

static void
key_narrow(struct ir_key *key, uint8_t family, uint8_t proto)
{
	if (family != 0) {
		key->never |= key->family != 0 && key->family != family;
		key->family = family;
	}
	if (proto == PROTO_ANY || key->proto == proto)
		return;
	if (key->proto == PROTO_ANY || key->proto == PROTO_WITH_PORTS)
		key->proto = proto;
	else if (proto != PROTO_WITH_PORTS)
		key->never = true;
}

static int
key_add(struct loader *l, const json_t *json, struct ir_key *key)
{
	const struct spelling *spelling = spelling_find(json);
	const struct field_info *info;

	if (spelling == NULL)
		return unsupported(l, json);
	if (key->nfields == KEY_FIELDS_MAX)
		return loader_fail(l, "more than %d fields are joined", KEY_FIELDS_MAX);
	info = &field_info[spelling->field];
	key->field[key->nfields++] = spelling->field;
	key->per_packet |= info->per_packet;
	key_narrow(key, info->family,
		   spelling->proto != 0 ? spelling->proto : info->proto);
	return 0;
}

static enum value_type
key_type(const struct ir_key *key)
{
	return field_info[key->field[0]].type;
}

/* The left side of a match, or the key of a map. */
static int
key_parse(struct loader *l, const json_t *json, struct ir_key *key)
{
	const json_t *concat = json_object_get(json, "concat");
	const json_t *masked = json_object_get(json, "&");
	struct intervals mask;
	const json_t *part;
	size_t i;
	int ret = 0;

	memset(key, 0, sizeof(*key));
	if (concat != NULL) {
		json_array_foreach(concat, i, part) {
			ret = key_add(l, part, key);
			if (ret != 0)
				return ret;
		}
		return key->nfields > 0 ? 0 : unsupported(l, json);
	}
	ret = key_add(l, masked != NULL ? json_array_get(masked, 0) : json, key);
	if (ret != 0)
		return ret;
	key->mask = value_max(key_type(key));
	if (masked == NULL)
		return 0;
	if (json_array_size(masked) != 2 || key_type(key) == TYPE_IFNAME)
		return unsupported(l, json);
	ret = value_parse(l, key_type(key), json_array_get(masked, 1), &mask);
	if (ret == 0 && mask.lo[0] != mask.hi[0])
		return unsupported(l, json);
	key->mask = mask.lo[0];
	return ret;
}

/* `in` and `!` of flags: one of them is set, none of them is. */
static int
flag_test(struct loader *l, const json_t *right, bool any, struct ir_match *match)
{
	struct intervals flags;
	int ret;

	ret = value_parse(l, key_type(&match->key), right, &flags);
	if (ret != 0)
		return ret;
	if (flags.count != 1 || flags.lo[0] != flags.hi[0])
		return unsupported(l, right);
	match->key.mask &= flags.lo[0];
	match->negate = any;
	match->set = set_of_interval(l, 0, 0);
	return match->set != NULL ? 0 : loader_no_memory(l);
}

static int
order_test(struct loader *l, const char *op, const json_t *right, struct ir_match *match)
{
	enum value_type type = key_type(&match->key);
	wide value;
	int ret;

	if (type == TYPE_IFNAME || value_is_flags(type))
		return loader_fail(l, "a %s cannot be compared by '%s'",
				   value_type_name(type), op);
	ret = value_scalar(l, type, right, &value);
	if (ret != 0)
		return ret;
	/* the set is the half that has no hole at its end, the other one its negation */
	match->negate = op[0] == '>';
	if (strcmp(op, "<=") == 0 || strcmp(op, ">") == 0)
		match->set = set_of_interval(l, 0, value);
	else if (value > 0)
		match->set = set_of_interval(l, 0, value - 1);
	else /* nothing is below 0 */
		match->set = set_of_interval(l, 1, 0);
	return match->set != NULL ? 0 : loader_no_memory(l);
}

/* The set on the right side, named or not; a single value is a set as well. */
static int
set_parse(struct loader *l, const json_t *right, struct ir_match *match, bool map)
{
	const char *text = json_string_value(right);
	struct ir_set *set;
	int64_t number;
	json_t *single;
	int ret;

	if (text != NULL && text[0] == '@') {
		number = loader_find(l, map ? "map" : "set", text + 1);
		if (number < 0)
			return loader_fail(l, "there is no %s '%s' in its table",
					   map ? "verdict map" : "set", text + 1);
		set = &l->policy->sets[number];
		match->set = set;
		return set_build(l, set, &match->key, set->elements);
	}
	set = arena_take(&l->policy->arena, 1, sizeof(*set));
	if (set == NULL)
		return loader_no_memory(l);
	match->set = set;
	set->map = map;
	if (json_object_get(right, "set") != NULL)
		return set_build(l, set, &match->key, json_object_get(right, "set"));
	if (map)
		return unsupported(l, right);
	single = json_pack("[O]", right);
	if (single == NULL)
		return loader_no_memory(l);
	ret = set_build(l, set, &match->key, single);
	json_decref(single);
	return ret;
}

/*
 * `ip6 nexthdr` is answered with the transport protocol, which it is unless there are
 * extension headers; so what asks for those cannot be answered.
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
						   "'ip6 nexthdr' is not supported for "
						   "extension headers (%u)",
						   extensions[i % sizeof(extensions)]);
		}
	}
	return 0;
}

/* {"match": {"op": .., "left": .., "right": ..}} */
int
match_parse(struct loader *l, const json_t *json, struct ir_match *match)
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
		return loader_fail(l, "a match has no right side");
	flags = match->key.nfields == 1 && value_is_flags(key_type(&match->key));
	if (op == NULL)
		op = flags ? "in" : "==";
	if (flags && !set && (strcmp(op, "in") == 0 || strcmp(op, "!") == 0))
		return flag_test(l, right, op[0] == 'i', match);
	if (op[0] == '<' || op[0] == '>') {
		if (match->key.nfields != 1 || set)
			return loader_fail(l, "'%s' compares one field with one value",
					   op);
		return order_test(l, op, right, match);
	}
	if (strcmp(op, "==") != 0 && strcmp(op, "!=") != 0 && strcmp(op, "in") != 0)
		return loader_fail(l, "comparison '%s' is not supported here", op);
	match->negate = op[0] == '!';
	ret = set_parse(l, right, match, false);
	return ret == 0 ? nexthdr_check(l, match) : ret;
}

/* {"vmap": {"key": .., "data": "@map" or {"set": [[value, verdict], ..]}}} */
int
vmap_parse(struct loader *l, const json_t *json, struct ir_match *match)
{
	int ret;

	ret = key_parse(l, json_object_get(json, "key"), &match->key);
	if (ret == 0)
		ret = set_parse(l, json_object_get(json, "data"), match, true);
	return ret == 0 ? nexthdr_check(l, match) : ret;
}
