/* SPDX-License-Identifier: BSD-3-Clause */
/* Columns of a table of connections, for `list -o table` and `list --sort`. */
#ifndef CTL_COLUMNS_H
#define CTL_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define COLUMNS_MAX 20u
#define COLUMNS_DEFAULT "proto,src,sport,dst,dport,orig,reply,timeout"
#define COLUMNS_BYTES 512u /* room for a row */

struct column; /* opaque */

/* The columns of a table, from left to right. */
struct columns {
	const struct column *list[COLUMNS_MAX];
	unsigned count;
};

/* The column with this name, or NULL. */
const struct column *column_find(const char *name);

/* Write the names of all columns, with commas between them. */
void column_names(char *text, size_t size);

bool column_is_number(const struct column *column);

/*
 * The value of a connection in a column: a number, 0 where there is none, or a text that
 * is valid as long as the connection.
 */
json_int_t column_number(const struct column *column, const json_t *connection);
const char *column_text(const struct column *column, const json_t *connection);

/* Read names with commas between them. Returns NULL, or the first wrong name. */
const char *columns_read(struct columns *columns, const char *names);

/* Write the head of the table, or the row of a connection, without a line feed. */
void columns_head(const struct columns *columns, char *text, size_t size);
void columns_row(const struct columns *columns, const json_t *connection, char *text,
		 size_t size);

/*
 * Return the row of a connection as an object: the columns' names and values, null where
 * the connection has no value. NULL: there is no memory.
 */
json_t *columns_json(const struct columns *columns, const json_t *connection);

#endif
