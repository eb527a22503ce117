/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
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

/* Return option n: first the rows of the program's table, then the built-in options. */
static const struct option_row *
row_at(const struct options_table *table, unsigned n)
{
	return n < table->count ? &table->rows[n] : &own_rows[n - table->count];
}

static unsigned
row_count(const struct options_table *table)
{
	return table->count + OWN_COUNT;
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
	int column = HELP_COLUMN_MIN, width;
	char text[128];
	unsigned i;

	for (i = 0; i < row_count(table); i++) {
		if (row_at(table, i)->name == NULL)
			continue;
		width = head_text(row_at(table, i), text, sizeof(text)) + 2;
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

/* The option letters and long options in the form that getopt_long() takes. */
struct getopt_table {
	char letters[2 * (OPTIONS_ROWS_MAX + OWN_COUNT) + 3];
	struct option longs[OPTIONS_ROWS_MAX + OWN_COUNT + 1];
};

static void
getopt_fill(struct getopt_table *known, const struct options_table *table)
{
	const struct option_row *row;
	unsigned i, used = 0, n = 0;

	memset(known, 0, sizeof(*known));
	known->letters[used++] = '-'; /* return each operand as option 1 */
	/* return ':' for a missing value, '?' for an unknown option */
	known->letters[used++] = ':';
	for (i = 0; i < row_count(table); i++) {
		row = row_at(table, i);
		if (row->name == NULL)
			continue;
		known->longs[n++] = (struct option){
			row->name,
			row->argument != NULL ? required_argument : no_argument,
			NULL,
			LONG_FIRST + (int)i,
		};
		if (row->letter == '\0')
			continue;
		known->letters[used++] = row->letter;
		if (row->argument != NULL)
			known->letters[used++] = ':';
	}
}

/* Return the row for a return value of getopt_long(). */
static const struct option_row *
row_find(const struct options_table *table, int option)
{
	unsigned i;

	if (option >= LONG_FIRST)
		return row_at(table, (unsigned)(option - LONG_FIRST));
	for (i = 0; i < row_count(table); i++)
		if (row_at(table, i)->letter == option)
			return row_at(table, i);
	return NULL;
}

/* Report an unknown or ambiguous option: "--confg=x", "-x" or the x of "-cx". */
static int
unknown_option(const struct options_table *table, const char *argument)
{
	const char *names[OPTIONS_ROWS_MAX + OWN_COUNT], *nearest;
	char word[64];
	unsigned i, count = 0;

	if (optopt != 0 && optopt < LONG_FIRST)
		return message_misuse("unknown option -%c", optopt);
	if (optopt >= LONG_FIRST)
		return message_misuse("--%s takes no value: %s",
				      row_at(table, (unsigned)(optopt - LONG_FIRST))
					      ->name,
				      argument);
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(argument + 2, "="),
		 argument + 2);
	for (i = 0; i < row_count(table); i++) {
		if (row_at(table, i)->name != NULL)
			names[count++] = row_at(table, i)->name;
		/* getopt_long() accepts an abbreviation unless it is ambiguous */
		if (row_at(table, i)->name != NULL &&
		    strncmp(row_at(table, i)->name, word, strlen(word)) == 0)
			return message_misuse("--%s may mean --%s and others, the whole "
					      "name is expected",
					      word, row_at(table, i)->name);
	}
	nearest = word_nearest(word, names, count);
	if (nearest != NULL)
		return message_misuse("unknown option --%s, did you mean --%s?", word,
				      nearest);
	return message_misuse("unknown option --%s", word);
}

static int
missing_value(const struct options_table *table, const char *argument)
{
	const struct option_row *row = row_find(table, optopt);

	return message_misuse("%s expects a value: %s", argument,
			      row != NULL ? row->argument : "VALUE");
}

static int
operand_take(const struct options_table *table, const char *operand, void *context)
{
	if (table->operand == NULL)
		return message_misuse("unexpected argument '%s', only options are "
				      "expected",
				      operand);
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
	struct getopt_table known;

	getopt_fill(&known, table);
	opterr = 0;
	optind = 0; /* glibc: 0 restarts the scan and resets its internal state */
	while (status == OPTIONS_GO_ON &&
	       (option = getopt_long(argc, argv, known.letters, known.longs, NULL)) !=
		       -1) {
		if (option == 1)
			status = operand_take(table, optarg, context);
		else if (option == ':')
			status = missing_value(table, argv[optind - 1]);
		else if (option == '?')
			status = unknown_option(table, argv[optind - 1]);
		else
			status = option_take(table, row_find(table, option), context);
	}
	while (status == OPTIONS_GO_ON && optind < argc)
		status = operand_take(table, argv[optind++], context);
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
