/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "message.h"
#include "words.h"

#define HELP_COLUMN_MIN 12 /* least column at which help texts start */
#define HELP_COLUMN_MAX 26
#define LONG_FIRST 256 /* value that getopt_long() returns for row 0 without a letter */

enum {
	OWN_HELP,
	OWN_VERSION,
	OWN_COUNT,
};

static const struct option_row own_rows[OWN_COUNT] = {
	[OWN_HELP] = {"help", 'h', NULL, "print this text", NULL},
	[OWN_VERSION] = {"version", 'V', NULL, "print the version", NULL},
};

/* The options that are known at a place of the command line. */
struct known {
	const struct options_table *table;
	const struct options_behind *behind; /* of the command before; NULL: none */
	bool operands;                       /* an operand has been taken */
	/* the same in the form that getopt_long() takes */
	char letters[2 * (OPTIONS_ROWS_MAX + OWN_COUNT) + 3];
	struct option longs[OPTIONS_ROWS_MAX + OWN_COUNT + 1];
};

/* Return option n: those behind the command, of the program, and built in. */
static const struct option_row *
row_at(const struct known *known, unsigned n)
{
	const unsigned first = known->behind != NULL ? known->behind->count : 0;

	if (n < first)
		return &known->behind->rows[n];
	n -= first;
	return n < known->table->count ? &known->table->rows[n]
				       : &own_rows[n - known->table->count];
}

static unsigned
row_count(const struct known *known)
{
	return (known->behind != NULL ? known->behind->count : 0) + known->table->count +
	       OWN_COUNT;
}

/* Print an option as "  -c, --config FILE"; return the width in columns. */
static int
head_text(const struct option_row *row, char *text, size_t size)
{
	char letter[8] = "    ";

	if (row->letter != '\0')
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	return snprintf(text, size, "  %s--%s%s%s", letter, row->name,
			row->argument != NULL ? " " : "",
			row->argument != NULL ? row->argument : "");
}

/*
 * Print a help text of several lines. The first line starts at the cursor, the others are
 * indented.
 */
static void
lines_print(const char *text, int indent)
{
	size_t length;

	for (;;) {
		length = strcspn(text, "\n");
		printf("%.*s\n", (int)length, text);
		if (text[length] == '\0')
			return;
		text += length + 1;
		printf("%*s", indent, "");
	}
}

static int
help_column(const struct options_table *table)
{
	const struct known known = {.table = table};
	int column = HELP_COLUMN_MIN, width;
	char text[128];
	unsigned i;

	for (i = 0; i < row_count(&known); i++) {
		if (row_at(&known, i)->name == NULL)
			continue;
		width = head_text(row_at(&known, i), text, sizeof(text)) + 2;
		if (width > column && width <= HELP_COLUMN_MAX)
			column = width;
	}
	return column;
}

static void
row_print(const struct option_row *row, int column)
{
	char text[128];
	int width;

	if (row->name == NULL) {
		putchar('\n');
		lines_print(row->help, 0);
		return;
	}
	width = head_text(row, text, sizeof(text));
	fputs(text, stdout);
	if (width + 2 > column)
		putchar('\n');
	printf("%*s", width + 2 > column ? column : column - width, "");
	lines_print(row->help, column);
}

static void
help_print(const struct options_table *table)
{
	int column = help_column(table), prefix;
	unsigned i;

	prefix = printf("usage: %s ", message_program());
	lines_print(table->usage, prefix);
	putchar('\n');
	if (table->about != NULL)
		printf("%s\n\n", table->about);
	for (i = 0; i < table->command_count; i++)
		printf("  %-9s %s\n", table->commands[i].name, table->commands[i].help);
	if (table->command_count > 0)
		putchar('\n');
	for (i = 0; i < OWN_COUNT; i++)
		row_print(&own_rows[i], column);
	for (i = 0; i < table->count; i++)
		row_print(&table->rows[i], column);
	if (table->after != NULL)
		printf("\n%s\n", table->after);
}

/* Fill the tables for getopt_long(). Of rows with the same letter, the first has it. */
static void
getopt_fill(struct known *known)
{
	const struct option_row *row;
	unsigned i, used = 0, n = 0;

	memset(known->letters, 0, sizeof(known->letters));
	memset(known->longs, 0, sizeof(known->longs));
	known->letters[used++] = '-'; /* return each operand as option 1 */
	/* return ':' for a missing value, '?' for an unknown option */
	known->letters[used++] = ':';
	for (i = 0; i < row_count(known); i++) {
		row = row_at(known, i);
		if (row->name == NULL)
			continue;
		known->longs[n++] = (struct option){
			row->name,
			row->argument != NULL ? required_argument : no_argument,
			NULL,
			LONG_FIRST + (int)i,
		};
		if (row->letter == '\0' || strchr(known->letters, row->letter) != NULL)
			continue;
		known->letters[used++] = row->letter;
		if (row->argument != NULL)
			known->letters[used++] = ':';
	}
}

