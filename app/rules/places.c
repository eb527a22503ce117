/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Find the rules in the text. The kernel numbers the rules of a table in the order in
 * which they are added, which is the order of the text: blocks, and commands (`add rule
 * ..`) where they occur. `include` is followed in the same way as nft does.
 */
#include "places.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

#define INCLUDES_MAX 16u /* nesting limit of includes, as in nft */

/* State of one table. */
struct rules {
	size_t *order; /* its rules, as indices into the listing, sorted by handle */
	size_t count;
	size_t seen; /* number of rules found in the text */
};

struct reading {
	const struct listing *listing;
	const struct source *source;
	char **places;       /* places, indexed like listing->rules */
	struct rules *rules; /* per table, indexed like listing->tables */
	unsigned depth;      /* current nesting depth of includes */
	/* the text deletes rules or cannot be parsed, so no place is reliable */
	bool doubtful;
	bool failed; /* memory is out */
};

static void text_read(struct reading *r, const char *name, const char *text);

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Find the table that a statement names, `[family] name`, starting at word n. */
static struct rules *
table_find(struct reading *r, const struct statement *s, unsigned n)
{
	static const char *const families[] = {"inet",   "ip",  "ip6", "bridge",
					       "netdev", "arp", NULL};
	char family[SCAN_WORD_BYTES], name[SCAN_WORD_BYTES];
	const struct listing_table *tables = r->listing->tables;
	unsigned i;

	statement_word(s, n, family);
	statement_word(s, n + 1, name);
	if (!is_one_of(family, families)) {
		memcpy(name, family, sizeof(name));
		strcpy(family, "ip");
	}
	for (i = 0; i < r->listing->table_count; i++)
		if (strcmp(tables[i].family, family) == 0 &&
		    strcmp(tables[i].name, name) == 0)
			return &r->rules[i];
	return NULL;
}

/* Record the place of the next rule of a table. */
static void
rule_place(struct reading *r, struct rules *rules, const char *file, unsigned line)
{
	size_t rule;

	if (rules == NULL || rules->seen++ >= rules->count)
		return;
	rule = rules->order[rules->seen - 1];
	if (asprintf(&r->places[rule], "%s:%u", file, line) < 0) {
		r->places[rule] = NULL;
		r->failed = true;
	}
}

/* Follow `include "..."`: relative to the rule file, then to /etc; with wildcards. */
static void
include_read(struct reading *r, const struct statement *s)
{
	const char *file = r->source->name, *slash = strrchr(file, '/');
	char path[SCAN_WORD_BYTES], pattern[4096], *text;
	int folder = slash != NULL ? (int)(slash - file) + 1 : 0;
	glob_t found;
	size_t i;

	statement_word(s, 1, path);
	snprintf(pattern, sizeof(pattern), "%.*s%s", folder, file, path);
	if (path[0] == '/' || path[0] == '.')
		snprintf(pattern, sizeof(pattern), "%s", path);
	if (r->depth == INCLUDES_MAX)
		return;
	if (glob(pattern, 0, NULL, &found) != 0) {
		snprintf(pattern, sizeof(pattern), "/etc/%s", path);
		if (glob(pattern, 0, NULL, &found) != 0)
			return;
	}
	r->depth++;
	for (i = 0; i < found.gl_pathc; i++) {
		text = source_text(found.gl_pathv[i]);
		if (text != NULL)
			text_read(r, found.gl_pathv[i], text);
		free(text);
	}
	r->depth--;
	globfree(&found);
}

static void
chain_read(struct reading *r, struct rules *rules, const char *file,
	   const struct statement *chain)
{
	static const char *const others[] = {"type",     "policy", "comment",
					     "devices",  "define", "redefine",
					     "undefine", "flags",  NULL};
	struct scan scan = {chain->body, chain->body + chain->body_length,
			    chain->body_line};
	char word[SCAN_WORD_BYTES];
	struct statement s;

	while (scan_next(&scan, &s)) {
		statement_word(&s, 0, word);
		if (strcmp(word, "include") == 0)
			r->doubtful = true;
		else if (!is_one_of(word, others))
			rule_place(r, rules, file, s.line);
	}
}

