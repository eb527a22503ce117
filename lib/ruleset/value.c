/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values as nft's JSON writes them: numbers, numbers in strings, addresses, names, lists
 * of flags, ranges, prefixes. The type of the field that a value is compared with decides
 * what its text means.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

struct symbol {
	const char *name; /* NULL ends a list */
	uint32_t value;
};

static const struct symbol protocols[] = {
	{"icmp", IPPROTO_ICMP},
	{"igmp", 2},
	{"tcp", IPPROTO_TCP},
	{"udp", IPPROTO_UDP},
	{"dccp", 33},
	{"gre", 47},
	{"esp", 50},
	{"ah", 51},
	{"icmpv6", IPPROTO_ICMPV6},
	{"ipv6-icmp", 58},
	{"comp", 108},
	{"sctp", IPPROTO_SCTP},
	{"udplite", 136},
	{NULL, 0},
};

static const struct symbol icmp_types[] = {
	{"echo-reply", 0},           {"destination-unreachable", 3},
	{"source-quench", 4},        {"redirect", 5},
	{"echo-request", 8},         {"router-advertisement", 9},
	{"router-solicitation", 10}, {"time-exceeded", 11},
	{"parameter-problem", 12},   {"timestamp-request", 13},
	{"timestamp-reply", 14},     {"info-request", 15},
	{"info-reply", 16},          {"address-mask-request", 17},
	{"address-mask-reply", 18},  {NULL, 0},
};

static const struct symbol icmp_codes[] = {
	{"net-unreachable", 0},  {"host-unreachable", 1},  {"prot-unreachable", 2},
	{"port-unreachable", 3}, {"frag-needed", 4},       {"net-prohibited", 9},
	{"host-prohibited", 10}, {"admin-prohibited", 13}, {NULL, 0},
};

static const struct symbol icmpv6_types[] = {
	{"destination-unreachable", 1}, {"packet-too-big", 2},
	{"time-exceeded", 3},           {"parameter-problem", 4},
	{"echo-request", 128},          {"echo-reply", 129},
	{"mld-listener-query", 130},    {"mld-listener-report", 131},
	{"mld-listener-done", 132},     {"mld-listener-reduction", 132},
	{"nd-router-solicit", 133},     {"nd-router-advert", 134},
	{"nd-neighbor-solicit", 135},   {"nd-neighbor-advert", 136},
	{"nd-redirect", 137},           {"router-renumbering", 138},
	{"ind-neighbor-solicit", 141},  {"ind-neighbor-advert", 142},
	{"mld2-listener-report", 143},  {NULL, 0},
};

static const struct symbol icmpv6_codes[] = {
	{"no-route", 0},
	{"admin-prohibited", 1},
	{"addr-unreachable", 3},
	{"port-unreachable", 4},
	{"policy-fail", 5},
	{"reject-route", 6},
	{NULL, 0},
};

static const struct symbol icmpx_codes[] = {
	{"no-route", 0},
	{"port-unreachable", 1},
	{"host-unreachable", 2},
	{"admin-prohibited", 3},
	{NULL, 0},
};

static const struct symbol tcp_flags[] = {
	{"fin", 0x01}, {"syn", 0x02}, {"rst", 0x04}, {"psh", 0x08}, {"ack", 0x10},
	{"urg", 0x20}, {"ecn", 0x40}, {"cwr", 0x80}, {NULL, 0},
};

static const struct symbol ct_states[] = {
	{"invalid", 1}, {"established", 2}, {"related", 4},
	{"new", 8},     {"untracked", 64},  {NULL, 0},
};

static const struct symbol nfprotos[] = {{"ipv4", 2}, {"ipv6", 10}, {NULL, 0}};

static const struct symbol ethers[] = {
	{"ip", 0x0800}, {"ip6", 0x86dd}, {"arp", 0x0806}, {"vlan", 0x8100}, {NULL, 0},
};

