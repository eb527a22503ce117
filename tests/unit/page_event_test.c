/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"

static void
an_event_is_one_line_whatever_a_string_holds(void **state)
{
	static const char hostile[] = "a\n\nevent: b\r\ndata: c\t\x7f\xe2\x80\xa8\"\\";
	json_t *json = json_pack("{s[s]}", "drops", hostile), *again;
	char *text = event_text(json), *end;

	(void)state;
	assert_string_equal(text,
			    "data: {\"drops\":[\"a\\n\\nevent: b\\r\\ndata: c\\t\x7f"
			    "\\u2028\\\"\\\\\"]}\n\n");
	end = strchr(text, '\n');
	assert_string_equal(end, "\n\n");
	again = json_loadb(text + 6, (size_t)(end - text) - 6, 0, NULL);
	assert_true(json_equal(json, again));
	json_decref(again);
	json_decref(json);
	free(text);
}

static void
without_json_there_is_no_event(void **state)
{
	(void)state;
	assert_null(event_text(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line_whatever_a_string_holds),
		cmocka_unit_test(without_json_there_is_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
