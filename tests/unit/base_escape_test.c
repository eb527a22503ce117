/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Escaping of text from outside (rules, captures, peers), so that printing it cannot send
 * control sequences to a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <base/escape.h>

static const char *
escaped(const char *text)
{
	static char out[256];
	size_t length = escape_text(out, sizeof(out), text, strlen(text));

	assert_int_equal(length, strlen(out));
	return out;
}

static void
printable_text_stays(void **state)
{
	static const char *const texts[] = {
		"",
		"accept comment \"mail, DNS\" ~",
		"two\nlines\twith a tab",
		"Gr\xc3\xbc\xc3\237e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
		"\xc2\xa0",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(escaped(texts[i]), texts[i]);
}

static void
what_a_terminal_executes_is_escaped(void **state)
{
	static const char *const pairs[][2] = {
		{"\x1b]0;title\a", "\\x1b]0;title\\x07"},
		{"a\r\b\x7f", "a\\x0d\\x08\\x7f"},
		{"\xc2\x9b"
		 "31m",
		 "\\xc2\\x9b31m"}, /* CSI as a C1 control character */
		{"\x9b"
		 "31m",
		 "\\x9b31m"},
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* NOLINT: right-to-left override */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* LINE SEPARATOR */
		{"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"} /* an invisible tag */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(escaped(pairs[i][0]), pairs[i][1]);
}

static void
what_is_not_utf8_is_escaped(void **state)
{
	static const char *const pairs[][2] = {
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc3(", "\\xc3("},
		{"\xc0\xaf", "\\xc0\\xaf"}, /* overlong encoding */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
		{"cut \xe6\x97", "cut \\xe6\\x97"},
		{"\xe6\xe6\x97\xa5", "\\xe6\xe6\x97\xa5"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(escaped(pairs[i][0]), pairs[i][1]);
}

/* For any bytes, the output is only printable ASCII, line feeds, and complete UTF-8. */
static void
nothing_else_comes_out_and_nothing_is_cut_within(void **state)
{
	char text[4], out[20];
	unsigned a, b, i;
	size_t size, n;

	(void)state;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			text[0] = (char)a;
			text[1] = (char)b;
			n = escape_text(out, sizeof(out), text, 2);
			assert_true(n >= 2 && n <= 8);
			for (i = 0; i < n; i++)
				assert_true((out[i] >= 0x20 && out[i] < 0x7f) ||
					    out[i] == '\n' || out[i] == '\t' ||
					    (unsigned char)out[i] >= 0x80);
		}
	}
	for (size = 1; size < sizeof(out); size++) {
		n = escape_text(out, size, "\x1b\xe6\x97\xa5\x1b", 5);
		assert_int_equal(n, size < 5 ? 0 : size < 8 ? 4 : size < 12 ? 7 : 11);
		assert_int_equal(strlen(out), n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_text_stays),
		cmocka_unit_test(what_a_terminal_executes_is_escaped),
		cmocka_unit_test(what_is_not_utf8_is_escaped),
		cmocka_unit_test(nothing_else_comes_out_and_nothing_is_cut_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
