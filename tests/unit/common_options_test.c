/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exit.h"
#include "message.h"
#include "options.h"

struct taken {
	const char *config;
	const char *own; /* of the options behind `reload` */
	bool check;
	const char *operands[4];
	unsigned count;
};

/* output to standard error, followed by output to standard output */
static char printed[2048];

static int
take_config(void *context, const char *argument)
{
	((struct taken *)context)->config = argument;
	return OPTIONS_GO_ON;
}

static int
take_check(void *context, const char *argument)
{
	assert_null(argument);
	((struct taken *)context)->check = true;
	return OPTIONS_GO_ON;
}

static int
take_operand(void *context, const char *argument)
{
	struct taken *taken = context;

	taken->operands[taken->count++] = argument;
	return OPTIONS_GO_ON;
}

static const struct option_row rows[] = {
	{"config", 'c', "FILE", "the configuration", take_config},
	{.help = "more:"},
	{"check", 0, NULL, "first line\nsecond line", take_check},
	{"chess", 0, NULL, "begins with the same letters", take_check},
};

static const struct option_command commands[] = {
	{"list", "list them"},
	{"reload", "load again"},
};

static int
take_own(void *context, const char *argument)
{
	((struct taken *)context)->own = argument;
	return OPTIONS_GO_ON;
}

static const struct option_row reload_rows[] = {
	{"times", 'c', "N", NULL, take_own},
	{"now", 'n', "N", NULL, take_own},
};

static const struct options_behind behind_reload = {"reload", reload_rows, 2};

static const struct options_table table = {
	.usage = "[options] FILE",
	.about = "About it.",
	.after = "After all.",
	.version = "1.2",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.commands = commands,
	.command_count = sizeof(commands) / sizeof(commands[0]),
	.behind = &behind_reload,
	.operand = take_operand,
};

/* Parse a command line of words separated by blanks; store the output in `printed`. */
static int
read_line(const struct options_table *with, const char *line, struct taken *taken)
{
	static char words[256];
	FILE *out = stdout, *err = stderr;
	char *argv[16] = {(char *)(uintptr_t) "p"};
	char *rest = words, *word;
	int argc = 1, status;

	memset(taken, 0, sizeof(*taken));
	memset(printed, 0, sizeof(printed));
	snprintf(words, sizeof(words), "%s", line);
	while (line[0] != '\0' && (word = strsep(&rest, " ")) != NULL)
		argv[argc++] = word;
	message_begin("p");
	stderr = stdout = fmemopen(printed, sizeof(printed), "w");
	assert_non_null(stdout);
	status = options_read(with, argc, argv, taken);
	fclose(stdout);
	stdout = out;
	stderr = err;
	return status;
}

static void
options_stand_before_between_and_behind_operands(void **state)
{
	struct taken taken;

	(void)state;
	assert_int_equal(read_line(&table, "a -cx b --check -- -c", &taken),
			 OPTIONS_GO_ON);
	assert_string_equal(printed, "");
	assert_string_equal(taken.config, "x");
	assert_true(taken.check);
	assert_int_equal(taken.count, 3);
	assert_string_equal(taken.operands[0], "a");
	assert_string_equal(taken.operands[1], "b");
	assert_string_equal(taken.operands[2], "-c");
	assert_int_equal(read_line(&table, "--conf=y -", &taken), OPTIONS_GO_ON);
	assert_string_equal(taken.config, "y");
	assert_string_equal(taken.operands[0], "-");
}

static void
options_of_a_command_are_known_behind_it_only(void **state)
{
	static const struct {
		const char *line;
		const char *config;
		const char *own;
	} lines[] = {
		{"reload -c 1", NULL, "1"},
		{"-c x reload -c 1", "x", "1"},
		{"--check -cx reload --check -c1", "x", "1"},
		{"reload --config x -n1", "x", "1"},
		{"reload --times=1", NULL, "1"},
		{"reload --tim 1 --conf x", "x", "1"},
		{"reload list -n 1", NULL, "1"},
		{"list reload -c x", "x", NULL},
		{"list -c reload", "reload", NULL},
	};
	struct taken taken;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (read_line(&table, lines[i].line, &taken) != OPTIONS_GO_ON)
			fail_msg("%s: %s", lines[i].line, printed);
		if (taken.config == NULL || lines[i].config == NULL)
			assert_ptr_equal(taken.config, lines[i].config);
		else
			assert_string_equal(taken.config, lines[i].config);
		if (taken.own == NULL || lines[i].own == NULL)
			assert_ptr_equal(taken.own, lines[i].own);
		else
			assert_string_equal(taken.own, lines[i].own);
	}
	assert_int_equal(read_line(&table, "-n 1 reload", &taken), EXIT_USAGE);
	assert_non_null(strstr(printed, "unknown option -n\n"));
	assert_int_equal(read_line(&table, "list --times 1", &taken), EXIT_USAGE);
	assert_non_null(strstr(printed, "unknown option --times"));
	assert_int_equal(read_line(&table, "reload --tiems 1", &taken), EXIT_USAGE);
	assert_non_null(strstr(printed, "did you mean --times?"));
	assert_int_equal(read_line(&table, "reload -c", &taken), EXIT_USAGE);
	assert_non_null(strstr(printed, "-c expects a value: N"));
}

