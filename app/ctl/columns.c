/* SPDX-License-Identifier: BSD-3-Clause */
#include "columns.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct column {
	const char *name;
	/* path of the member in a connection; part NULL: `member` of the connection */
	const char *part;
	const char *member;
	bool number;
	bool sum;  /* add the members of both directions */
	int width; /* of a text, from the left; of a number, from the right */
};

static const struct column columns[] = {
	{"id", NULL, "id", true, false, 8},
	{"proto", NULL, "proto", false, false, 6},
	{"in", "orig", "port", false, false, 8},
	{"src", "orig", "src", false, false, 15},
	{"sport", "orig", "sport", true, false, 5},
	{"dst", "orig", "dst", false, false, 15},
	{"dport", "orig", "dport", true, false, 5},
	{"vlan", NULL, "vlan", true, false, 4},
	{"state", NULL, "state", false, false, 11},
	{"orig", "orig", "state", false, false, 12},
	{"reply", "reply", "state", false, false, 12},
	{"age", NULL, "age", true, false, 8},
	{"timeout", NULL, "timeout", true, false, 8},
	{"packets", NULL, "packets", true, true, 12},
	{"bytes", NULL, "bytes", true, true, 15},
	{"rule", NULL, "rule", true, false, 5},
};
#define COUNT (sizeof(columns) / sizeof(columns[0]))
static_assert(COUNT <= COLUMNS_MAX, "a table may have all");

const struct column *
column_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

void
column_names(char *text, size_t size)
{
	size_t i, used = 0;

	for (i = 0; i < COUNT && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i > 0 ? ", " : "", columns[i].name);
}

bool
column_is_number(const struct column *column)
{
	return column->number;
}

static const json_t *
part_of(const struct column *column, const json_t *connection)
{
	return column->part != NULL ? json_object_get(connection, column->part)
				    : connection;
}

static json_int_t
member_of(const json_t *connection, const char *part, const char *member)
{
	return json_integer_value(json_object_get(json_object_get(connection, part),
						  member));
}

json_int_t
column_number(const struct column *column, const json_t *connection)
{
	if (column->sum)
		return member_of(connection, "orig", column->member) +
		       member_of(connection, "reply", column->member);
	return json_integer_value(json_object_get(part_of(column, connection),
						  column->member));
}

const char *
column_text(const struct column *column, const json_t *connection)
{
	const char *text = json_string_value(json_object_get(part_of(column, connection),
							     column->member));

	return text != NULL ? text : "-";
}

const char *
columns_read(struct columns *list, const char *names)
{
	static char name[32];
	size_t length;

	list->count = 0;
	for (;; names += length + 1) {
		length = strcspn(names, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, names);
		if (column_find(name) == NULL || list->count == COLUMNS_MAX)
			return name;
		list->list[list->count++] = column_find(name);
		if (names[length] == '\0')
			return NULL;
	}
}

void
columns_head(const struct columns *list, char *text, size_t size)
{
	const struct column *column;
	size_t used = 0;
	unsigned i;

	for (i = 0; i < list->count && used < size; i++) {
		column = list->list[i];
		used += (size_t)snprintf(text + used, size - used, "%s%*s",
					 i > 0 ? " " : "",
					 column->number ? column->width : -column->width,
					 column->name);
	}
}

void
columns_row(const struct columns *list, const json_t *connection, char *text, size_t size)
{
	const struct column *column;
	size_t used = 0;
	unsigned i;

	for (i = 0; i < list->count && used < size; i++) {
		column = list->list[i];
		if (i > 0)
			used += (size_t)snprintf(text + used, size - used, " ");
		if (used >= size)
			return;
		used += (size_t)(column->number
					 ? snprintf(text + used, size - used,
						    "%*" JSON_INTEGER_FORMAT,
						    column->width,
						    column_number(column, connection))
					 : snprintf(text + used, size - used, "%-*s",
						    column->width,
						    column_text(column, connection)));
	}
}

/* Whether a connection has a value in a column. */
static bool
has_value(const struct column *column, const json_t *connection)
{
	if (column->sum)
		return json_object_get(json_object_get(connection, "orig"),
				       column->member) != NULL;
	return json_object_get(part_of(column, connection), column->member) != NULL;
}

static json_t *
value_json(const struct column *column, const json_t *connection)
{
	if (!has_value(column, connection))
		return json_null();
	return column->number ? json_integer(column_number(column, connection))
			      : json_string(column_text(column, connection));
}

json_t *
columns_json(const struct columns *list, const json_t *connection)
{
	json_t *row = json_object();
	unsigned i;

	for (i = 0; i < list->count && row != NULL; i++) {
		if (json_object_set_new(row, list->list[i]->name,
					value_json(list->list[i], connection)) == 0)
			continue;
		json_decref(row);
		row = NULL;
	}
	return row;
}
