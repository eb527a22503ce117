/* SPDX-License-Identifier: BSD-3-Clause */
/* Columns of connections, and lines in the order of a column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "columns.h"
#include "sort.h"

static json_t *
connection(const char *src, int sport, int bytes)
{
	json_t *json = json_pack("{si ss s{ss ss si ss si si} s{ss ss si si} si}", "id",
				 sport, "proto", "tcp", "orig", "src", src, "dst",
				 "192.0.2.1", "sport", sport, "state", "ESTABLISHED",
				 "bytes", bytes, "dport", 80, "reply", "src", "192.0.2.1",
				 "state", "CLOSE_WAIT", "bytes", 1000, "sport", 80,
				 "timeout", 60);

	assert_non_null(json);
	return json;
}

static void
a_row_has_the_values_under_their_names(void **state)
{
	json_t *json = connection("10.0.0.1", 4000, 7);
	char text[COLUMNS_BYTES];
	struct columns columns;

	(void)state;
	assert_null(columns_read(&columns, "src,sport,reply,bytes,vlan,state"));
	columns_head(&columns, text, sizeof(text));
	assert_string_equal(text,
			    "src             sport reply                  bytes vlan "
			    "state      ");
	columns_row(&columns, json, text, sizeof(text));
	assert_string_equal(text,
			    "10.0.0.1         4000 CLOSE_WAIT              1007    0 "
			    "-          ");
	json_decref(json);
}

static void
as_json_a_row_has_names_and_values_and_null_for_what_is_missing(void **state)
{
	json_t *json = connection("10.0.0.1", 4000, 7), *row;
	struct columns columns;
	char *text;

	(void)state;
	json_object_del(json_object_get(json, "reply"), "state");
	assert_null(columns_read(&columns, "src,sport,reply,bytes,packets,vlan,state"));
	row = columns_json(&columns, json);
	text = json_dumps(row, JSON_COMPACT);
	assert_string_equal(text, "{\"src\":\"10.0.0.1\",\"sport\":4000,\"reply\":null,"
				  "\"bytes\":1007,\"packets\":null,\"vlan\":null,"
				  "\"state\":null}");
	free(text);
	json_decref(row);
	json_decref(json);
}

static void
an_unknown_column_is_named(void **state)
{
	struct columns columns;
	char names[256];

	(void)state;
	assert_string_equal(columns_read(&columns, "src,colour,dst"), "colour");
	assert_string_equal(columns_read(&columns, "src,,dst"), "");
	assert_string_equal(columns_read(&columns, ""), "");
	assert_null(column_find("colour"));
	assert_null(columns_read(&columns, COLUMNS_DEFAULT));
	column_names(names, sizeof(names));
	assert_non_null(strstr(names, "proto, in, src, sport, "));
}

static void
a_row_that_does_not_fit_is_cut(void **state)
{
	json_t *json = connection("10.0.0.1", 4000, 7);
	struct columns columns;
	char text[12];

	(void)state;
	assert_null(columns_read(&columns, "src,dst"));
	columns_row(&columns, json, text, sizeof(text));
	assert_string_equal(text, "10.0.0.1   ");
	json_decref(json);
}

/* Add connections with these numbers of bytes; return the lines in order. */
static const char *
sorted(const char *column, unsigned limit, const int *bytes, unsigned n)
{
	static char text[4096];
	struct sort *sort = sort_new(column_find(column), limit);
	char line[16], src[16];
	json_t *json;
	FILE *out;
	unsigned i;

	assert_non_null(sort);
	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "%u:%d", i, bytes[i]);
		snprintf(src, sizeof(src), "10.0.0.%d", bytes[i]);
		json = connection(src, (int)i, bytes[i]);
		assert_int_equal(sort_add(sort, json, line), 0);
		json_decref(json);
	}
	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text), "w");
	assert_int_equal(sort_print(sort, out), limit != 0 && limit < n ? limit : n);
	fclose(out);
	sort_free(sort);
	return text;
}

static void
numbers_come_from_the_largest_and_texts_from_the_first(void **state)
{
	static const int bytes[] = {3, 9, 1, 9, 5};

	(void)state;
	assert_string_equal(sorted("bytes", 0, bytes, 5), "1:9\n3:9\n4:5\n0:3\n2:1\n");
	assert_string_equal(sorted("src", 0, bytes, 5), "2:1\n0:3\n4:5\n1:9\n3:9\n");
	assert_string_equal(sorted("bytes", 0, bytes, 0), "");
}

static void
a_limit_keeps_the_first_lines_of_the_order(void **state)
{
	int bytes[1000];
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++)
		bytes[i] = (int)(i * 7919 % 1000);
	assert_string_equal(sorted("bytes", 3, bytes, 1000),
			    "321:999\n642:998\n963:997\n");
	assert_string_equal(sorted("bytes", 1, bytes, 2), "1:919\n");
	assert_string_equal(sorted("bytes", 9, bytes, 2), "1:919\n0:0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_the_values_under_their_names),
		cmocka_unit_test(
			as_json_a_row_has_names_and_values_and_null_for_what_is_missing),
		cmocka_unit_test(an_unknown_column_is_named),
		cmocka_unit_test(a_row_that_does_not_fit_is_cut),
		cmocka_unit_test(numbers_come_from_the_largest_and_texts_from_the_first),
		cmocka_unit_test(a_limit_keeps_the_first_lines_of_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
