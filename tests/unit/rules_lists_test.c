/* SPDX-License-Identifier: BSD-3-Clause */
/* Long lists of addresses are taken out of a rule file, and put into the JSON of nft. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lists.h"

#define V4 "240.0.1.2, 240.0.1.3"
#define V6 "100::1:2, 100::1:3"
#define JSON_V4 "\"240.0.1.2\", \"240.0.1.3\""
#define JSON_V4_MERGED "{\"prefix\": {\"addr\": \"240.0.1.2\", \"len\": 31}}"
#define JSON_SET(members) "{\"nftables\": [{\"set\": {" members "}}]}"
#define INTERVAL_SET(elements)                                                           \
	JSON_SET("\"type\": \"ipv4_addr\", \"flags\": [\"interval\"], \"elem\": "        \
		 "[" elements "]")

/*
 * Write a list of at least LIST_BYTES_MIN bytes: the elements given, and single addresses
 * in descending order. Returns a malloced text.
 */
static char *
list_make(const char *elements, bool ipv6)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned i;

	assert_non_null(out);
	for (i = 2000; i > 0; i--)
		fprintf(out, ipv6 ? "2001:db8::%x:0,\n" : "10.9.%u.%u, ",
			ipv6 ? i : i / 250, i % 250);
	fputs(elements, out);
	assert_int_equal(fclose(out), 0);
	assert_true(strlen(text) > LIST_BYTES_MIN);
	return text;
}

/* Put a long list between two texts. Returns a malloced text. */
static char *
file_make(const char *before, const char *elements, const char *after)
{
	char *list = list_make(elements, strstr(elements, "::") != NULL), *text;

	assert_true(asprintf(&text, "%s%s%s", before, list, after) > 0);
	free(list);
	return text;
}

static void
a_long_list_is_taken_and_a_stand_in_stays(void **state)
{
	static const struct {
		const char *before, *elements, *after, *reduced;
	} rows[] = {
		{"set s { elements = {", " 10.0.0.0/8 ", "} }",
		 "set s { elements = {" V4 "} }"},
		{"elements={", "2001::/16", "}", "elements={" V6 "}"},
		{"elements =\n { # first\n", "1.1.1.1-1.1.1.9 # last }\n,", "}\n# end",
		 "elements =\n {" V4 "}\n# end"},
		{"add element inet t s { ", "1.1.1.1", "}",
		 "add element inet t s {" V4 "}"},
		{"# destroy \"include\"\nadd element t s {", "1.1.1.1", "}",
		 "# destroy \"include\"\nadd element t s {" V4 "}"},
	};
	struct lists lists = {.count = 0};
	char *text, *reduced;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = file_make(rows[i].before, rows[i].elements, rows[i].after);
		reduced = lists_take(&lists, text);
		assert_non_null(reduced);
		assert_string_equal(reduced, rows[i].reduced);
		assert_int_equal(lists.count, 1);
		lists_free(&lists);
		free(reduced);
		free(text);
	}
}

