/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parse the command line of a program by a table of options; --help and the messages come
 * from the same table. As with getopt_long(), options may be abbreviated and may follow
 * operands, and "--" ends them.
 *
 *	static const struct option_row rows[] = {
 *		{"config", 'c', "FILE", "the configuration", take_config},
 *		{.help = "more words:"},
 *		{"check", 0, NULL, "read configuration and rules, and end", take_check},
 *	};
 *	static const struct options_table table = {
 *		.usage = "-c FILE [options]", .rows = rows, .count = 3,
 *		.version = SLUICE_VERSION,
 *	};
 *
 *	status = options_read(&table, argc, argv, &options);
 *	if (status != OPTIONS_GO_ON)
 *		return streams_end(status, EXIT_OTHER);
 *
 * Every program has --help (-h) and --version (-V) without a row for them. A misuse gives
 * one message, with the most similar known word, and EXIT_USAGE. Call message_begin()
 * before. Main thread only.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdint.h>

#define OPTIONS_GO_ON (-1) /* not an exit status: the program shall continue */
/* of a program, with those behind a command */
#define OPTIONS_ROWS_MAX 64u

/*
 * Handle an option or an operand. context is the argument of options_read(). argument is
 * NULL for an option without a value; otherwise it points into argv. Returns
 * OPTIONS_GO_ON, or an exit status after printing a message (message_misuse()).
 */
typedef int options_take(void *context, const char *argument);

struct option_row {
	/* long name without "--"; NULL: the row is a heading, printed as help */
	const char *name;
	char letter; /* short name; 0: none */
	/* name of the value in --help; NULL: the option takes no value */
	const char *argument;
	const char *help; /* help text; a line feed starts another line */
	options_take *take;
};

/* A command: the first operand is one word of a list, as in sluicectl. */
struct option_command {
	const char *name;
	const char *help;
};

/*
 * Options that are known behind one command only, and not printed by --help. Their
 * letters replace those of the program; their long names are not in its table.
 */
struct options_behind {
	const char *command;
	const struct option_row *rows;
	unsigned count;
};

struct options_table {
	/* printed after the program's name; lines are separated as in help */
	const char *usage;
	const char *about; /* printed before the options; NULL: nothing */
	const char *after; /* printed after the options; NULL: nothing */
	const char *version;
	const struct option_row *rows;
	unsigned count; /* number of rows */
	const struct option_command
		*commands; /* list for --help; NULL: the program has no commands */
	unsigned command_count;
	const struct options_behind *behind; /* NULL: no command has such options */
	options_take *operand; /* called for each operand; NULL: operands are errors */
};

/*
 * Parse a command line; argv[0] is ignored. Returns OPTIONS_GO_ON, 0 when --help or
 * --version has been printed, EXIT_USAGE, or what a take function returned.
 */
int options_read(const struct options_table *table, int argc, char **argv, void *context);

/*
 * Parse an integer from min to max, the value of the option `name` ("--burst"). Returns
 * OPTIONS_GO_ON and *value, or EXIT_USAGE after a message.
 */
int options_number(const char *name, const char *text, uint64_t min, uint64_t max,
		   uint64_t *value);

/*
 * Return the index of a command in the table, or -1 after a message that names the most
 * similar command, or all commands.
 */
int options_command(const struct options_table *table, const char *name);

#endif
