/* SPDX-License-Identifier: BSD-3-Clause */
#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "line.h"
#include "show.h"
#include "sort.h"

struct list {
	const struct options *options;
	struct sort *sort; /* NULL: print as they come */
	uint64_t count;
};

struct list *
list_new(const struct options *options)
{
	struct list *list = calloc(1, sizeof(*list));
	char head[COLUMNS_BYTES];

	if (list == NULL)
		return NULL;
	list->options = options;
	if (options->sort != NULL) {
		list->sort = sort_new(options->sort, options->limit);
		if (list->sort == NULL) {
			free(list);
			return NULL;
		}
	}
	if (options->table) {
		columns_head(&options->columns, head, sizeof(head));
		puts(head);
	}
	return list;
}

void
list_free(struct list *list)
{
	if (list == NULL)
		return;
	sort_free(list->sort);
	free(list);
}

static int
put(struct list *list, const json_t *connection, const char *line)
{
	if (line == NULL)
		return -ENOMEM;
	if (list->sort != NULL)
		return sort_add(list->sort, connection, line);
	puts(line);
	return ++list->count == list->options->limit;
}

/* Take a connection for -o json: the object as it is, or the columns that are named. */
static int
take_json(struct list *list, const json_t *object, const json_t *connection)
{
	json_t *row = NULL;
	char *text;
	int status;

	if (list->options->columns_named) {
		row = json_pack("{so}", "connection",
				columns_json(&list->options->columns, connection));
		object = row;
	}
	text = object != NULL ? show_json_text(object) : NULL;
	status = put(list, connection, text);
	free(text);
	json_decref(row);
	return status;
}

int
list_take(struct list *list, const json_t *object)
{
	const json_t *connection = json_object_get(object, "connection");
	char line[LINE_BYTES];

	if (list->options->json)
		return take_json(list, object, connection);
	if (list->options->table)
		columns_row(&list->options->columns, connection, line, sizeof(line));
	else
		line_connection(connection, true, line, sizeof(line));
	return put(list, connection, line);
}

/* Whether all characters are printable ASCII, as show_json_text() writes them. */
static bool
is_plain(const char *text, size_t length)
{
	size_t i, others = 0;

	for (i = 0; i < length; i++)
		others += text[i] < ' ' || text[i] > '~';
	return others == 0;
}

bool
list_take_line(struct list *list, const char *line, size_t length, int *status)
{
	static const char begin[] = "{\"connection\":";

	if (!list->options->json || list->options->columns_named || list->sort != NULL ||
	    length < sizeof(begin) || memcmp(line, begin, sizeof(begin) - 1) != 0 ||
	    !is_plain(line, length))
		return false;
	fwrite(line, 1, length, stdout);
	putchar('\n');
	*status = ++list->count == list->options->limit;
	return true;
}

void
list_end(struct list *list)
{
	if (list->sort != NULL)
		sort_print(list->sort, stdout);
}