/* Return the row for a return value of getopt_long(). */
static const struct option_row *
row_find(const struct known *known, int option)
{
	unsigned i;

	if (option >= LONG_FIRST)
		return row_at(known, (unsigned)(option - LONG_FIRST));
	for (i = 0; i < row_count(known); i++)
		if (row_at(known, i)->letter == option)
			return row_at(known, i);
	return NULL;
}

/* Report an unknown or ambiguous option: "--confg=x", "-x" or the x of "-cx". */
static int
unknown_option(const struct known *known, const char *argument)
{
	const char *names[OPTIONS_ROWS_MAX + OWN_COUNT], *nearest;
	char word[64];
	unsigned i, count = 0;

	if (optopt != 0 && optopt < LONG_FIRST)
		return message_misuse("unknown option -%c", optopt);
	if (optopt >= LONG_FIRST)
		return message_misuse("--%s takes no value: %s",
				      row_at(known, (unsigned)(optopt - LONG_FIRST))
					      ->name,
				      argument);
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(argument + 2, "="),
		 argument + 2);
	for (i = 0; i < row_count(known); i++) {
		if (row_at(known, i)->name != NULL)
			names[count++] = row_at(known, i)->name;
		/* getopt_long() accepts an abbreviation unless it is ambiguous */
		if (row_at(known, i)->name != NULL &&
		    strncmp(row_at(known, i)->name, word, strlen(word)) == 0)
			return message_misuse("--%s may mean --%s and others, the whole "
					      "name is expected",
					      word, row_at(known, i)->name);
	}
	nearest = word_nearest(word, names, count);
	if (nearest != NULL)
		return message_misuse("unknown option --%s, did you mean --%s?", word,
				      nearest);
	return message_misuse("unknown option --%s", word);
}

static int
missing_value(const struct known *known, const char *argument)
{
	const struct option_row *row = row_find(known, optopt);

	return message_misuse("%s expects a value: %s", argument,
			      row != NULL ? row->argument : "VALUE");
}

/* Take an operand. Options of its own are known behind a command, which is the first. */
static int
operand_take(struct known *known, const char *operand, void *context)
{
	const struct options_table *table = known->table;
	const struct options_behind *behind = table->behind;

	if (table->operand == NULL)
		return message_misuse("unexpected argument '%s', only options are "
				      "expected",
				      operand);
	if (!known->operands && behind != NULL && strcmp(behind->command, operand) == 0) {
		known->behind = behind;
		getopt_fill(known);
	}
	known->operands = true;
	return table->operand(context, operand);
}

static int
option_take(const struct options_table *table, const struct option_row *row,
	    void *context)
{
	if (row == &own_rows[OWN_HELP]) {
		help_print(table);
		return 0;
	}
	if (row == &own_rows[OWN_VERSION]) {
		printf("%s %s\n", message_program(), table->version);
		return 0;
	}
	return row->take(context, row->argument != NULL ? optarg : NULL);
}

int
options_read(const struct options_table *table, int argc, char **argv, void *context)
{
	int option, status = OPTIONS_GO_ON;
	struct known known = {.table = table};

	getopt_fill(&known);
	opterr = 0;
	optind = 0; /* glibc: 0 restarts the scan and resets its internal state */
	while (status == OPTIONS_GO_ON &&
	       (option = getopt_long(argc, argv, known.letters, known.longs, NULL)) !=
		       -1) {
		if (option == 1)
			status = operand_take(&known, optarg, context);
		else if (option == ':')
			status = missing_value(&known, argv[optind - 1]);
		else if (option == '?')
			status = unknown_option(&known, argv[optind - 1]);
		else
			status = option_take(table, row_find(&known, option), context);
	}
	while (status == OPTIONS_GO_ON && optind < argc)
		status = operand_take(&known, argv[optind++], context);
	return status;
}

int
options_number(const char *name, const char *text, uint64_t min, uint64_t max,
	       uint64_t *value)
{
	unsigned long long number;

	errno = 0;
	number = strtoull(text, NULL, 10);
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || errno != 0 ||
	    number < min || number > max)
		return message_misuse("%s %s: a number from %" PRIu64 " to %" PRIu64
				      " is expected",
				      name, text, min, max);
	*value = number;
	return OPTIONS_GO_ON;
}

int
options_command(const struct options_table *table, const char *name)
{
	const char *names[OPTIONS_ROWS_MAX], *nearest;
	char all[256] = "";
	size_t used = 0;
	unsigned i;

	for (i = 0; i < table->command_count; i++) {
		if (strcmp(table->commands[i].name, name) == 0)
			return (int)i;
		names[i] = table->commands[i].name;
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
						 used > 0 ? ", " : "", names[i]);
	}
	nearest = word_nearest(name, names, table->command_count);
	if (nearest != NULL)
		message_misuse("unknown command '%s', did you mean '%s'?", name, nearest);
	else
		message_misuse("unknown command '%s', expected one of %s", name, all);
	return -1;
}
