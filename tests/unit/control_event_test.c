/* SPDX-License-Identifier: BSD-3-Clause */
/* The reasons of a connection's end: in events, and in the table of docs/control.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control_fake.h"
#include "event.h"

#define DOCUMENT DOCS "/control.md"

static void
only_an_end_has_a_reason(void **state)
{
	static struct fake fake;
	struct conn_event event = {.view = fake_connection(1000, 7)};
	unsigned kind, end;
	json_t *json;

	(void)state;
	fake_init(&fake);
	for (kind = CONN_EVENT_NEW; kind <= CONN_EVENT_UPDATE; kind++) {
		event.kind = (uint8_t)kind;
		json = event_json(&fake.config, &event);
		assert_null(json_object_get(json, "reason"));
		json_decref(json);
	}
	event.kind = CONN_EVENT_DESTROY;
	for (end = CONN_END_NONE + 1; end < CONN_END_COUNT; end++) {
		event.end = (uint8_t)end;
		json = event_json(&fake.config, &event);
		assert_string_equal(json_string_value(json_object_get(json, "reason")),
				    conn_end_name(end));
		assert_string_equal(json_string_value(json_object_get(json, "text")),
				    conn_end_text(end));
		assert_non_null(json_object_get(json, "connection"));
		json_decref(json);
	}
}

static void
the_document_has_the_table_of_all_reasons(void **state)
{
	static char document[1 << 16], table[1 << 12];
	FILE *file = fopen(DOCUMENT, "r");
	size_t n, length;
	unsigned end;

	(void)state;
	assert_non_null(file);
	n = fread(document, 1, sizeof(document) - 1, file);
	fclose(file);
	document[n] = '\0';
	length = (size_t)snprintf(table, sizeof(table),
				  "| `reason` | `text` |\n|---|---|\n");
	for (end = CONN_END_NONE + 1; end < CONN_END_COUNT; end++)
		length += (size_t)snprintf(table + length, sizeof(table) - length,
					   "| `%s` | %s |\n", conn_end_name(end),
					   conn_end_text(end));
	/* an empty line follows, so that rows which are too many are found */
	snprintf(table + length, sizeof(table) - length, "\n");
	if (strstr(document, table) == NULL) {
		fputs(table, stderr);
		fail_msg("docs/control.md needs the table above, and an empty line");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_end_has_a_reason),
		cmocka_unit_test(the_document_has_the_table_of_all_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
