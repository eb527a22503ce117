/* SPDX-License-Identifier: BSD-3-Clause */
#include "line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *bytes;
	size_t size;
	size_t length;
};

static void append(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
append(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	if (t->length >= t->size)
		return;
	va_start(args, format);
	n = vsnprintf(t->bytes + t->length, t->size - t->length, format, args);
	va_end(args);
	if (n > 0)
		t->length += (size_t)n;
}

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "?";
}

static void
append_number(struct text *t, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		append(t, "%s=%lld ", key, (long long)json_integer_value(value));
}

/* One direction: addresses, ports or what stands for them, counters. */
static void
append_tuple(struct text *t, const json_t *direction)
{
	static const char *const numbers[] = {"sport", "dport",   "type", "code",
					      "id",    "packets", "bytes"};
	size_t i;

	append(t, "src=%s dst=%s ", string_of(direction, "src"),
	       string_of(direction, "dst"));
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		append_number(t, direction, numbers[i]);
}

/* "vlan=10 ", "vlan=10.20 ", or nothing. */
static void
append_vlans(struct text *t, const json_t *connection)
{
	const json_t *outer = json_object_get(connection, "vlan");
	const json_t *inner = json_object_get(connection, "inner_vlan");

	if (!json_is_integer(outer))
		return;
	append(t, "vlan=%lld", (long long)json_integer_value(outer));
	if (json_is_integer(inner))
		append(t, ".%lld", (long long)json_integer_value(inner));
	append(t, " ");
}

void
line_connection(const json_t *connection, bool with_timeout, char *line, size_t size)
{
	const json_t *orig = json_object_get(connection, "orig");
	const json_t *reply = json_object_get(connection, "reply");
	const bool tcp = json_object_get(connection, "state") != NULL;
	struct text t = {.bytes = line, .size = size};

	line[0] = '\0';
	append(&t, "%-8s %lld ", string_of(connection, "proto"),
	       (long long)json_integer_value(json_object_get(connection, "protonum")));
	if (with_timeout)
		append(&t, "%lld ",
		       (long long)json_integer_value(json_object_get(connection,
								     "timeout")));
	if (tcp)
		append(&t, "%s ", string_of(connection, "state"));
	append_tuple(&t, orig);
	if (!json_is_true(json_object_get(connection, "replied")))
		append(&t, "[UNREPLIED] ");
	append_tuple(&t, reply);
	if (json_is_true(json_object_get(connection, "assured")))
		append(&t, "[ASSURED] ");
	if (json_is_true(json_object_get(connection, "asymmetric")))
		append(&t, "[ASYMMETRIC] ");
	append_vlans(&t, connection);
	append(&t, "use=1");
	if (tcp)
		append(&t, " orig=%s reply=%s", string_of(orig, "state"),
		       string_of(reply, "state"));
}

void
line_event(const json_t *event, char *line, size_t size)
{
	const char *kind = string_of(event, "event");
	const bool gone = strcmp(kind, "destroy") == 0;
	const char *word = "[UPDATE]";
	int n;

	if (gone)
		word = "[DESTROY]";
	else if (strcmp(kind, "new") == 0)
		word = "[NEW]";
	n = snprintf(line, size, "%9s ", word);
	if (n > 0 && (size_t)n < size)
		line_connection(json_object_get(event, "connection"), !gone, line + n,
				size - (size_t)n);
}
