/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "exit.h"
#include "message.h"

static char printed[1024];

/* Redirect standard error to `printed` until capture_end(). */
static FILE *
capture_begin(void)
{
	FILE *saved = stderr;

	memset(printed, 0, sizeof(printed));
	stderr = fmemopen(printed, sizeof(printed), "w");
	assert_non_null(stderr);
	return saved;
}

static void
capture_end(FILE *saved)
{
	fclose(stderr);
	stderr = saved;
}

static void
an_error_names_the_program_and_returns_its_status(void **state)
{
	FILE *saved = capture_begin();
	int status;

	(void)state;
	message_begin("sluice-test");
	status = message_error(EXIT_DEVICE, "port '%s': %s", "lan", "no such device");
	capture_end(saved);
	assert_int_equal(status, EXIT_DEVICE);
	assert_string_equal(printed, "sluice-test: port 'lan': no such device\n");
	assert_string_equal(message_program(), "sluice-test");
}

static void
a_place_is_printed_as_far_as_it_is_known(void **state)
{
	static const struct {
		const char *name;
		struct message_place place;
		const char *text;
	} rows[] = {
		{"file, line, column", {"r.nft", 3, 7}, "p: r.nft:3:7: wrong\n"},
		{"file and line", {"r.nft", 3, 0}, "p: r.nft:3: wrong\n"},
		{"file only", {"r.nft", 0, 7}, "p: r.nft: wrong\n"},
	};
	FILE *saved;
	size_t i;

	(void)state;
	message_begin("p");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		saved = capture_begin();
		assert_int_equal(message_error_at(3, &rows[i].place, "wrong"), 3);
		capture_end(saved);
		if (strcmp(printed, rows[i].text) != 0)
			fail_msg("%s: %s", rows[i].name, printed);
	}
}

static void
a_misuse_points_to_the_help(void **state)
{
	FILE *saved = capture_begin();
	int status;

	(void)state;
	message_begin("p");
	status = message_misuse("no FILE");
	capture_end(saved);
	assert_int_equal(status, EXIT_USAGE);
	assert_int_equal(EXIT_USAGE, 2);
	assert_string_equal(printed, "p: no FILE\nTry 'p --help'.\n");
}

static void
a_warning_says_that_it_is_one(void **state)
{
	FILE *saved = capture_begin();

	(void)state;
	message_begin("p");
	message_warning("%u frames", 3);
	capture_end(saved);
	assert_string_equal(printed, "p: warning: 3 frames\n");
}

static void
each_line_for_the_journal_has_its_priority(void **state)
{
	char stream[64];
	struct stat stat;
	FILE *saved;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &stat), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	saved = capture_begin();
	message_begin("p");
	message_error(1, "one\ntwo");
	message_warning("three");
	message_note("four");
	capture_end(saved);
	assert_string_equal(printed,
			    "<3>p: one\n<3>two\n<4>p: warning: three\n<6>p: four\n");
}

static void
another_reader_than_the_journal_gets_no_priorities(void **state)
{
	static const char *const streams[] = {"1:1", "", "x:y"};
	FILE *saved;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		setenv("JOURNAL_STREAM", streams[i], 1);
		saved = capture_begin();
		message_begin("p");
		message_error(1, "one\ntwo");
		capture_end(saved);
		assert_string_equal(printed, "p: one\ntwo\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_names_the_program_and_returns_its_status),
		cmocka_unit_test(a_place_is_printed_as_far_as_it_is_known),
		cmocka_unit_test(a_misuse_points_to_the_help),
		cmocka_unit_test(a_warning_says_that_it_is_one),
		cmocka_unit_test(each_line_for_the_journal_has_its_priority),
		cmocka_unit_test(another_reader_than_the_journal_gets_no_priorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
