/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the left side of a match or a verdict map as a key of fields.
 *
 * nft's JSON omits matches that others imply: `tcp dport 22` is printed without `meta
 * l4proto tcp`, and `ip saddr` in an inet table without `meta nfproto ipv4`. So a key
 * holds the family and the protocol that its fields imply. A packet of another family or
 * protocol does not match, negated or not, as in the kernel.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define UDPLITE 136
#define DCCP 33

/* The name of each field in nft's JSON. */
static const struct spelling {
	const char *kind; /* "meta", "ct", or the protocol of a payload expression */
	const char *name;
	uint8_t field;
	/*
	 * protocol that the packet must have, instead of the field's own; 0: the field's
	 */
	uint8_t proto;
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

void
key_words(word_fn *add, void *arg)
{
	size_t i;

	for (i = 0; i < sizeof(spellings) / sizeof(*spellings); i++)
		add(arg,
		    &(struct word){.kind = spellings[i].kind, .name = spellings[i].name});
}

static const struct spelling *
spelling_find(const json_t *json)
{
	const json_t *payload = json_object_get(json, "payload");
	const char *kind = NULL, *name = NULL;
	const json_t *inner;
	size_t i;

	if (payload != NULL) {
		kind = json_text(payload, "protocol");
		if (kind == NULL) /* nft 0.9.0 names this member differently */
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

int
expr_refuse_for(struct loader *l, const json_t *json, const char *reason)
{
	char *text = expr_text(json);
	int ret;

	ret = loader_fail(l, "'%s' is not supported: %s; remove or replace the rule",
			  text != NULL ? text : "?", reason);
	free(text);
	return ret;
}

static int
too_many_fields(struct loader *l)
{
	return loader_fail(l, "a concatenation joins more than %d fields; split the rule",
			   KEY_FIELDS_MAX);
}

int
expr_refuse(struct loader *l, const json_t *json)
{
	char *text = expr_text(json);
	int ret;

	ret = loader_fail(l,
			  "'%s' is not supported; docs/rules.md lists what is: remove or "
			  "replace the rule",
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

/* Read the fields that a hash is computed over. */
static int
hash_add(struct loader *l, const json_t *json, struct ir_key *key, struct ir_load *load)
{
	const json_t *expr = json_object_get(json_object_get(json, "jhash"), "expr");
	struct ir_key *hashed = arena_take(&l->ir.arena, 1, sizeof(*hashed));
	int ret;

	if (hashed == NULL)
		return loader_no_memory(l);
	ret = key_parse(l, expr, hashed);
	if (ret != 0)
		return ret;
	if (hashed->counts)
		return expr_refuse_for(l, json, "there is no hash of 'numgen inc'");
	load->hashed = hashed;
	key->per_packet |= hashed->per_packet;
	key->never |= hashed->never;
	key_narrow(key, hashed->family, hashed->proto);
	return 0;
}

/* Give a `numgen inc` the object that counts for it. */
static int
sequence_add(struct loader *l, const json_t *json, struct ir_key *key,
	     struct ir_load *load)
{
	struct ir_object *object;

	if (key->counts)
		return expr_refuse_for(l, json, "joined fields have one 'numgen inc'");
	object = ir_object_add(&l->ir, NULL);
	if (object == NULL)
		return loader_no_memory(l);
	object->cell.type = CELL_SEQUENCE;
	load->object = object->number;
	key->counts = true;
	l->ir.nsequences++;
	return 0;
}

/* Read a field that is a load. */
static int
load_add(struct loader *l, const json_t *json, struct ir_key *key)
{
	struct header_field field;
	struct ir_load *loads;
	int ret = 0;

	if (!header_find(json, &field))
		return expr_refuse(l, json);
	if (field.refused != NULL)
		return expr_refuse_for(l, json, field.refused);
	if (key->nfields == KEY_FIELDS_MAX)
		return too_many_fields(l);
	loads = (struct ir_load *)(uintptr_t)key->load;
	if (loads == NULL)
		loads = arena_take(&l->ir.arena, KEY_FIELDS_MAX, sizeof(*loads));
	if (loads == NULL)
		return loader_no_memory(l);
	if (field.load.base == LOAD_JHASH)
		ret = hash_add(l, json, key, &field.load);
	else if (field.load.base == LOAD_NUMGEN_INC)
		ret = sequence_add(l, json, key, &field.load);
	if (ret != 0)
		return ret;
	loads[key->nfields] = field.load;
	key->load = loads;
	key->field[key->nfields++] = FIELD_LOAD;
	key->per_packet |= field.per_packet;
	key->never |= field.never;
	l->ir.needs |= field.needs;
	key_narrow(key, field.family, field.proto);
	return 0;
}

static int
key_add(struct loader *l, const json_t *json, struct ir_key *key)
{
	const struct spelling *spelling = spelling_find(json);
	const struct field_info *info;

	if (spelling == NULL)
		return load_add(l, json, key);
	if (key->nfields == KEY_FIELDS_MAX)
		return too_many_fields(l);
	info = &field_info[spelling->field];
	key->field[key->nfields++] = spelling->field;
	key->per_packet |= info->per_packet;
	key_narrow(key, info->family,
		   spelling->proto != 0 ? spelling->proto : info->proto);
	return 0;
}

enum value_type
key_type(const struct ir_key *key)
{
	return key_field_type(key, 0);
}

int
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
		return key->nfields > 0 ? 0 : expr_refuse(l, json);
	}
	ret = key_add(l, masked != NULL ? json_array_get(masked, 0) : json, key);
	if (ret != 0)
		return ret;
	key->mask = value_max(key_type(key));
	if (masked == NULL)
		return 0;
	if (json_array_size(masked) != 2 || key_type(key) == TYPE_IFNAME)
		return expr_refuse(l, json);
	ret = value_parse(l, key_type(key), json_array_get(masked, 1), &mask);
	if (ret == 0 && mask.lo[0] != mask.hi[0])
		return expr_refuse(l, json);
	key->mask = mask.lo[0];
	return ret;
}