static void
a_misuse_is_one_message_and_status_2(void **state)
{
	static const struct {
		const char *line;
		const char *text;
	} misuses[] = {
		{"--confg x", "p: unknown option --confg, did you mean --config?\n"},
		{"--chek", "p: unknown option --chek, did you mean --check?\n"},
		{"--verbose-as-possible=1", "p: unknown option --verbose-as-possible\n"},
		{"-x", "p: unknown option -x\n"},
		{"-c", "p: -c expects a value: FILE\n"},
		{"--config", "p: --config expects a value: FILE\n"},
		{"--check=1", "p: --check takes no value: --check=1\n"},
		{"--che", "p: --che may mean --check and others, the whole name is "
			  "expected\n"},
	};
	struct taken taken;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		if (read_line(&table, misuses[i].line, &taken) != EXIT_USAGE)
			fail_msg("%s: is taken", misuses[i].line);
		if (strncmp(printed, misuses[i].text, strlen(misuses[i].text)) != 0 ||
		    strcmp(printed + strlen(misuses[i].text), "Try 'p --help'.\n") != 0)
			fail_msg("%s: %s", misuses[i].line, printed);
	}
}

static void
an_operand_without_a_taker_is_a_misuse(void **state)
{
	struct options_table without = table;
	struct taken taken;

	(void)state;
	without.operand = NULL;
	assert_int_equal(read_line(&without, "--check file", &taken), EXIT_USAGE);
	assert_non_null(strstr(printed, "unexpected argument 'file'"));
}

static void
the_help_is_made_from_the_table(void **state)
{
	static const char help[] = "usage: p [options] FILE\n"
				   "\n"
				   "About it.\n"
				   "\n"
				   "  list      list them\n"
				   "  reload    load again\n"
				   "\n"
				   "  -h, --help         print this text\n"
				   "  -V, --version      print the version\n"
				   "  -c, --config FILE  the configuration\n"
				   "\n"
				   "more:\n"
				   "      --check        first line\n"
				   "                     second line\n"
				   "      --chess        begins with the same letters\n"
				   "\n"
				   "After all.\n";
	struct taken taken;

	(void)state;
	assert_int_equal(read_line(&table, "--help", &taken), 0);
	assert_string_equal(printed, help);
	assert_int_equal(read_line(&table, "-V", &taken), 0);
	assert_string_equal(printed, "p 1.2\n");
}

static void
a_number_has_to_be_within_its_range(void **state)
{
	static const char *const wrong[] = {"",   "0",  "65", "x",
					    "-1", "1x", " 1", "99999999999999999999"};
	FILE *err = stderr;
	uint64_t value = 7;
	size_t i;

	(void)state;
	stderr = fmemopen(printed, sizeof(printed), "w");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(options_number("--n", wrong[i], 1, 64, &value),
				 EXIT_USAGE);
	fclose(stderr);
	stderr = err;
	assert_int_equal(value, 7);
	assert_int_equal(options_number("--n", "64", 1, 64, &value), OPTIONS_GO_ON);
	assert_int_equal(value, 64);
}

static void
a_misspelt_command_gets_the_nearest_one(void **state)
{
	FILE *err = stderr;

	(void)state;
	assert_int_equal(options_command(&table, "reload"), 1);
	stderr = fmemopen(printed, sizeof(printed), "w");
	assert_int_equal(options_command(&table, "realod"), -1);
	assert_int_equal(options_command(&table, "lisst"), -1);
	assert_int_equal(options_command(&table, "frobnicate"), -1);
	fclose(stderr);
	stderr = err;
	assert_non_null(strstr(printed, "'realod', did you mean 'reload'?"));
	assert_non_null(strstr(printed, "'lisst', did you mean 'list'?"));
	assert_non_null(strstr(printed, "'frobnicate', expected one of list, reload"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_between_and_behind_operands),
		cmocka_unit_test(options_of_a_command_are_known_behind_it_only),
		cmocka_unit_test(a_misuse_is_one_message_and_status_2),
		cmocka_unit_test(an_operand_without_a_taker_is_a_misuse),
		cmocka_unit_test(the_help_is_made_from_the_table),
		cmocka_unit_test(a_number_has_to_be_within_its_range),
		cmocka_unit_test(a_misspelt_command_gets_the_nearest_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
