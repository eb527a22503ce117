/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "health.h"

/* Judge `stats` with these members, and return the status; text gets what is printed. */
static int
judge(const char *members, int json, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	char object[512];
	json_t *stats;
	int status;

	memset(text, 0, size);
	snprintf(object, sizeof(object), "{%s}", members);
	stats = json_loads(object, 0, NULL);
	assert_non_null(stats);
	status = health_show(out, stats, json);
	fclose(out);
	json_decref(stats);
	return status;
}

static const char good[] =
	"\"connections\":94,\"connections_max\":100,\"connections_ipv6\":0,"
	"\"connections_ipv6_max\":0,\"ports\":{\"lan\":{\"link\":\"up\"}}";
static const char bad[] =
	"\"connections\":95,\"connections_max\":100,\"connections_ipv6\":10,"
	"\"connections_ipv6_max\":10,\"ports\":{\"lan\":{\"link\":\"up\"},"
	"\"wan\":{\"link\":\"down\"}}";

static void
what_needs_no_attention_is_ok(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(judge(good, 0, text, sizeof(text)), 0);
	assert_string_equal(text, "ok\n");
	assert_int_equal(judge(good, 1, text, sizeof(text)), 0);
	assert_string_equal(text, "{\"healthy\":true,\"reasons\":[],\"warnings\":[]}\n");
}

static void
each_reason_is_named(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(judge(bad, 0, text, sizeof(text)), 1);
	assert_string_equal(text,
			    "port wan has no link\n"
			    "the table of IPv4 is full to 95 %: raise conntrack.max, or "
			    "see 'sluicectl list' for what fills it\n"
			    "the table of IPv6 is full to 100 %: raise "
			    "conntrack.max_ipv6, or see 'sluicectl list' for what fills "
			    "it\n");
	assert_int_equal(judge(bad, 1, text, sizeof(text)), 1);
	assert_non_null(strstr(text, "{\"healthy\":false,\"reasons\":[\"port wan has"));
}

static void
a_reload_that_failed_is_a_reason(void **state)
{
	char members[512], text[1024];

	(void)state;
	snprintf(members, sizeof(members),
		 "%s,\"reload\":{\"ok\":false,\"time\":1,\"text\":\"line 7\"}", good);
	assert_int_equal(judge(members, 0, text, sizeof(text)), 1);
	assert_string_equal(text, "the last reload failed: line 7\n");
	snprintf(members, sizeof(members),
		 "%s,\"reload\":{\"ok\":true,\"time\":1,\"text\":\"done\"}", good);
	assert_int_equal(judge(members, 0, text, sizeof(text)), 0);
	assert_string_equal(text, "ok\n");
}

static void
a_table_of_a_worker_warns_at_80_and_is_a_reason_at_95(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(judge("\"load\":[{\"warning\":0},{\"warning\":80}]", 0, text,
			       sizeof(text)),
			 0);
	assert_string_equal(text,
			    "ok\nwarning: a table of worker 1 is full to 80 % or more: "
			    "the log has the addresses that fill it\n");
	assert_int_equal(judge("\"load\":[{\"warning\":95}]", 0, text, sizeof(text)), 1);
	assert_string_equal(text, "a table of worker 0 is full to 95 % or more: the log "
				  "has the addresses that fill it\n");
	assert_int_equal(judge("\"load\":[{\"warning\":80}]", 1, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "\"reasons\":[],\"warnings\":[\"a table of"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_needs_no_attention_is_ok),
		cmocka_unit_test(each_reason_is_named),
		cmocka_unit_test(a_table_of_a_worker_warns_at_80_and_is_a_reason_at_95),
		cmocka_unit_test(a_reload_that_failed_is_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