static const struct type_info {
	const char *name;
	const struct symbol *symbols;
	uint8_t bits;
	bool flags;
} type_info[TYPE_COUNT] = {
	[TYPE_IFNAME] = {"name of an interface", NULL, 16, false},
	[TYPE_IPV4] = {"IPv4 address", NULL, 32, false},
	[TYPE_IPV6] = {"IPv6 address", NULL, 128, false},
	[TYPE_PROTO] = {"protocol", protocols, 8, false},
	[TYPE_PORT] = {"port", NULL, 16, false},
	[TYPE_ICMP_TYPE] = {"ICMP type", icmp_types, 8, false},
	[TYPE_ICMP_CODE] = {"ICMP code", icmp_codes, 8, false},
	[TYPE_ICMPV6_TYPE] = {"ICMPv6 type", icmpv6_types, 8, false},
	[TYPE_ICMPV6_CODE] = {"ICMPv6 code", icmpv6_codes, 8, false},
	[TYPE_ICMPX_CODE] = {"icmpx code", icmpx_codes, 2, false},
	[TYPE_TCP_FLAGS] = {"TCP flag", tcp_flags, 8, true},
	[TYPE_CT_STATE] = {"conntrack state", ct_states, 32, true},
	[TYPE_NFPROTO] = {"ipv4 or ipv6", nfprotos, 8, false},
	[TYPE_ETHER] = {"EtherType", ethers, 16, false},
	[TYPE_LENGTH] = {"length", NULL, 32, false},
};

bool
value_is_flags(enum value_type type)
{
	return type_info[type].flags;
}

const char *
value_type_name(enum value_type type)
{
	return type_info[type].name;
}

uint8_t
value_bits(enum value_type type)
{
	return type_info[type].bits;
}

/* All bits of a type's values. */
u128
value_max(enum value_type type)
{
	return ~(u128)0 >> (128 - type_info[type].bits);
}

static bool
symbol_find(const struct symbol *symbols, const char *name, u128 *value)
{
	for (; symbols != NULL && symbols->name != NULL; symbols++) {
		if (strcmp(symbols->name, name) == 0) {
			*value = symbols->value;
			return true;
		}
	}
	return false;
}

static bool
number_find(const char *text, u128 *value)
{
	unsigned long long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	*value = number;
	return errno == 0 && *end == '\0';
}

/* Names of /etc/protocols and /etc/services. */
static bool
database_find(enum value_type type, const char *name, u128 *value)
{
	const struct protoent *proto;
	const struct servent *service;

	if (type == TYPE_PROTO && (proto = getprotobyname(name)) != NULL) {
		*value = (unsigned)proto->p_proto;
		return true;
	}
	if (type == TYPE_PORT && (service = getservbyname(name, NULL)) != NULL) {
		*value = ntohs((uint16_t)service->s_port);
		return true;
	}
	return false;
}

static bool
address_find(enum value_type type, const char *text, u128 *value)
{
	uint64_t half[2];
	uint32_t v4;

	if (type == TYPE_IPV4) {
		if (inet_pton(AF_INET, text, &v4) != 1)
			return false;
		*value = be32toh(v4);
		return true;
	}
	if (inet_pton(AF_INET6, text, half) != 1)
		return false;
	*value = (u128)be64toh(half[0]) << 64 | be64toh(half[1]);
	return true;
}

/* One value: a number, or a text. */
int
value_scalar(struct loader *l, enum value_type type, const json_t *json, u128 *out)
{
	const char *text = json_string_value(json);
	bool found = false;

	*out = 0;
	if (json_is_integer(json) && type != TYPE_IPV4 && type != TYPE_IPV6) {
		found = json_integer_value(json) >= 0;
		*out = (u128)json_integer_value(json);
	} else if (text != NULL && (type == TYPE_IPV4 || type == TYPE_IPV6)) {
		found = address_find(type, text, out);
	} else if (text != NULL) {
		found = symbol_find(type_info[type].symbols, text, out) ||
			number_find(text, out) || database_find(type, text, out);
	}
	if (found && *out <= value_max(type))
		return 0;
	if (text != NULL)
		return loader_fail(l, "'%s' is not a valid %s", text,
				   type_info[type].name);
	if (json_is_integer(json))
		return loader_fail(l, "%lld is not a valid %s",
				   (long long)json_integer_value(json),
				   type_info[type].name);
	return loader_fail(
		l,
		"a %s is expected, and the value is of another kind; write it as "
		"nft(8) does",
		type_info[type].name);
}

/* One flag, a list of flags, or flags joined by `|`, which older versions nest. */
static int
flags_parse(struct loader *l, enum value_type type, const json_t *json, u128 *out)
{
	const json_t *list = json_is_array(json) ? json : json_object_get(json, "|");
	const json_t *item;
	u128 one = 0;
	size_t i;
	int ret;

	if (!json_is_array(list))
		return value_scalar(l, type, json, out);
	*out = 0;
	json_array_foreach(list, i, item) {
		ret = flags_parse(l, type, item, &one);
		if (ret != 0)
			return ret;
		*out |= one;
	}
	return 0;
}

