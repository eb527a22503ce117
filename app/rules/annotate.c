/* SPDX-License-Identifier: BSD-3-Clause */
#include "annotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* Join the lines of a text into one line. Returns its new length. */
static size_t
lines_join(char *text, size_t length)
{
	size_t from = 0, to = 0;
	bool blank = false;

	for (; from < length; from++) {
		blank |= text[from] == '\n';
		if (blank && (text[from] == '\n' || text[from] == '\t'))
			continue;
		if (blank && to > 0)
			text[to++] = ' ';
		blank = false;
		text[to++] = text[from];
	}
	return to;
}

/* Add a text as a JSON string, or null. */
static void
text_write(FILE *out, const char *text, size_t length)
{
	json_t *json = text != NULL ? json_stringn(text, length) : json_null();

	if (json == NULL) /* the text is not UTF-8 */
		json = json_null();
	json_dumpf(json, out, JSON_ENCODE_ANY);
	json_decref(json);
}

static void
dormant_write(FILE *out, const struct listing *listing)
{
	const struct listing_table *table;
	const char *between = "";
	unsigned i;

	fputs("\"dormant\": [", out);
	for (i = 0; i < listing->table_count; i++) {
		table = &listing->tables[i];
		if (!table->dormant)
			continue;
		fprintf(out, "%s[", between);
		text_write(out, table->family, strlen(table->family));
		fputs(", ", out);
		text_write(out, table->name, strlen(table->name));
		fputc(']', out);
		between = ", ";
	}
	fputs("], ", out);
}

static void
rule_write(FILE *out, const struct listing_rule *rule)
{
	char *copy = strndup(rule->text, rule->length);

	text_write(out, copy, copy != NULL ? lines_join(copy, rule->length) : 0);
	free(copy);
}

static void
rules_write(FILE *out, const struct annotations *annotations)
{
	const struct listing_rule *rule;
	const char *place;
	size_t i;

	fputs("\"rules\": [", out);
	for (i = 0; i < annotations->listing->rule_count; i++) {
		rule = &annotations->listing->rules[i];
		place = annotations->places != NULL ? annotations->places[i] : NULL;
		fprintf(out, "%s[%llu, ", i > 0 ? ", " : "", rule->handle);
		rule_write(out, rule);
		fputs(", ", out);
		text_write(out, place, place != NULL ? strlen(place) : 0);
		fputc(']', out);
	}
	fputs("]", out);
}

void
annotate(char **json, const struct annotations *annotations)
{
	static const char end[] = "]}";
	size_t length = strlen(*json), size;
	char *whole = NULL;
	FILE *out;

	while (length > 0 && strchr(" \n", (*json)[length - 1]) != NULL)
		length--;
	if (length < strlen(end) || memcmp(*json + length - 2, end, 2) != 0)
		return;
	out = open_memstream(&whole, &size);
	if (out == NULL)
		return;
	fwrite(*json, 1, length - strlen(end), out);
	fputs(", {\"sluice\": {", out);
	if (annotations->flowtables)
		fputs("\"notes\": [\"this kernel has no flow tables, so 'flow add' is "
		      "left "
		      "out: it changes no verdict\"], ",
		      out);
	dormant_write(out, annotations->listing);
	rules_write(out, annotations);
	fputs("}}]}\n", out);
	if (fclose(out) != 0 || whole == NULL) {
		free(whole);
		return;
	}
	free(*json);
	*json = whole;
}
