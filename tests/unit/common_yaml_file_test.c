/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are not YAML, or not a single mapping of bounded depth, are refused. */
#include <stdio.h>
#include <string.h>

#include "config_fixture.h"

static void
a_missing_file_is_named(void **state)
{
	struct sluice_config *config;
	struct config_error error;

	(void)state;
	assert_int_equal(config_load("/nowhere/x.yaml", 0, &config, &error), -2);
	assert_string_equal(error.text, "/nowhere/x.yaml: No such file or directory");
	assert_int_not_equal(config_load("/", 0, &config, &error), 0);
	assert_string_equal(error.text, "/: Is a directory");
}

static void
what_is_not_yaml_is_refused_at_its_place(void **state)
{
	static const struct refusal refusals[] = {
		{"", "x.yaml:1:1: the file is empty, ports and wires expected"},
		{"# nothing\n",
		 "x.yaml:1:1: the file is empty, ports and wires expected"},
		{"ports: [\n", "x.yaml:2:1: did not find expected node content"},
		{"a: b: c\n",
		 "x.yaml:1:5: mapping values are not allowed in this context"},
		{"- a\n", "x.yaml:1:1: a list stands here, keys and values expected"},
		{WIRE "---\nports: []\n",
		 "x.yaml:7:1: a second document, only one expected"},
		{"\x01\n", "x.yaml:1:1: control characters are not allowed"},
		{NULL, NULL},
	};

	(void)state;
	assert_all_refused(refusals);
}

/*
 * libcyaml took minutes for 300,000 nested brackets or 60,000 anchors, so sluice limits
 * both itself.
 */
static void
nesting_and_anchors_without_end_are_refused_at_once(void **state)
{
	static const char *const units[] = {"[", "{", "- ", "? ", "{a: ", "[\n"};
	static const char *const wheres[] = {"1:17", "1:17", "1:33",
					     "1:33", "1:65", "17:1"};
	static char text[1 << 20], expected[128];
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (length = 0; length < 900000;)
			length += (size_t)sprintf(text + length, "%s", units[i]);
		snprintf(expected, sizeof(expected),
			 "x.yaml:%s: lists and mappings within each other, 16 deep at "
			 "most expected",
			 wheres[i]);
		assert_refused(text, expected);
	}
	length = (size_t)sprintf(text, "%s", "eal: [");
	for (i = 0; i < 60000; i++)
		length += (size_t)sprintf(text + length, "&a%zu v,", i);
	assert_refused(text, "x.yaml:1:1945: too many anchors, 256 at most expected");
	strcpy(text, "eal: ");
	memset(text + 5, '[', 15);
	memset(text + 20, ']', 15);
	text[35] = '\0';
	assert_refused(text, "x.yaml:1:7: eal[0]: a list stands here, a single value "
			     "expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(what_is_not_yaml_is_refused_at_its_place),
		cmocka_unit_test(nesting_and_anchors_without_end_are_refused_at_once),
	};

	return cmocka_run_group_tests(tests, config_folder_make, config_folder_remove);
}
