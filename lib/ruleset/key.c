/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The left side of a match or of a verdict map, as a key of fields.
 *
 * nft's JSON leaves out the matches that others imply: `tcp dport 22` is printed without
 * `meta l4proto tcp`, and `ip saddr` in an inet table without `meta nfproto ipv4`. So a
 * key holds the family and the protocol that its fields imply. A packet of another family
 * or protocol never matches, negated or not, as in the kernel.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

#define UDPLITE 136
#define DCCP 33

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

static int
key_add(struct loader *l, const json_t *json, struct ir_key *key)
{
	const struct spelling *spelling = spelling_find(json);
	const struct field_info *info;

	if (spelling == NULL)
		return expr_refuse(l, json);
	if (key->nfields == KEY_FIELDS_MAX)
		return loader_fail(
			l, "a concatenation joins more than %d fields; split the rule",
			KEY_FIELDS_MAX);
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
	return field_info[key->field[0]].type;
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
