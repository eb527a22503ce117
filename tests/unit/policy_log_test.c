/* SPDX-License-Identifier: BSD-3-Clause */
/* The log statement: its options; it changes no verdict, and each packet reaches it. */
#include <stdio.h>

#include "policy_fixture.h"

static void
options_are_read(void **state)
{
	static const struct {
		const char *rule;
		struct policy_log log;
	} rows[] = {
		{"log", {.level = 4}},
		{"log prefix \"drop: \" level info flags all",
		 {.prefix = "drop: ", .level = 6, .flags = POLICY_LOG_ALL}},
		{"log level audit", {.level = 8}},
		{"log flags tcp sequence,options flags ip options flags skuid flags "
		 "ether",
		 {.level = 4, .flags = POLICY_LOG_ALL}},
		{"log flags tcp sequence",
		 {.level = 4, .flags = POLICY_LOG_TCP_SEQUENCE}},
		{"log prefix \"x\" group 5 snaplen 64 queue-threshold 3",
		 {.prefix = "x",
		  .level = 4,
		  .has_group = true,
		  .group = 5,
		  .snaplen = 64,
		  .queue_threshold = 3}},
		{"log group 0", {.level = 4, .has_group = true}},
	};
	const struct pk pk = TCP();
	const struct policy_log *log;
	struct rules rules;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		rules = rules_of_chain("", rows[i].rule);
		assert_int_equal(eval(&rules, &pk).effects.logs, 1);
		log = policy_logs(rules.state)[0].log;
		if (strcmp(log->prefix, rows[i].log.prefix) != 0 ||
		    log->level != rows[i].log.level || log->flags != rows[i].log.flags ||
		    log->has_group != rows[i].log.has_group ||
		    log->group != rows[i].log.group ||
		    log->snaplen != rows[i].log.snaplen ||
		    log->queue_threshold != rows[i].log.queue_threshold)
			fail_msg("%s: level %u, flags %#x, group %d %u, snaplen %u",
				 rows[i].rule, log->level, log->flags, log->has_group,
				 log->group, log->snaplen);
		rules_free(&rules);
	}
}

static void
a_log_changes_no_verdict_and_tells_its_rule(void **state)
{
	struct rules rules = rules_of_chain("", "tcp dport 80 log prefix \"web\" accept\n"
						"log prefix \"rest\"\n"
						"tcp dport 22 log prefix \"ssh\" reject");
	const struct pk web = TCP(.dport = 80), ssh = TCP(.dport = 22), dns = UDP();
	const struct policy_logged *logs = policy_logs(rules.state);
	struct policy_verdict verdict;

	(void)state;
	verdict = eval(&rules, &web);
	assert_int_equal(verdict.kind, POLICY_ACCEPT);
	assert_false(verdict.cacheable);
	assert_int_equal(verdict.effects.logs, 1);
	assert_string_equal(logs[0].log->prefix, "web");
	assert_int_equal(logs[0].rule, 1);
	verdict = eval(&rules, &ssh);
	assert_int_equal(verdict.kind, POLICY_REJECT_ICMP);
	assert_int_equal(verdict.effects.logs, 2);
	assert_int_equal(logs[0].rule, 2);
	assert_int_equal(logs[1].rule, 3);
	assert_string_equal(logs[1].log->prefix, "ssh");
	verdict = eval(&rules, &dns);
	assert_int_equal(verdict.kind, POLICY_DROP);
	assert_int_equal(verdict.effects.logs, 1);
	rules_free(&rules);
}

static void
what_a_limit_does_not_pass_is_not_logged(void **state)
{
	struct rules rules = rules_of_chain(
		"", "limit rate 1/hour burst 2 packets log prefix \"x\"\naccept");
	const struct pk pk = TCP();
	unsigned i, logged = 0;

	(void)state;
	for (i = 0; i < 5; i++)
		logged += eval(&rules, &pk).effects.logs;
	assert_int_equal(logged, 2);
	rules_free(&rules);
}

static void
more_logs_than_have_room_are_left_out(void **state)
{
	struct rules rules = rules_of_chain("", "log\nlog\nlog\nlog\nlog\nlog\nlog\nlog\n"
						"log\nlog\naccept");
	const struct pk pk = TCP();

	(void)state;
	assert_int_equal(eval(&rules, &pk).effects.logs, POLICY_LOGS_MAX);
	assert_int_equal(eval(&rules, &pk).kind, POLICY_ACCEPT);
	rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(a_log_changes_no_verdict_and_tells_its_rule),
		cmocka_unit_test(what_a_limit_does_not_pass_is_not_logged),
		cmocka_unit_test(more_logs_than_have_room_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
