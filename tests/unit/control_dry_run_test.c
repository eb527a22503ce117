/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `sluicectl reload --dry-run`: the connections of a fake backend that new rules would
 * drop.
 */
#include "policy_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_fake.h"
#include "dry_run.h"

#define NOW_NS 1800000000000000000u /* in January 2027 */

static struct fake fake;

/* Return the text of a dry run of these rules over the fake's connections. */
static const char *
run_of(const char *nft, const uint16_t *interfaces, size_t size)
{
	static char text[4096];
	struct rules rules = rules_of(nft);
	const struct dry_run run = {rules.policy, &fake.backend, interfaces, NOW_NS};

	assert_true(size <= sizeof(text));
	assert_int_equal(dry_run(&run, text, size), 0);
	rules_free(&rules);
	return text;
}

#define RULES(text)                                                                      \
	"table inet t { chain forward { type filter hook forward priority 0; "           \
	"policy drop;\n" text "}\n}\n"

static void
set_up(unsigned connections)
{
	unsigned i;

	fake_init(&fake);
	for (i = 0; i < connections; i++) {
		fake_add(&fake, i % FAKE_WORKERS, (uint16_t)(1000 + i));
		fake.workers[i % FAKE_WORKERS].views[i / FAKE_WORKERS].replied = true;
	}
}

static void
connections_that_the_rules_accept_are_only_counted(void **state)
{
	(void)state;
	set_up(3);
	assert_string_equal(
		run_of(RULES("tcp dport 80 accept\ntcp sport 80 accept\n"), NULL, 4096),
		"of 3 connections, 0 would be dropped with their next packet, and 0 more "
		"would not be let in if they began now");
}

static void
the_time_of_day_is_that_of_the_run(void **state)
{
	(void)state;
	set_up(3);
	assert_non_null(strstr(run_of(RULES("meta time > \"2026-01-01\" accept\n"), NULL,
				      4096),
			       "of 3 connections, 0 would be dropped"));
	assert_non_null(strstr(run_of(RULES("meta time > \"2028-01-01\" accept\n"), NULL,
				      4096),
			       "of 3 connections, 3 would be dropped"));
}

static void
a_connection_that_would_be_dropped_is_listed(void **state)
{
	(void)state;
	set_up(3);
	assert_string_equal(
		run_of(RULES("tcp sport 1000 accept\ntcp dport 1000 accept\n"
			     "tcp sport 1002 accept\ntcp dport 1002 accept\n"),
		       NULL, 4096),
		"of 3 connections, 1 would be dropped with their next packet, and 0 more "
		"would not be let in if they began now\n"
		"would be dropped: tcp 10.0.0.1 1001 > 192.0.2.1 80, by the policy of a "
		"chain");
	/* the rules drop the replies only */
	assert_non_null(strstr(run_of(RULES("tcp dport 80 accept\n"), NULL, 4096),
			       "of 3 connections, 3 would be dropped"));
}

static void
an_established_connection_may_not_be_let_in_anew(void **state)
{
	(void)state;
	set_up(1);
	assert_string_equal(
		run_of(RULES("ct state established accept\n"), NULL, 4096),
		"of 1 connections, 0 would be dropped with their next packet, and 1 more "
		"would not be let in if they began now\n"
		"would not be let in anew: tcp 10.0.0.1 1000 > 192.0.2.1 80, by the "
		"policy of a chain");
}

static void
the_refusing_rule_is_named(void **state)
{
	(void)state;
	set_up(1);
	assert_non_null(strstr(
		run_of(RULES("ct state established accept\ntcp dport 80 drop\n"), NULL,
		       4096),
		"\nwould not be let in anew: tcp 10.0.0.1 1000 > 192.0.2.1 80, by rule "
		"2, forward: tcp dport 80 drop"));
}

/* Chains before tracking count too, and `ct mark` is that of the connection. */
static void
raw_chains_and_marks_are_regarded(void **state)
{
	static const char raw[] =
		"table inet t { chain pre { type filter hook prerouting priority -300;\n"
		"tcp dport 80 drop\n}\n"
		"chain forward { type filter hook forward priority 0; }\n}\n";

	(void)state;
	set_up(1);
	assert_non_null(strstr(run_of(raw, NULL, 4096), "1 would be dropped"));
	assert_non_null(strstr(run_of(RULES("ct mark 7 accept\n"), NULL, 4096),
			       "1 would be dropped"));
	fake.workers[0].views[0].mark = 7;
	assert_non_null(strstr(run_of(RULES("ct mark 7 accept\n"), NULL, 4096),
			       "0 would be dropped"));
}

static void
one_without_an_answer_is_judged_as_new(void **state)
{
	(void)state;
	set_up(1);
	fake.workers[0].views[0].replied = false;
	assert_non_null(strstr(run_of(RULES("ct state established accept\n"), NULL, 4096),
			       "1 would be dropped"));
	assert_non_null(strstr(run_of(RULES("ct state new accept\n"), NULL, 4096),
			       "0 would be dropped with their next packet, and 0 more"));
}

static void
rules_compare_the_interfaces_of_the_wire(void **state)
{
	static uint16_t interfaces[2 * ENGINE_VIDS];

	(void)state;
	set_up(1);
	fake.workers[0].views[0].replied = false;
	assert_non_null(strstr(run_of(RULES("iifname \"lan\" oifname \"wan\" accept\n"),
				      NULL, 4096),
			       "0 would be dropped"));
	/* untagged frames of both ports belong to interface "dmz" */
	interfaces[0] = interfaces[ENGINE_VIDS] = 3;
	assert_non_null(strstr(run_of(RULES("iifname \"lan\" oifname \"wan\" accept\n"),
				      interfaces, 4096),
			       "1 would be dropped"));
}

static void
what_does_not_fit_is_counted(void **state)
{
	const char *text;

	(void)state;
	set_up(100);
	text = run_of(RULES("tcp dport 22 accept\n"), NULL, 2048);
	assert_non_null(strstr(text, "of 100 connections, 100 would be dropped"));
	assert_non_null(strstr(text, "\nand "));
	assert_true(strlen(text) < 2048);
	assert_int_equal(strlen(run_of(RULES("tcp dport 22 accept\n"), NULL, 40)), 39);
}

static void
a_worker_that_does_not_answer_is_an_error(void **state)
{
	struct rules rules = rules_of(RULES("tcp dport 22 accept\n"));
	const struct dry_run run = {rules.policy, &fake.backend, NULL, NOW_NS};
	char text[512];

	(void)state;
	set_up(2);
	fake.workers[1].silent = true;
	assert_int_equal(dry_run(&run, text, sizeof(text)), -ETIMEDOUT);
	rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_that_the_rules_accept_are_only_counted),
		cmocka_unit_test(the_time_of_day_is_that_of_the_run),
		cmocka_unit_test(a_connection_that_would_be_dropped_is_listed),
		cmocka_unit_test(an_established_connection_may_not_be_let_in_anew),
		cmocka_unit_test(the_refusing_rule_is_named),
		cmocka_unit_test(raw_chains_and_marks_are_regarded),
		cmocka_unit_test(one_without_an_answer_is_judged_as_new),
		cmocka_unit_test(rules_compare_the_interfaces_of_the_wire),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(a_worker_that_does_not_answer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
