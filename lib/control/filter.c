/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/reason.h>
#include <track/tcp.h>

#include <control/view.h>

#define MAX_TEXT 64

static int
expected(char *message, size_t size, const char *key, const char *what)
{
	snprintf(message, size, "%s: %s expected", key, what);
	return -EINVAL;
}

/* Read an integer, given as a number or as digits in a string. */
static int
parse_port(const json_t *value)
{
	const char *text = json_string_value(value);
	long long number = json_integer_value(value);
	char *end;

	if (text != NULL) {
		number = strtoll(text, &end, 10);
		if (*end != '\0' || end == text)
			return -1;
	} else if (!json_is_integer(value)) {
		return -1;
	}
	return number < 0 || number > UINT16_MAX ? -1 : (int)number;
}

static int
parse_proto(const json_t *value)
{
	if (json_is_string(value))
		return view_proto_number(json_string_value(value));
	if (json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) <= UINT8_MAX)
		return (int)json_integer_value(value);
	return -1;
}

/* Read a VLAN ID, which has to be followed by the end of the text or by `more`. */
static int
parse_vid(const char **text, char more, int *vid)
{
	char *end;
	unsigned long number = strtoul(*text, &end, 10);

	if (**text < '0' || **text > '9' || number > FLOW_VID_MASK - 1)
		return -EINVAL;
	if (*end != '\0' && *end != more)
		return -EINVAL;
	*vid = (int)number;
	*text = *end != '\0' ? end + 1 : NULL;
	return 0;
}

static int
parse_vlan(struct filter *filter, const json_t *value)
{
	const char *text = json_string_value(value);
	char digits[24];

	if (json_is_integer(value)) {
		snprintf(digits, sizeof(digits), "%lld",
			 (long long)json_integer_value(value));
		text = digits;
	}
	if (text == NULL || parse_vid(&text, '.', &filter->match.vlan) != 0)
		return -EINVAL;
	return text == NULL ? 0 : parse_vid(&text, '\0', &filter->match.inner_vlan);
}

/* Read an address, or a network such as "10.0.0.0/8". */
static int
parse_net(struct conn_net *net, const json_t *value)
{
	const char *text = json_string_value(value), *slash;
	char address[MAX_TEXT], *end;
	unsigned long bits;
	size_t length;

	if (text == NULL)
		return -EINVAL;
	slash = strchr(text, '/');
	length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, net->address) == 1) {
		net->family = 4;
		net->bits = 32;
	} else if (inet_pton(AF_INET6, address, net->address) == 1) {
		net->family = 6;
		net->bits = 128;
	} else {
		return -EINVAL;
	}
	if (slash == NULL)
		return 0;
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > net->bits)
		return -EINVAL;
	net->bits = (uint8_t)bits;
	return 0;
}

static bool
is_endpoint_state(const char *text)
{
	unsigned i;

	for (i = TCP_STATE_CLOSED; i <= TCP_STATE_TIME_WAIT; i++)
		if (strcmp(text, tcp_state_name(i)) == 0)
			return true;
	return false;
}

static int
parse_state(struct filter *filter, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) >= sizeof(filter->state) ||
	    (!view_is_word(text) && !is_endpoint_state(text) &&
	     strcmp(text, "UNREPLIED") != 0 && strcmp(text, "ASSURED") != 0))
		return -EINVAL;
	memcpy(filter->state, text, strlen(text) + 1);
	return 0;
}

static int
parse_member(struct filter *filter, const char *key, const json_t *value, char *message,
	     size_t size)
{
	const char *text = json_string_value(value);

	if (strcmp(key, "proto") == 0) {
		filter->match.proto = parse_proto(value);
		if (filter->match.proto < 0)
			return expected(message, size, key,
					"tcp, udp, icmp, icmpv6 or a number up to 255");
	} else if (strcmp(key, "family") == 0) {
		if (text == NULL ||
		    (strcmp(text, "ipv4") != 0 && strcmp(text, "ipv6") != 0))
			return expected(message, size, key, "ipv4 or ipv6");
		filter->match.family = text[3] == '4' ? 4 : 6;
	} else if (strcmp(key, "src") == 0 || strcmp(key, "dst") == 0) {
		if (parse_net(key[0] == 's' ? &filter->match.src : &filter->match.dst,
			      value) != 0)
			return expected(message, size, key, "an address or a network");
	} else if (strcmp(key, "sport") == 0 || strcmp(key, "dport") == 0) {
		*(key[0] == 's' ? &filter->match.sport
				: &filter->match.dport) = parse_port(value);
		if (parse_port(value) < 0)
			return expected(message, size, key, "a port, 0 to 65535");
	} else if (strcmp(key, "vlan") == 0) {
		if (parse_vlan(filter, value) != 0)
			return expected(message, size, key,
					"a VLAN, 0 (untagged) to 4094, or two as 10.20");
	} else if (strcmp(key, "state") == 0) {
		if (parse_state(filter, value) != 0)
			return expected(
				message, size, key,
				"a state as list prints it, ASSURED or UNREPLIED");
	} else {
		snprintf(message, size,
			 "unknown member '%s', proto, family, src, dst, sport, dport, "
			 "vlan or state expected",
			 key);
		return -EINVAL;
	}
	filter->any = false;
	return 0;
}

void
filter_init(struct filter *filter)
{
	*filter = (struct filter){.match = CONN_MATCH_ANY, .reason = -1, .any = true};
}

int
filter_parse(struct filter *filter, const json_t *request, char *message, size_t size)
{
	const char *key;
	json_t *value;

	filter_init(filter);
	json_object_foreach((json_t *)(uintptr_t)request, key, value) {
		if (strcmp(key, "request") != 0 &&
		    parse_member(filter, key, value, message, size) != 0)
			return -EINVAL;
	}
	return 0;
}

static int
reason_number(const json_t *value)
{
	const char *text = json_string_value(value);
	int i;

	for (i = REASON_NONE + 1; text != NULL && i < REASON_COUNT; i++)
		if (strcmp(text, reason_name((enum reason)i)) == 0)
			return i;
	return -1;
}

int
filter_parse_record(struct filter *filter, const json_t *request, char *message,
		    size_t size)
{
	const json_t *value = json_object_get(request, "reason");
	json_t *rest;
	int status;

	if (value == NULL)
		return filter_parse(filter, request, message, size);
	rest = json_copy((json_t *)(uintptr_t)request);
	json_object_del(rest, "reason");
	status = filter_parse(filter, rest, message, size);
	json_decref(rest);
	if (status != 0)
		return status;
	filter->reason = reason_number(value);
	filter->any = false;
	return filter->reason >= 0
		       ? 0
		       : expected(message, size, "reason", "a reason as drops prints it");
}

static bool
state_match(const char *state, const struct conn_view *view)
{
	if (strcmp(state, "UNREPLIED") == 0)
		return !view->replied;
	if (strcmp(state, "ASSURED") == 0)
		return view->assured;
	if (!view->has_states)
		return false;
	if (view_is_word(state))
		return strcmp(view_word(view), state) == 0;
	return strcmp(tcp_state_name(view->state[0]), state) == 0 ||
	       strcmp(tcp_state_name(view->state[1]), state) == 0;
}

bool
filter_match(const struct filter *filter, const struct conn_view *view)
{
	if (filter->any)
		return true;
	return conn_match(&filter->match, &view->key, view->family, view->orig & 1u) &&
	       (filter->state[0] == '\0' || state_match(filter->state, view));
}