static void
what_is_not_a_plain_list_stays(void **state)
{
	static const struct {
		const char *name, *before, *elements, *after;
	} rows[] = {
		{"bits of the host", "elements = {", "1.1.1.1/24", "}"},
		{"an octal number", "elements = {", "1.1.1.0/024", "}"},
		{"an octal address", "elements = {", "1.1.1.010", "}"},
		{"all addresses", "elements = {", "0.0.0.0/0", "}"},
		{"a prefix too long", "elements = {", "1.1.1.1/33", "}"},
		{"a range that falls", "elements = {", "1.1.1.2-1.1.1.1", "}"},
		{"a name", "elements = {", "localhost", "}"},
		{"a variable", "elements = {", "$addresses", "}"},
		{"a timeout", "elements = {", "1.1.1.1 timeout 1h", "}"},
		{"a map", "elements = {", "1.1.1.1 : accept", "}"},
		{"both families", "elements = {", "1.1.1.1, 2001::1", "}"},
		{"an IPv4 part", "elements = {", "::ffff:1.2.3.4", "}"},
		{"no comma", "elements = {", "1.1.1.1 2.2.2.2", "}"},
		{"two commas", "elements = {", "1.1.1.1,,2.2.2.2", "}"},
		{"a carriage return", "elements = {", "1.1.1.1\r\n", "}"},
		{"no end", "elements = {", "1.1.1.1", ""},
		{"a comment", "# elements = {", "1.1.1.1", "}"},
		{"a quoted text", "\"elements = {", "1.1.1.1", "}\""},
		{"a definition", "define a = {", "1.1.1.1", "}"},
		{"a rule", "ip saddr {", "1.1.1.1", "} accept"},
		{"a deletion", "delete element t s {", "1.1.1.1", "}"},
		{"an exclusive addition", "create element t s {", "1.1.1.1", "}"},
		{"destroy", "elements = {", "1.1.1.1",
		 "}\ndestroy element t s { 1.1.1.1 }"},
		{"include", "include \"a\"\nelements = {", "1.1.1.1", "}"},
		{"an addition and a deletion", "elements = {", "1.1.1.1",
		 "}\nadd element t s { 1.1.1.1 }\ndelete element t s { 1.1.1.1 }"},
		{"an exclusive addition beside it", "elements = {", "1.1.1.1",
		 "}\ncreate element t s { 1.1.1.1 }"},
		{"a variable with a dot", "define bad.elements = {", "1.1.1.1", "}"},
		{"a variable with a slash", "define bad/elements = {", "1.1.1.1", "}"},
		{"the address of a stand-in", "elements = {", "1.1.1.1",
		 "}\nadd element t s2 { 240.0.1.3 }"},
	};
	struct lists lists = {.count = 0};
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = file_make(rows[i].before, rows[i].elements, rows[i].after);
		if (lists_take(&lists, text) != NULL)
			fail_msg("%s: the list is taken", rows[i].name);
		lists_free(&lists);
		free(text);
	}
	assert_null(lists_take(&lists, "elements = { 1.1.1.1, 1.1.1.2 }"));
}

/* Take a list of these elements and no others; then put it into the JSON. */
static bool
put(const char *elements, char **json)
{
	struct lists lists = {.count = 1};
	struct list *list = &lists.list[0];
	char text[256];
	bool done;

	snprintf(text, sizeof(text), "%s}", elements);
	assert_int_equal(addresses_read(&list->addresses, text), strlen(elements));
	strcpy(list->stand_in[0], "240.0.1.2");
	strcpy(list->stand_in[1], "240.0.1.3");
	done = lists_put(&lists, json);
	lists_free(&lists);
	return done;
}

static void
a_list_is_put_sorted_and_as_nft_prints_it(void **state)
{
	static const struct {
		const char *elements, *before, *after;
	} rows[] = {
		{"10.0.0.1, 10.0.0.0, 10.0.0.1",
		 JSON_SET("\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4 "]"),
		 JSON_SET("\"type\": \"ipv4_addr\", \"elem\": "
			  "[\"10.0.0.0\", \"10.0.0.1\"]")},
		{"10.0.1.0/24, 9.0.0.1/32, 10.0.2.0-10.0.2.255, 10.0.0.0-10.0.0.2",
		 INTERVAL_SET(JSON_V4),
		 INTERVAL_SET("\"9.0.0.1\", {\"range\": [\"10.0.0.0\", \"10.0.0.2\"]}, "
			      "{\"prefix\": {\"addr\": \"10.0.1.0\", \"len\": 24}}, "
			      "{\"prefix\": {\"addr\": \"10.0.2.0\", \"len\": 24}}")},
		{"10.0.0.0/24, 10.0.1.0/24, 10.0.0.7, 11.0.0.0/8",
		 INTERVAL_SET(JSON_V4_MERGED),
		 INTERVAL_SET("{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 23}}, "
			      "{\"prefix\": {\"addr\": \"11.0.0.0\", \"len\": 8}}")},
	};
	char *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = strdup(rows[i].before);
		assert_true(put(rows[i].elements, &json));
		assert_string_equal(json, rows[i].after);
		free(json);
	}
}

