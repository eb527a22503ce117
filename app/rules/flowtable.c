/* SPDX-License-Identifier: BSD-3-Clause */
#include "flowtable.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/*
 * Return the length of `flow add @ft` or `flow offload @ft`; 0: the text does not start
 * with it.
 */
static size_t
statement_length(const char *text)
{
	size_t length = word_skip(text, "flow"), verb;

	if (length == 0)
		return 0;
	verb = word_skip(text + length, "add");
	if (verb == 0)
		verb = word_skip(text + length, "offload");
	length += verb;
	if (verb == 0 || text[length] != '@')
		return 0;
	return length + 1 + word_length(text + length + 1);
}

/* Return the length of `flowtable ft { .. { .. } .. }`, up to the last brace. */
static size_t
definition_length(const char *text)
{
	size_t length = word_skip(text, "flowtable");
	unsigned depth = 0;

	if (length == 0)
		return 0;
	length += strcspn(text + length, "{}\n");
	for (; text[length] != '\0'; length++) {
		if (text[length] == '{')
			depth++;
		if (text[length] == '}' && --depth == 0)
			return length + 1;
		if (depth == 0)
			break;
	}
	return 0;
}

char *
flowtables_blank(const char *text)
{
	char *copy = strdup(text), *at = copy;
	bool found = false;
	size_t length;

	while (at != NULL && *at != '\0') {
		length = opaque_length(at);
		if (length == 0) {
			length = definition_length(at);
			if (length == 0)
				length = statement_length(at);
			if (length > 0) {
				found = true;
				for (; length > 0; length--, at++)
					if (*at != '\n')
						*at = ' ';
				continue;
			}
			length = word_length(at);
			length += length == 0;
		}
		at += length;
	}
	if (found)
		return copy;
	free(copy);
	return NULL;
}
