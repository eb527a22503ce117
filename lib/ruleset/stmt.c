/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads and prints the statements of a rule, through the table of statements in
 * lib/policy. A statement that is not in the table is an error; the message quotes it as
 * printed from its JSON.
 */
#include <string.h>

#include "loader.h"

int
stmt_parse(struct loader *l, const json_t *json, struct ir_stmt *stmts, uint32_t *count)
{
	struct reader reader;
	int kind;

	if (!reader_init(&reader, l, json) || json_object_size(json) != 1)
		return loader_fail(l,
				   "a statement must be an object with one member; the "
				   "ruleset must be what 'nft -j list ruleset' prints");
	kind = stmt_kind_find(reader.stmt.name);
	if (kind < 0)
		return loader_fail(l, "'%s' is not supported; %s", reader.stmt.name,
				   refusal_reason(reader.stmt.name));
	return stmt_types[kind]->parse(&reader.stmt, stmts, count);
}

/*
 * Print a statement that is not in the table: its members in the order of the JSON, which
 * is nft's.
 */
static void
other_print(const struct reader *reader, FILE *out)
{
	const json_t *item;
	const char *key;

	fputs(reader->stmt.name, out);
	if (json_is_string(reader->value)) {
		fprintf(out, " %s", json_string_value(reader->value));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)reader->value, key, item) {
		fprintf(out, " %s ", key);
		expr_write(out, item, strcmp(key, "prefix") == 0 && json_is_string(item));
	}
}

static void
stmt_print(const json_t *stmt, FILE *out)
{
	struct reader reader;
	int kind;

	if (!reader_init(&reader, NULL, stmt)) {
		expr_write(out, stmt, false);
		return;
	}
	kind = stmt_kind_find(reader.stmt.name);
	if (kind >= 0) {
		stmt_types[kind]->print(&reader.stmt, out);
		return;
	}
	other_print(&reader, out);
}

char *
rule_text(const json_t *rule)
{
	const char *comment = json_text(rule, "comment");
	const json_t *stmt;
	char *text = NULL;
	size_t i, size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	json_array_foreach(json_object_get(rule, "expr"), i, stmt) {
		if (i > 0)
			fputc(' ', out);
		stmt_print(stmt, out);
	}
	if (comment != NULL)
		fprintf(out, "%scomment \"%s\"", i > 0 ? " " : "", comment);
	fclose(out);
	return text;
}