static void
a_list_that_does_not_fit_is_not_put(void **state)
{
	static const struct {
		const char *name, *elements, *json;
	} rows[] = {
		{"no set has it", "1.1.1.1", INTERVAL_SET("\"1.1.1.1\"")},
		{"half of it", "1.1.1.1", INTERVAL_SET("\"240.0.1.2\"")},
		{"another element before", "1.1.1.1",
		 INTERVAL_SET("\"1.1.1.1\", " JSON_V4)},
		{"another element behind", "1.1.1.1",
		 INTERVAL_SET(JSON_V4 ", \"250.1.1.1\"")},
		{"joined with more", "1.1.1.1",
		 INTERVAL_SET("{\"prefix\": {\"addr\": \"240.0.1.2\", \"len\": 30}}")},
		{"with timeouts", "1.1.1.1",
		 INTERVAL_SET("{\"elem\": {\"val\": \"240.0.1.2\"}}, "
			      "{\"elem\": {\"val\": \"240.0.1.3\"}}")},
		{"in two sets", "1.1.1.1",
		 "{\"nftables\": [{\"set\": {\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4
		 "]}}, {\"set\": {\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4 "]}}]}"},
		{"a limited size", "1.1.1.1",
		 JSON_SET("\"type\": \"ipv4_addr\", \"size\": 2, \"elem\": [" JSON_V4
			  "]")},
		{"another type", "1.1.1.1",
		 JSON_SET("\"type\": \"mark\", \"elem\": [" JSON_V4 "]")},
		{"prefixes without the flag interval", "1.1.1.0/24",
		 JSON_SET("\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4 "]")},
		{"prefixes that overlap", "1.1.1.0/24, 1.1.1.1", INTERVAL_SET(JSON_V4)},
		{"a prefix of one address without the flag interval", "1.1.1.1/32",
		 JSON_SET("\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4 "]")},
		{"in a rule, too", "1.1.1.1",
		 "{\"nftables\": [{\"set\": {\"type\": \"ipv4_addr\", \"elem\": [" JSON_V4
		 "]}}, {\"rule\": {\"expr\": [{\"match\": {\"right\": {\"set\": [" JSON_V4
		 "]}}}]}}]}"},
	};
	char *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = strdup(rows[i].json);
		if (put(rows[i].elements, &json))
			fail_msg("%s: the list is put", rows[i].name);
		assert_string_equal(json, rows[i].json);
		free(json);
	}
}

static void
lists_of_one_set_are_joined(void **state)
{
	char *list = list_make("1.1.1.1", false), *text, *reduced, *json;
	struct lists lists = {.count = 0};

	(void)state;
	assert_true(asprintf(&text, "add element t s {%s}; add element t s {%s, 9.9.9.9}",
			     list, list) > 0);
	reduced = lists_take(&lists, text);
	assert_string_equal(reduced, "add element t s {" V4 "}; add element t s "
				     "{240.0.2.2, 240.0.2.3}");
	json = strdup(INTERVAL_SET(JSON_V4 ", \"240.0.2.2\", \"240.0.2.3\""));
	assert_true(lists_put(&lists, &json));
	assert_non_null(strstr(json, "\"1.1.1.1\", \"9.9.9.9\", \"10.9.0.1\", "));
	assert_null(strstr(json, "240.0"));
	lists_free(&lists);
	free(json);
	free(reduced);
	free(text);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_list_is_taken_and_a_stand_in_stays),
		cmocka_unit_test(what_is_not_a_plain_list_stays),
		cmocka_unit_test(a_list_is_put_sorted_and_as_nft_prints_it),
		cmocka_unit_test(a_list_that_does_not_fit_is_not_put),
		cmocka_unit_test(lists_of_one_set_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
