/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads values from nft's JSON: numbers, numbers in strings, addresses, names, lists of
 * flags, ranges, prefixes. The type of the field that the value is compared with
 * determines how a text is read.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loader.h"

#define NS_PER_S 1000000000u
#define S_PER_DAY 86400l

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

/* Read a name of /etc/protocols or /etc/services. */
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

/* Read a MAC address, "02:00:00:00:00:01". */
static bool
ether_find(const char *text, u128 *value)
{
	unsigned byte[6], i;
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2],
		   &byte[3], &byte[4], &byte[5], &end) != 6)
		return false;
	*value = 0;
	for (i = 0; i < 6; i++)
		*value = *value << 8 | byte[i];
	return true;
}

/* Read a traffic control handle, "1:2": two hexadecimal numbers, each 0 when missing. */
static bool
priority_find(const char *text, u128 *value)
{
	char *end;
	unsigned long major = strtoul(text, &end, 16), minor;

	if (*end != ':')
		return false;
	minor = strtoul(end + 1, &end, 16);
	*value = major << 16 | minor;
	return *end == '\0' && major <= UINT16_MAX && minor <= UINT16_MAX;
}

/*
 * Convert a time from the time zone of sluice-rules, in which nft prints it, to UTC, in
 * which the kernel compares it.
 */
static bool
clock_find(enum value_type type, const char *text, long utc_offset_s, u128 *value)
{
	const char *format = type == TYPE_TIME ? "%Y-%m-%d %H:%M" : "%H:%M";
	struct tm tm = {.tm_isdst = -1};
	const char *end = strptime(text, format, &tm);
	long seconds;

	if (end != NULL && end[0] == ':')
		end = strptime(end, ":%S", &tm);
	if (end == NULL || *end != '\0')
		return false;
	if (type == TYPE_TIME) {
		*value = (u128)mktime(&tm) * NS_PER_S;
		return true;
	}
	seconds = (tm.tm_hour * 60L + tm.tm_min) * 60 + tm.tm_sec;
	*value = (u128)((seconds - utc_offset_s + 2 * S_PER_DAY) % S_PER_DAY);
	return true;
}

/* Read a text in a form that only values of one type have. */
static bool
special_find(const struct loader *l, enum value_type type, const char *text, u128 *value)
{
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		return address_find(type, text, value);
	case TYPE_ETHER_ADDR:
		return ether_find(text, value);
	case TYPE_PRIORITY:
		return priority_find(text, value);
	case TYPE_TIME:
	case TYPE_HOUR:
		return clock_find(type, text, l->utc_offset_s, value);
	default:
		return false;
	}
}

/* Read one value: a number, or a text. */
int
value_scalar(struct loader *l, enum value_type type, const json_t *json, u128 *out)
{
	const char *text = json_string_value(json);
	bool found = false;

	*out = 0;
	if (json_is_integer(json) && type != TYPE_IPV4 && type != TYPE_IPV6) {
		found = json_integer_value(json) >= 0;
		*out = (u128)json_integer_value(json);
	} else if (type == TYPE_BOOL && json_is_boolean(json)) {
		found = true;
		*out = json_is_true(json);
	} else if (text != NULL && (type == TYPE_IPV4 || type == TYPE_IPV6)) {
		found = address_find(type, text, out);
	} else if (text != NULL) {
		found = symbol_find(type, text, out) ||
			special_find(l, type, text, out) || number_find(text, out) ||
			database_find(type, text, out);
	}
	if (found && *out <= value_max(type))
		return 0;
	if (text != NULL)
		return loader_fail(l, "'%s' is not a valid %s", text,
				   value_type_name(type));
	if (json_is_integer(json))
		return loader_fail(l, "%lld is not a valid %s",
				   (long long)json_integer_value(json),
				   value_type_name(type));
	return loader_fail(
		l,
		"a %s is expected, and the value is of another kind; write it as "
		"nft(8) does",
		value_type_name(type));
}

/*
 * Read one flag, a list of flags, or flags joined by `|`, which older versions of nft
 * nest.
 */
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

/* Without a list of ports, give each interface name a port number of its own. */
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
	unsigned bits = value_bits(type);
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
			value_type_name(type), bits);
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
	if (lo > hi && type == TYPE_HOUR) { /* the range includes midnight */
		ret = interval_add(l, out, lo, S_PER_DAY - 1);
		return ret == 0 ? interval_add(l, out, 0, hi) : ret;
	}
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
	if (ret == 0 && type == TYPE_IFGROUP && value != 0)
		return loader_fail(l, "all ports are in group 0, 'default'; match their "
				      "names with iifname and oifname");
	return ret == 0 ? interval_add(l, out, value, value) : ret;
}
