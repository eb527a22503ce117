/* SPDX-License-Identifier: BSD-3-Clause */
#include "query.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <conn/key.h>

static const char *const parameters[] = {"limit", "proto", "family", "src",  "dst",
					 "sport", "dport", "vlan",   "state"};

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))
#define LIMIT 0u /* the one of them that is no filter */

void
query_begin(struct query *query)
{
	*query = (struct query){.filter = json_object(), .limit = QUERY_LIMIT_DEFAULT};
}

void
query_end(struct query *query)
{
	json_decref(query->filter);
}

static void
take_limit(struct query *query, const char *value)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || number == 0 ||
	    number > QUERY_LIMIT_MAX)
		snprintf(query->error, sizeof(query->error),
			 "limit: %.32s: a number from 1 to %u is expected", value,
			 QUERY_LIMIT_MAX);
	else
		query->limit = (unsigned)number;
}

bool
query_has_nul(const char *url)
{
	return strstr(url, "%00") != NULL;
}

/* Return the index of a parameter; PARAMETERS: there is none of that name. */
static size_t
find(const char *name)
{
	size_t i;

	for (i = 0; i < PARAMETERS; i++)
		if (strcmp(parameters[i], name) == 0)
			break;
	return i;
}

void
query_take(struct query *query, const char *name, const char *value)
{
	const size_t number = find(name);

	if (query->error[0] != '\0')
		return;
	if (number == PARAMETERS) {
		snprintf(query->error, sizeof(query->error),
			 "%.32s: no such parameter; proto, family, src, dst, sport, "
			 "dport, vlan, state and limit are expected",
			 name);
		return;
	}
	if ((query->given & 1u << number) != 0)
		snprintf(query->error, sizeof(query->error),
			 "%s: given twice, expected once", name);
	query->given |= 1u << number;
	if (query->error[0] != '\0' || value == NULL || value[0] == '\0')
		return;
	if (number == LIMIT)
		take_limit(query, value);
	else if (json_object_set_new(query->filter, name, json_string(value)) != 0)
		snprintf(query->error, sizeof(query->error), "%s: UTF-8 is expected",
			 name);
}

json_t *
query_list(const struct query *query)
{
	json_t *request = json_copy(query->filter);

	json_object_set_new(request, "request", json_string("list"));
	return request;
}

static const char *
given(const struct query *query, const char *name)
{
	return json_string_value(json_object_get(query->filter, name));
}

/*
 * Return whether a protocol, by its name or its number, has ports. One that sluice does
 * not know has none.
 */
static bool
has_ports(const char *proto)
{
	static const char *const names[] = {"tcp", "udp", "sctp", "dccp", "udplite"};
	struct flow_id id = {0};
	unsigned long number;
	char *end;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(proto, names[i]) == 0)
			return true;
	number = strtoul(proto, &end, 10);
	if (*end != '\0' || number > UINT8_MAX)
		return false;
	flow_id_set_proto(&id, (uint8_t)number);
	return flow_id_has_ports(&id);
}

/* Return AF_INET or AF_INET6 for the text of an address, AF_UNSPEC for others. */
static int
address_family(const char *text)
{
	struct in6_addr address;

	if (inet_pton(AF_INET, text, &address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, &address) == 1 ? AF_INET6 : AF_UNSPEC;
}

/* Check that src and dst are addresses of one family; if not, set query->error. */
static bool
has_addresses(struct query *query)
{
	static const char *const names[] = {"src", "dst"};
	int families[2];
	size_t i;

	for (i = 0; i < 2; i++) {
		families[i] = address_family(given(query, names[i]));
		if (families[i] == AF_UNSPEC) {
			snprintf(query->error, sizeof(query->error),
				 "%s: %.64s: the address of an endpoint is expected",
				 names[i], given(query, names[i]));
			return false;
		}
	}
	if (families[0] == families[1])
		return true;
	snprintf(query->error, sizeof(query->error),
		 "src and dst: addresses of one family are expected");
	return false;
}

bool
query_is_connection(struct query *query)
{
	const char *proto = given(query, "proto");
	const bool sport = given(query, "sport") != NULL;
	const bool dport = given(query, "dport") != NULL;

	if (query->error[0] != '\0')
		return false;
	if (proto != NULL && given(query, "src") != NULL && given(query, "dst") != NULL &&
	    given(query, "state") == NULL && sport == dport &&
	    (sport || !has_ports(proto)))
		return has_addresses(query);
	snprintf(query->error, sizeof(query->error),
		 "the ladder of one connection: proto, src and dst are expected, and "
		 "sport and dport where it has ports");
	return false;
}

json_t *
query_follow(const struct query *query, bool reply)
{
	static const char *const pairs[][2] = {{"src", "dst"}, {"sport", "dport"}};
	json_t *request = json_copy(query->filter);
	size_t i, end;

	for (i = 0; reply && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (end = 0; end < 2; end++)
			json_object_set(request, pairs[i][end],
					json_object_get(query->filter, pairs[i][!end]));
	json_object_set_new(request, "request", json_string("follow"));
	json_object_set_new(request, "records", json_string("all"));
	return request;
}

bool
query_is_blamed(const struct query *query, const char *error)
{
	const char *name;
	json_t *value;

	json_object_foreach(query->filter, name, value)
		if (strncmp(error, name, strlen(name)) == 0 && error[strlen(name)] == ':')
			return true;
	return false;
}
