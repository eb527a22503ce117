/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

static void
append_number(struct text *t, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		text_append(t, "%s=%lld ", key, (long long)json_integer_value(value));
}

/* Append one direction: addresses, ports (ICMP: type, code, identifier), counters. */
static void
append_tuple(struct text *t, const json_t *direction)
{
	static const char *const numbers[] = {"sport", "dport",   "type", "code",
					      "id",    "packets", "bytes"};
	size_t i;

	text_append(t, "src=%s dst=%s ", text_string(direction, "src"),
		    text_string(direction, "dst"));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		append_number(t, direction, numbers[i]);
}

/* Append the VLAN tags as "vlan=10 " or "vlan=10.20 "; nothing without a tag. */
static void
append_vlans(struct text *t, const json_t *connection)
{
	const json_t *outer = json_object_get(connection, "vlan");
	const json_t *inner = json_object_get(connection, "inner_vlan");

	if (!json_is_integer(outer))
		return;
	text_append(t, "vlan=%lld", (long long)json_integer_value(outer));
	if (json_is_integer(inner))
		text_append(t, ".%lld", (long long)json_integer_value(inner));
	text_append(t, " ");
}

void
line_connection(const json_t *connection, bool with_timeout, char *line, size_t size)
{
	const json_t *orig = json_object_get(connection, "orig");
	const json_t *reply = json_object_get(connection, "reply");
	const bool tcp = json_object_get(connection, "state") != NULL;
	struct text t = {.bytes = line, .size = size};

	line[0] = '\0';
	text_append(&t, "%-8s %lld ", text_string(connection, "proto"),
		    (long long)json_integer_value(json_object_get(connection,
								  "protonum")));
	if (with_timeout)
		text_append(&t, "%lld ",
			    (long long)json_integer_value(json_object_get(connection,
									  "timeout")));
	if (tcp)
		text_append(&t, "%s ", text_string(connection, "state"));
	append_tuple(&t, orig);
	if (!json_is_true(json_object_get(connection, "replied")))
		text_append(&t, "[UNREPLIED] ");
	append_tuple(&t, reply);
	if (json_is_true(json_object_get(connection, "assured")))
		text_append(&t, "[ASSURED] ");
	if (json_is_true(json_object_get(connection, "asymmetric")))
		text_append(&t, "[ASYMMETRIC] ");
	append_vlans(&t, connection);
	text_append(&t, "use=1");
	if (tcp)
		text_append(&t, " orig=%s reply=%s", text_string(orig, "state"),
			    text_string(reply, "state"));
}

void
line_event(const json_t *event, char *line, size_t size)
{
	const char *kind = text_string(event, "event");
	const bool gone = strcmp(kind, "destroy") == 0;
	const char *word = "[UPDATE]";
	struct text t = {.bytes = line, .size = size};
	int n;

	if (gone)
		word = "[DESTROY]";
	else if (strcmp(kind, "new") == 0)
		word = "[NEW]";
	n = snprintf(line, size, "%9s ", word);
	if (n > 0 && (size_t)n < size)
		line_connection(json_object_get(event, "connection"), !gone, line + n,
				size - (size_t)n);
	t.length = strlen(line);
	if (json_object_get(event, "reason") != NULL)
		text_append(&t, " reason=%s", text_string(event, "reason"));
}
