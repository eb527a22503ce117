/* SPDX-License-Identifier: BSD-3-Clause */
#include "sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024u

struct entry {
	json_int_t number;
	uint64_t arrival;
	char *text; /* value of a column of texts; NULL: number is the value */
	char *line;
};

struct sort {
	const struct column *column;
	uint64_t limit;
	uint64_t arrivals;
	struct entry *entries;
	size_t count;
	size_t room;
};

struct sort *
sort_new(const struct column *column, uint64_t limit)
{
	struct sort *sort = calloc(1, sizeof(*sort));

	if (sort == NULL)
		return NULL;
	sort->column = column;
	sort->limit = limit;
	return sort;
}

static void
drop_from(struct sort *sort, size_t first)
{
	for (; sort->count > first; sort->count--) {
		free(sort->entries[sort->count - 1].text);
		free(sort->entries[sort->count - 1].line);
	}
}

void
sort_free(struct sort *sort)
{
	if (sort == NULL)
		return;
	drop_from(sort, 0);
	free(sort->entries);
	free(sort);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	int order = 0;

	if (first->text != NULL)
		order = strcmp(first->text, second->text);
	else if (first->number != second->number)
		order = first->number > second->number ? -1 : 1;
	if (order == 0)
		order = first->arrival < second->arrival ? -1 : 1;
	return order;
}

/* Sort, and forget the lines behind the limit. */
static void
put_in_order(struct sort *sort)
{
	if (sort->count > 1)
		qsort(sort->entries, sort->count, sizeof(sort->entries[0]), compare);
	if (sort->limit != 0 && sort->count > sort->limit)
		drop_from(sort, (size_t)sort->limit);
}

/* Make room for one entry. Returns 0 or -ENOMEM. */
static int
room_make(struct sort *sort)
{
	struct entry *entries;
	size_t room;

	if (sort->limit != 0 && sort->count >= 2 * sort->limit)
		put_in_order(sort);
	if (sort->count < sort->room)
		return 0;
	room = sort->room == 0 ? FIRST_ROOM : 2 * sort->room;
	entries = reallocarray(sort->entries, room, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	sort->entries = entries;
	sort->room = room;
	return 0;
}

int
sort_add(struct sort *sort, const json_t *connection, const char *line)
{
	struct entry entry = {.arrival = sort->arrivals++, .line = strdup(line)};

	if (column_is_number(sort->column))
		entry.number = column_number(sort->column, connection);
	else
		entry.text = strdup(column_text(sort->column, connection));
	if (entry.line == NULL || room_make(sort) != 0 ||
	    (entry.text == NULL && !column_is_number(sort->column))) {
		free(entry.line);
		free(entry.text);
		return -ENOMEM;
	}
	sort->entries[sort->count++] = entry;
	return 0;
}

uint64_t
sort_print(struct sort *sort, FILE *out)
{
	size_t i;

	put_in_order(sort);
	for (i = 0; i < sort->count; i++)
		fprintf(out, "%s\n", sort->entries[i].line);
	return sort->count;
}
