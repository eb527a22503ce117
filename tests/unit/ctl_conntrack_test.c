/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conntrack.h"

static void
command_lines_of_conntrack_become_ours_and_no_others(void **state)
{
	static const struct {
		const char *given[6];
		const char *want[6];
	} rows[] = {
		{{"-L", "-p", "tcp", "-s", "10.0.0.1"},
		 {"list", "-p", "tcp", "--src", "10.0.0.1"}},
		{{"--dump", "--orig-port-dst", "80"}, {"list", "--dport", "80"}},
		{{"-D", "-d", "10.0.0.2"}, {"delete", "--dst", "10.0.0.2"}},
		{{"-C"}, {"count"}},
		{{"-E"}, {"events"}},
		{{"-S"}, {"stats"}},
		{{"-F"}, {"flush"}},
		/* with a command of sluicectl, -s is the socket and -F --follow */
		{{"list", "-s", "/x"}, {"list", "-s", "/x"}},
		{{"drops", "-F"}, {"drops", "-F"}},
		{{"-s", "/x", "list"}, {"-s", "/x", "list"}},
		{{"reload", "-n"}, {"reload", "-n"}},
	};
	char *argv[8];
	size_t i;
	int argc, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		argv[0] = (char *)(uintptr_t) "sluicectl";
		for (argc = 1; argc < 7 && rows[i].given[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)rows[i].given[argc - 1];
		conntrack_translate(argc, argv);
		for (k = 1; k < argc; k++)
			assert_string_equal(argv[k], rows[i].want[k - 1]);
	}
	conntrack_translate(1, argv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines_of_conntrack_become_ours_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