static int
interval_add(struct loader *l, struct intervals *out, u128 lo, u128 hi)
{
	if (out->count > 0 && out->hi[out->count - 1] + 1 == lo) {
		out->hi[out->count - 1] = hi;
		return 0;
	}
	if (out->count == INTERVALS_MAX)
		return loader_fail(
			l,
			"the wildcard matches more than %d separate ports; list "
			"the ports in several rules",
			INTERVALS_MAX);
	out->lo[out->count] = lo;
	out->hi[out->count] = hi;
	out->count++;
	return 0;
}

/* Without a list of ports each name becomes a port of its own. */
static int
name_invent(struct loader *l, const char *name, struct intervals *out)
{
	const json_t *known = json_object_get(l->invented, name);
	json_int_t number = (json_int_t)json_object_size(l->invented);

	if (known != NULL)
		number = json_integer_value(known);
	else if (json_object_set_new(l->invented, name, json_integer(number)) != 0)
		return loader_no_memory(l);
	if (number > (json_int_t)value_max(TYPE_IFNAME))
		return loader_fail(
			l,
			"the rules use more than 65536 names of interfaces; use fewer");
	return interval_add(l, out, (u128)number, (u128)number);
}

static int
ifname_parse(struct loader *l, const char *name, struct intervals *out)
{
	size_t length = strlen(name);
	bool wildcard = length > 0 && name[length - 1] == '*' &&
			(length < 2 || name[length - 2] != '\\');
	unsigned i;
	int ret;

	if (l->ports == NULL)
		return name_invent(l, name, out);
	for (i = 0; i < l->ports->count; i++) {
		if (wildcard ? strncmp(l->ports->names[i], name, length - 1) != 0
			     : strcmp(l->ports->names[i], name) != 0)
			continue;
		ret = interval_add(l, out, i, i);
		if (ret != 0)
			return ret;
	}
	if (out->count == 0 && json_object_set_new(l->unknown, name, json_true()) != 0)
		return loader_no_memory(l);
	return 0;
}

static int
prefix_parse(struct loader *l, enum value_type type, const json_t *prefix,
	     struct intervals *out)
{
	const json_t *len = json_object_get(prefix, "len");
	unsigned bits = type_info[type].bits;
	u128 addr = 0, host;
	int ret;

	ret = value_scalar(l, type, json_object_get(prefix, "addr"), &addr);
	if (ret != 0)
		return ret;
	if (!json_is_integer(len) || json_integer_value(len) < 0 ||
	    json_integer_value(len) > (json_int_t)bits)
		return loader_fail(
			l,
			"the length of the prefix is not valid; a prefix of a %s "
			"has 0 to %u bits",
			type_info[type].name, bits);
	bits -= (unsigned)json_integer_value(len);
	host = bits == 0 ? 0 : ~(u128)0 >> (128 - bits);
	return interval_add(l, out, addr & ~host, addr | host);
}

static int
range_parse(struct loader *l, enum value_type type, const json_t *range,
	    struct intervals *out)
{
	u128 lo = 0, hi = 0;
	int ret;

	if (json_array_size(range) != 2)
		return loader_fail(l, "a range with two ends is expected");
	ret = value_scalar(l, type, json_array_get(range, 0), &lo);
	if (ret == 0)
		ret = value_scalar(l, type, json_array_get(range, 1), &hi);
	if (ret != 0)
		return ret;
	if (lo > hi)
		return loader_fail(l, "the first end of a range is above its second; "
				      "exchange them");
	return interval_add(l, out, lo, hi);
}

int
value_parse(struct loader *l, enum value_type type, const json_t *json,
	    struct intervals *out)
{
	const json_t *inner;
	u128 value = 0;
	int ret;

	out->count = 0;
	if (type == TYPE_IFNAME) {
		if (!json_is_string(json))
			return loader_fail(l, "the name of an interface is expected");
		return ifname_parse(l, json_string_value(json), out);
	}
	inner = json_object_get(json, "prefix");
	if (inner != NULL)
		return prefix_parse(l, type, inner, out);
	inner = json_object_get(json, "range");
	if (inner != NULL)
		return range_parse(l, type, inner, out);
	ret = value_is_flags(type) ? flags_parse(l, type, json, &value)
				   : value_scalar(l, type, json, &value);
	return ret == 0 ? interval_add(l, out, value, value) : ret;
}
