/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * After streams_begin(), text that any function writes to standard error is escaped.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "streams.h"

static char got[16384];
static size_t got_length;
static int sink_status;

static int
keep(int fd, const char *bytes, size_t length)
{
	assert_int_equal(fd, 2);
	assert_true(got_length + length < sizeof(got));
	memcpy(got + got_length, bytes, length);
	got_length += length;
	got[got_length] = '\0';
	return sink_status;
}

static int
begin(void **state)
{
	(void)state;
	streams_begin();
	return 0;
}

static int
listen_in(void **state)
{
	(void)state;
	got_length = 0;
	got[0] = '\0';
	sink_status = 0;
	streams_sink(keep);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	streams_sink(NULL);
	return 0;
}

static void
characters_written_in_pieces_stay_whole(void **state)
{
	static const char text[] = "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80z";
	size_t i;

	(void)state;
	for (i = 0; text[i] != '\0'; i++)
		fputc(text[i], stderr);
	assert_string_equal(got, text);
}

static void
a_beginning_that_does_not_go_on_is_escaped(void **state)
{
	(void)state;
	fprintf(stderr, "a\xe6\x97");
	assert_string_equal(got, "a");
	fprintf(stderr, "z\x1b");
	assert_string_equal(got, "a\\xe6\\x97z\\x1b");
	fprintf(stderr, "\xc3");
	fprintf(stderr, "\xc3\xa9\xc3");
	fprintf(stderr, "\n");
	assert_string_equal(got, "a\\xe6\\x97z\\x1b\\xc3\xc3\xa9\\xc3\n");
}

static void
long_texts_come_whole(void **state)
{
	char text[3001], expected[12001];
	size_t i;

	(void)state;
	memset(text, 1, sizeof(text) - 1);
	text[3000] = '\0';
	for (i = 0; i < 3000; i++)
		memcpy(expected + 4 * i, "\\x01", sizeof("\\x01"));
	fprintf(stderr, "%s", text);
	assert_string_equal(got, expected);
}

static void
a_write_that_fails_is_an_error_of_the_stream(void **state)
{
	(void)state;
	sink_status = -ENOSPC;
	errno = 0;
	assert_int_equal(fputs("text\n", stderr), EOF);
	assert_int_equal(errno, ENOSPC);
	assert_true(ferror(stderr));
	clearerr(stderr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(characters_written_in_pieces_stay_whole,
						listen_in, end),
		cmocka_unit_test_setup_teardown(
			a_beginning_that_does_not_go_on_is_escaped, listen_in, end),
		cmocka_unit_test_setup_teardown(long_texts_come_whole, listen_in, end),
		cmocka_unit_test_setup_teardown(
			a_write_that_fails_is_an_error_of_the_stream, listen_in, end),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
