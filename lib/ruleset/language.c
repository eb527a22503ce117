/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints the words that rules may use and those that are refused, for docs/rules.md. The
 * words come from the tables that the readers search, so the document matches the code.
 */
#include <ruleset/language.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

struct words {
	struct word *word;
	size_t count;
	size_t room;
	bool failed; /* memory has run out */
};

/* Statements whose name in nft's JSON is not what a rule says. */
static const struct {
	const char *name;
	const char *said;
} said_as[] = {
	{"match", "FIELD VALUE"},        {"mangle", "FIELD set VALUE"},
	{"set", "add @SET { .. }"},      {"set", "update @SET { .. }"},
	{"set", "delete @SET { .. }"},   {"meter", "meter NAME { .. }"},
	{"vmap", "FIELD vmap { .. }"},   {"jump", "jump CHAIN"},
	{"goto", "goto CHAIN"},          {"counter", "counter"},
	{"counter", "counter name N"},   {"limit", "limit rate N/SECOND"},
	{"limit", "limit name N"},       {"quota", "quota N bytes"},
	{"quota", "quota name N"},       {"ct count", "ct count N"},
	{"reset", "reset tcp option N"}, {"reject", "reject"},
	{"reject", "reject with .."},
};

static void
word_add(void *arg, const struct word *word)
{
	struct words *words = arg;
	struct word *grown;

	if (words->count == words->room) {
		words->room = words->room * 2 + 64;
		grown = realloc(words->word, words->room * sizeof(*grown));
		if (grown == NULL) {
			words->failed = true;
			words->room = words->count;
			return;
		}
		words->word = grown;
	}
	words->word[words->count++] = *word;
}

/* Whether two words are of one kind and use, so that they stand in one row. */
static bool
is_same_row(const struct word *a, const struct word *b)
{
	return a->use == b->use && strcmp(a->kind, b->kind) == 0;
}

static bool
is_first_of_row(const struct words *words, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (is_same_row(&words->word[j], &words->word[i]))
			return false;
	return true;
}

/* The names of a row, from its first word on. */
static void
names_print(const struct words *words, size_t first, FILE *out)
{
	const struct word *word;
	const char *between = "";
	size_t i;

	for (i = first; i < words->count; i++) {
		word = &words->word[i];
		if (!is_same_row(word, &words->word[first]))
			continue;
		fprintf(out, "%s`%s%s%s`", between, word->name,
			word->field != NULL ? " " : "",
			word->field != NULL ? word->field : "");
		between = ", ";
	}
}

static void
table_print(const struct words *words, enum word_use use, const char *head, FILE *out)
{
	size_t i;

	fprintf(out, "\n| %s | |\n|---|---|\n", head);
	for (i = 0; i < words->count; i++) {
		if (words->word[i].use != use || !is_first_of_row(words, i))
			continue;
		fprintf(out, "| `%s` | ", words->word[i].kind);
		names_print(words, i, out);
		fputs(" |\n", out);
	}
}

static void
refusals_print(const struct words *words, enum word_use use, const char *head, FILE *out)
{
	const struct word *word;
	size_t i;

	fprintf(out, "\n| %s | why, and what to do |\n|---|---|\n", head);
	for (i = 0; i < words->count; i++) {
		word = &words->word[i];
		if (word->use == use)
			fprintf(out, "| `%s%s%s` | %s |\n", word->kind,
				word->name != NULL ? " " : "",
				word->name != NULL ? word->name : "", word->reason);
	}
}

/* Print how rules say a statement. Returns whether it has a spelling of its own. */
static bool
said_print(const char *name, size_t length, const char **between, FILE *out)
{
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(said_as) / sizeof(said_as[0]); i++) {
		if (strlen(said_as[i].name) != length ||
		    strncmp(said_as[i].name, name, length) != 0)
			continue;
		fprintf(out, "%s`%s`", *between, said_as[i].said);
		*between = ", ";
		found = true;
	}
	return found;
}

static void
statements_print(FILE *out)
{
	const char *between = "", *name;
	size_t length;
	unsigned kind;

	fputs("| statements | |\n|---|---|\n| taken | ", out);
	for (kind = 0; kind < stmt_kinds; kind++) {
		name = stmt_types[kind]->names;
		/* a name of several words belongs to one statement: `ct count` */
		while (*name != '\0') {
			length = strcmp(name, "ct count") == 0 ? strlen(name)
							       : strcspn(name, " ");
			if (!said_print(name, length, &between, out))
				fprintf(out, "%s`%.*s`", between, (int)length, name);
			between = ", ";
			name += length + (name[length] == ' ');
		}
	}
	fputs(" |\n", out);
}

int
ruleset_language_print(FILE *out)
{
	struct words words = {.word = NULL};

	key_words(word_add, &words);
	header_words(word_add, &words);
	known_words(word_add, &words);
	mangle_words(word_add, &words);
	refusal_words(word_add, &words);
	if (!words.failed) {
		statements_print(out);
		table_print(&words, WORD_MATCHED, "compared", out);
		table_print(&words, WORD_NEVER, "taken, never matches", out);
		table_print(&words, WORD_SET, "set", out);
		refusals_print(&words, WORD_REFUSED, "refused field", out);
		refusals_print(&words, WORD_STATEMENT_REFUSED, "refused statement", out);
	}
	free(words.word);
	return words.failed ? -ENOMEM : 0;
}
