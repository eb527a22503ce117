/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of counters: their sums over workers, and the table in docs/control.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <control/control.h>

#include "counters.h"

#define DOCUMENT DOCS "/control.md"

static void
each_counter_is_summed_over_workers(void **state)
{
	struct engine_stats sum = {0}, stats = {0};
	uint64_t values[ENGINE_COUNTER_COUNT];
	unsigned i;

	(void)state;
#define SET(member, ...) stats.member = 100 + ENGINE_COUNTER_##member;
	ENGINE_COUNTERS(SET)
#undef SET
	control_stats_add(&sum, &stats);
	control_stats_add(&sum, &stats);
	counter_values(&sum, values);
	for (i = 0; i < ENGINE_COUNTER_COUNT; i++)
		assert_int_equal(values[i], 2 * (100 + i));
}

/* Write the rows that the table of counters in the document must have. */
static void
table_expect(char *table, size_t size)
{
	const struct counter *c;
	size_t length;
	unsigned i;

	length = (size_t)snprintf(table, size,
				  "| `stats`, telemetry | metric | unit | |\n"
				  "|---|---|---|---|\n");
	for (i = 0; i < ENGINE_COUNTER_COUNT; i++) {
		c = &counters[i];
		length += (size_t)snprintf(table + length, size - length,
					   "| `%s` | `sluice_%s%s` | %s | %s |\n",
					   c->name, c->metric,
					   c->kind == COUNTER_KIND_COUNTER ? "_total"
									   : "",
					   c->unit, c->help);
		assert_true(length < size);
	}
	/*
	 * An empty line follows the last row, so the comparison also finds rows that are
	 * too many.
	 */
	assert_true(length + 1 < size);
	table[length] = '\n';
	table[length + 1] = '\0';
}

static void
the_document_has_the_table_of_all_counters(void **state)
{
	static char document[1 << 16], table[1 << 13];
	FILE *file = fopen(DOCUMENT, "r");
	size_t n;

	(void)state;
	assert_non_null(file);
	n = fread(document, 1, sizeof(document) - 1, file);
	fclose(file);
	document[n] = '\0';
	table_expect(table, sizeof(table));
	if (strstr(document, table) == NULL) {
		fputs(table, stderr);
		fail_msg("docs/control.md needs the table above, and an empty line");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counter_is_summed_over_workers),
		cmocka_unit_test(the_document_has_the_table_of_all_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