static void
table_read(struct reading *r, const char *file, const struct statement *table,
	   struct rules *rules)
{
	struct scan scan = {table->body, table->body + table->body_length,
			    table->body_line};
	char word[SCAN_WORD_BYTES];
	struct statement s;

	while (scan_next(&scan, &s)) {
		statement_word(&s, 0, word);
		if (strcmp(word, "chain") == 0 && s.body != NULL)
			chain_read(r, rules, file, &s);
		else if (strcmp(word, "include") == 0)
			r->doubtful = true;
	}
}

/* Handle a statement outside of all blocks, after an optional `add` or similar word. */
static void
command_read(struct reading *r, const char *file, const struct statement *s)
{
	static const char *const adds[] = {"add", "create", "insert", NULL};
	static const char *const changes[] = {"delete", "replace", "destroy", "reset",
					      NULL};
	char word[SCAN_WORD_BYTES];
	unsigned n = 0;

	statement_word(s, 0, word);
	if (is_one_of(word, adds))
		statement_word(s, ++n, word);
	if (strcmp(word, "include") == 0)
		include_read(r, s);
	else if (strcmp(word, "table") == 0 && s->body != NULL)
		table_read(r, file, s, table_find(r, s, n + 1));
	else if (strcmp(word, "rule") == 0)
		rule_place(r, table_find(r, s, n + 1), file, s->line);
	else if (is_one_of(word, changes)) {
		statement_word(s, 1, word);
		r->doubtful |= strcmp(word, "rule") == 0;
	}
}

static void
text_read(struct reading *r, const char *name, const char *text)
{
	struct scan scan = {text, NULL, 1};
	struct statement s;

	while (scan_next(&scan, &s))
		command_read(r, name, &s);
}

static int
handle_compare(const void *x, const void *y, void *arg)
{
	const struct listing_rule *rules = arg;
	unsigned long long a = rules[*(const size_t *)x].handle;
	unsigned long long b = rules[*(const size_t *)y].handle;

	return (a > b) - (a < b);
}

static bool
orders_make(struct reading *r)
{
	const struct listing *listing = r->listing;
	struct rules *rules;
	unsigned table;
	size_t i;

	for (i = 0; i < listing->rule_count; i++)
		r->rules[listing->rules[i].table].count++;
	for (table = 0; table < listing->table_count; table++) {
		rules = &r->rules[table];
		rules->order = calloc(rules->count + 1, sizeof(size_t));
		if (rules->order == NULL)
			return false;
		rules->count = 0;
	}
	for (i = 0; i < listing->rule_count; i++) {
		rules = &r->rules[listing->rules[i].table];
		rules->order[rules->count++] = i;
	}
	for (table = 0; table < listing->table_count; table++)
		qsort_r(r->rules[table].order, r->rules[table].count, sizeof(size_t),
			handle_compare, listing->rules);
	return true;
}

/* Discard the places of each table whose number of rules differs from the text. */
static void
doubts_clear(struct reading *r)
{
	const struct rules *rules;
	size_t i;

	for (i = 0; i < r->listing->rule_count; i++) {
		rules = &r->rules[r->listing->rules[i].table];
		if (rules->seen == rules->count && !r->doubtful)
			continue;
		free(r->places[i]);
		r->places[i] = NULL;
	}
}

char **
places_read(const struct listing *listing, const struct source *source)
{
	struct reading r = {
		.listing = listing,
		.source = source,
		.places = calloc(listing->rule_count + 1, sizeof(char *)),
		.rules = calloc(listing->table_count + 1, sizeof(struct rules)),
	};
	unsigned table;

	r.failed = r.places == NULL || r.rules == NULL || !orders_make(&r);
	if (!r.failed)
		text_read(&r, source->name, source->content);
	if (!r.failed)
		doubts_clear(&r);
	for (table = 0; r.rules != NULL && table < listing->table_count; table++)
		free(r.rules[table].order);
	free(r.rules);
	if (!r.failed)
		return r.places;
	places_free(listing, r.places);
	return NULL;
}

void
places_free(const struct listing *listing, char **places)
{
	size_t i;

	for (i = 0; places != NULL && i < listing->rule_count; i++)
		free(places[i]);
	free(places);
}
