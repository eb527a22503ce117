/* SPDX-License-Identifier: BSD-3-Clause */
#include "listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char handle_text[] = " # handle ";

/* Return the start of " # handle N" at the end of a line; NULL: the line has none. */
static const char *
handle_find(const char *line, size_t length, unsigned long long *handle)
{
	const char *hash = memrchr(line, '#', length);
	char *end;

	if (hash == NULL || hash == line ||
	    strncmp(hash - 1, handle_text, strlen(handle_text)) != 0)
		return NULL;
	*handle = strtoull(hash - 1 + strlen(handle_text), &end, 10);
	return end == line + length ? hash - 1 : NULL;
}

/* Make room for one more element of an array, doubling its size when it is full. */
static int
array_grow(void **array, size_t count, size_t size)
{
	void *grown;

	if (count != 0 && (count & (count - 1)) != 0)
		return 0;
	grown = realloc(*array, (count == 0 ? 1 : 2 * count) * size);
	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	return 0;
}

/* Read the line "table inet t { # handle 1". */
static int
table_add(struct listing *listing, const char *line)
{
	struct listing_table *table;
	char family[16], name[256];

	if (sscanf(line, "table %15s %255s {", family, name) != 2)
		return 0;
	if (array_grow((void **)&listing->tables, listing->table_count,
		       sizeof(*listing->tables)) != 0)
		return -ENOMEM;
	table = &listing->tables[listing->table_count++];
	*table = (struct listing_table){.family = strdup(family), .name = strdup(name)};
	return table->family != NULL && table->name != NULL ? 0 : -ENOMEM;
}

static int
rule_add(struct listing *listing, const char *text, const char *end,
	 unsigned long long handle)
{
	if (array_grow((void **)&listing->rules, listing->rule_count,
		       sizeof(*listing->rules)) != 0)
		return -ENOMEM;
	listing->rules[listing->rule_count++] = (struct listing_rule){
		.text = text,
		.length = (size_t)(end - text),
		.handle = handle,
		.table = listing->table_count - 1,
	};
	return 0;
}

static int
starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* State of the parser. */
struct state {
	int in_chain;
	/* start of a rule of several lines, `jump { .. }`; NULL: none */
	const char *rule;
};

/* Read a line of a chain: a rule or part of one. */
static int
chain_line(struct listing *listing, struct state *state, const char *line, size_t length)
{
	const char *text = line + strspn(line, "\t"), *end;
	unsigned long long handle = 0;

	end = handle_find(line, length, &handle);
	if (end == NULL) {
		if (state->rule == NULL && length > 0 && line[length - 1] == '{')
			state->rule = text;
		return 0;
	}
	if (state->rule != NULL && !starts(line, "\t\t}"))
		return 0; /* a rule inside an anonymous chain */
	text = state->rule != NULL ? state->rule : text;
	state->rule = NULL;
	return rule_add(listing, text, end, handle);
}

int
listing_read(const char *text, struct listing *listing)
{
	struct state state = {0, NULL};
	const char *line;
	size_t length;
	int ret = 0;

	memset(listing, 0, sizeof(*listing));
	for (line = text; *line != '\0' && ret == 0;
	     line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		if (starts(line, "table "))
			ret = table_add(listing, line);
		else if (listing->table_count == 0)
			continue;
		else if (starts(line, "\tflags ") && memmem(line, length, "dormant", 7))
			listing->tables[listing->table_count - 1].dormant = 1;
		else if (starts(line, "\tchain "))
			state = (struct state){.in_chain = 1};
		else if (starts(line, "\t}"))
			state.in_chain = 0;
		else if (state.in_chain && starts(line, "\t\t"))
			ret = chain_line(listing, &state, line, length);
	}
	return ret;
}

void
listing_free(struct listing *listing)
{
	unsigned i;

	for (i = 0; i < listing->table_count; i++) {
		free(listing->tables[i].family);
		free(listing->tables[i].name);
	}
	free(listing->tables);
	free(listing->rules);
}
