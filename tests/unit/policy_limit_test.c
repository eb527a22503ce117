/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limits and quotas give the results of nft_limit.c and nft_quota.c, for any number of
 * workers.
 */
#include <pthread.h>
#include <stdio.h>

#include "policy_fixture.h"

#define SECOND 1000000000ull
#define WORKERS_MAX 4

/* Create the run-time state of the rules for several workers. */
static void
workers_begin(const struct rules *rules, struct policy_state **states, unsigned workers)
{
	unsigned i;

	assert_int_equal(policy_states_create(rules->policy, NULL, states, workers), 0);
	for (i = 0; i < workers; i++)
		policy_state_start(states[i], 0);
}

static void
workers_end(struct policy_state **states, unsigned workers)
{
	unsigned i;

	for (i = 0; i < workers; i++)
		policy_state_free(states[i]);
}

static bool
accepts(const struct rules *rules, struct policy_state *state, uint32_t length,
	uint64_t now_ns)
{
	struct rules one = {rules->policy, state};
	const struct pk pk = TCP(.dport = 22, .length = length);

	return eval_at(&one, &pk, now_ns).kind == POLICY_ACCEPT;
}

/* Return how many of n packets pass at a given time. */
static unsigned
passing(const struct rules *rules, unsigned n, uint32_t length, uint64_t now_ns)
{
	unsigned i, passed = 0;

	for (i = 0; i < n; i++)
		passed += accepts(rules, rules->state, length, now_ns);
	return passed;
}

static void
a_limit_passes_its_burst_and_then_its_rate(void **state)
{
	struct rules rules = rules_of_chain("", "limit rate 10/second accept");

	(void)state;
	assert_int_equal(passing(&rules, 20, 60, 0), 5);
	assert_int_equal(passing(&rules, 1, 60, SECOND / 10 - 1), 0);
	assert_int_equal(passing(&rules, 2, 60, SECOND / 10), 1);
	assert_int_equal(passing(&rules, 20, 60, 3 * SECOND / 10), 2);
	/* however long it fills, the bucket holds at most the burst */
	assert_int_equal(passing(&rules, 20, 60, 3600 * SECOND), 5);
	rules_free(&rules);
}

static void
over_matches_what_a_limit_does_not_pass(void **state)
{
	struct rules rules =
		rules_of_chain("", "limit rate over 20/minute burst 3 packets drop\n"
				   "accept");

	(void)state;
	assert_int_equal(passing(&rules, 10, 60, 0), 3);
	assert_int_equal(passing(&rules, 10, 60, 3 * SECOND), 1);
	rules_free(&rules);
}

/*
 * net/netfilter/nft_limit.c: a byte bucket holds the bytes of one period plus the burst
 */
static void
a_limit_of_bytes_holds_a_period_and_the_burst(void **state)
{
	static const struct {
		const char *rule;
		uint32_t length;
		unsigned passed, after_a_second;
	} rows[] = {
		{"limit rate 1000 bytes/second accept", 100, 10, 10},
		{"limit rate 1000 bytes/second burst 500 bytes accept", 100, 15, 10},
		{"limit rate 1 kbytes/second burst 1 kbytes accept", 1024, 2, 1},
		{"limit rate 60 kbytes/minute accept", 1024, 60, 1},
		{"limit rate 1 mbytes/hour accept", 1024, 1024, 0},
		{"limit rate 700 bytes/week accept", 100, 7, 0},
		{"limit rate over 1000 bytes/second accept", 100, 110, 110},
	};
	struct rules rules;
	unsigned passed, later;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		bool over = strstr(rows[i].rule, "over") != NULL;

		rules = rules_of_chain("", rows[i].rule);
		passed = passing(&rules, over ? 120 : 2000, rows[i].length, 0);
		later = passing(&rules, over ? 120 : 2000, rows[i].length, SECOND);
		if (passed != rows[i].passed || later != rows[i].after_a_second)
			fail_msg("%s: %u, then %u", rows[i].rule, passed, later);
		rules_free(&rules);
	}
}

static void
a_long_packet_does_not_overflow_a_limit_of_a_week(void **state)
{
	struct rules rules = rules_of_chain("", "limit rate 30000 bytes/week accept");

	(void)state;
	assert_int_equal(passing(&rules, 5, 40000, 0), 0);
	assert_int_equal(passing(&rules, 5, 30000, 0), 1);
	assert_int_equal(passing(&rules, 5, 30000, 604799 * SECOND), 0);
	assert_int_equal(passing(&rules, 5, 30000, 604800 * SECOND), 1);
	rules_free(&rules);
}

static void
rules_share_a_limit_that_has_a_name(void **state)
{
	struct rules rules =
		rules_of_chain("limit slow { rate 3/minute burst 3 packets\n}",
			       "tcp dport 22 limit name slow accept\n"
			       "tcp dport 23 limit name slow accept");
	const struct pk other = TCP(.dport = 23);

	(void)state;
	assert_int_equal(passing(&rules, 2, 60, 0), 2);
	assert_int_equal(eval_at(&rules, &other, 0).rule, 2);
	assert_int_equal(eval_at(&rules, &other, 0).kind, POLICY_DROP);
	assert_int_equal(passing(&rules, 2, 60, 0), 0);
	rules_free(&rules);
}

/*
 * As in the kernel, a packet that reaches a `limit` takes a token even if a match after
 * the limit fails. A match before it decides which packets it counts.
 */
static void
what_stands_before_a_limit_decides_what_it_counts(void **state)
{
	struct rules before = rules_of_chain("", "tcp dport 80 limit rate 2/hour burst 2 "
						 "packets accept");
	struct rules behind = rules_of_chain("", "limit rate 2/hour burst 2 packets "
						 "tcp dport 80 accept");
	const struct pk web = TCP(.dport = 80);

	(void)state;
	assert_int_equal(passing(&before, 5, 60, 0), 0);
	assert_int_equal(eval_at(&before, &web, 0).kind, POLICY_ACCEPT);
	assert_int_equal(passing(&behind, 5, 60, 0), 0);
	assert_int_equal(eval_at(&behind, &web, 0).kind, POLICY_DROP);
	rules_free(&before);
	rules_free(&behind);
}

static void
no_verdict_behind_a_limit_or_a_quota_is_cached(void **state)
{
	static const char *const texts[] = {
		"limit rate 10/second accept",
		"limit rate over 10/second drop\naccept",
		"quota 10 mbytes accept",
		"quota over 10 mbytes drop\naccept",
	};
	const struct pk pk = TCP();
	struct policy_verdict verdict;
	struct rules rules;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(texts); i++) {
		rules = rules_of_chain("", texts[i]);
		verdict = eval(&rules, &pk);
		if (verdict.kind != POLICY_ACCEPT || verdict.cacheable)
			fail_msg("%s", texts[i]);
		assert_false(policy_constant(rules.policy, POLICY_CT_NEW, &verdict));
		rules_free(&rules);
	}
}

static void
a_quota_passes_its_bytes(void **state)
{
	static const struct {
		const char *objects, *rules;
		unsigned passed; /* of 20 packets of 100 bytes */
	} rows[] = {
		{"", "quota 1000 bytes accept", 10},
		{"", "quota over 1000 bytes drop\naccept", 10},
		{"", "quota until 999 bytes accept", 9},
		{"", "quota 1000 bytes used 300 bytes accept", 7},
		{"", "quota 1 kbytes accept", 10},
		{"quota q { 1000 bytes\n}", "quota name q accept", 10},
		{"quota q { over 1000 bytes used 950 bytes\n}",
		 "quota name q drop\naccept", 0},
	};
	struct rules rules;
	unsigned passed;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		rules = rules_of_chain(rows[i].objects, rows[i].rules);
		passed = passing(&rules, 20, 100, 0);
		if (passed != rows[i].passed)
			fail_msg("%s: %u", rows[i].rules, passed);
		rules_free(&rules);
	}
}

static void
a_dry_run_takes_nothing(void **state)
{
	struct rules rules = rules_of_chain("", "limit rate 1/hour burst 1 packets "
						"quota 60 bytes accept");
	const struct pk pk = TCP(.dport = 22);
	struct policy_packet packet;
	struct policy_verdict verdict;
	uint8_t address[2][16];
	unsigned i;

	(void)state;
	packet_make(&pk, &packet, address);
	packet.dry_run = true;
	for (i = 0; i < 3; i++) {
		policy_eval(rules.policy, rules.state, &packet, 0, &verdict);
		assert_int_equal(verdict.kind, POLICY_ACCEPT);
	}
	assert_int_equal(passing(&rules, 3, 60, 0), 1);
	rules_free(&rules);
}

/* Packets at random times on random workers: as many pass as with one worker. */
static void
a_limit_is_the_same_for_1_2_and_4_workers(void **state)
{
	static const char *const texts[] = {
		"limit rate 100/second burst 7 packets accept",
		"limit rate over 100/second burst 7 packets drop\naccept",
		"limit rate 20 kbytes/second burst 2 kbytes accept",
		"quota 50 kbytes accept",
	};
	struct policy_state *states[WORKERS_MAX];
	struct rules rules;
	uint64_t now;
	unsigned workers, i;
	uint32_t length;
	size_t t;

	(void)state;
	for (t = 0; t < COUNT_OF(texts); t++) {
		for (workers = 1; workers <= WORKERS_MAX; workers *= 2) {
			rules = rules_of_chain("", texts[t]);
			workers_begin(&rules, states, workers);
			random_state = 7;
			for (now = i = 0; i < 5000; i++) {
				now += pick(20) == 0 ? pick(300000000) : pick(5000000);
				length = 40 + pick(1460);
				if (accepts(&rules, rules.state, length, now) !=
				    accepts(&rules, states[pick(workers)], length, now))
					fail_msg("%s: %u workers, packet %u", texts[t],
						 workers, i);
			}
			workers_end(states, workers);
			rules_free(&rules);
		}
	}
}

struct racer {
	const struct rules *rules;
	struct policy_state *state;
	unsigned passed;
};

static void *
race(void *arg)
{
	struct racer *racer = arg;
	const struct pk pk = TCP(.dport = 22);
	struct policy_packet packet;
	struct policy_verdict verdict;
	uint8_t address[2][16];
	unsigned i;

	packet_make(&pk, &packet, address);
	for (i = 0; i < 100000; i++) {
		policy_eval(racer->rules->policy, racer->state, &packet, 0, &verdict);
		racer->passed += verdict.kind == POLICY_ACCEPT;
	}
	return NULL;
}

/* docs/adr/0019: W workers pass at most W - 1 packets more than the burst. */
static void
workers_at_the_same_time_keep_to_the_bound(void **state)
{
	struct rules rules =
		rules_of_chain("", "limit rate 1/second burst 20000 packets accept");
	struct policy_state *states[WORKERS_MAX];
	struct racer racers[WORKERS_MAX];
	pthread_t threads[WORKERS_MAX];
	unsigned i, passed = 0;

	(void)state;
	workers_begin(&rules, states, WORKERS_MAX);
	for (i = 0; i < WORKERS_MAX; i++) {
		racers[i] = (struct racer){&rules, states[i], 0};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (i = 0; i < WORKERS_MAX; i++) {
		pthread_join(threads[i], NULL);
		passed += racers[i].passed;
	}
	assert_in_range(passed, 20000, 20000 + WORKERS_MAX - 1);
	workers_end(states, WORKERS_MAX);
	rules_free(&rules);
}

static void
a_reload_keeps_limits_quotas_and_counters_that_have_a_name(void **state)
{
	static const char *const objects = "limit l { rate 1/hour burst 3 packets\n}\n"
					   "quota q { 1000 bytes\n}\ncounter c { }\n";
	struct rules rules = rules_of_chain(objects, "counter name c\n"
						     "limit name l quota name q accept");
	/* the same limits, at other places in the ruleset */
	struct rules again =
		rules_of_chain(objects, "counter\ntcp dport 9 accept\ncounter name c\n"
					"limit name l quota name q accept");
	/* one limit is missing, another has a different type */
	struct rules other = rules_of_chain("limit q { rate 1/hour burst 3 packets\n}\n"
					    "limit l { rate 1/hour burst 4 packets\n}\n",
					    "limit name q limit name l accept");
	struct policy_state *next;

	(void)state;
	assert_int_equal(passing(&rules, 2, 60, 0), 2);
	assert_int_equal(policy_states_create(again.policy, &rules.state, &next, 1), 0);
	/* the old rules are still in force */
	assert_int_equal(passing(&rules, 1, 60, 0), 1);
	policy_state_free(again.state);
	again.state = next;
	policy_state_start(next, 0);
	rules_free(&rules);
	assert_int_equal(passing(&again, 2, 60, 0), 0);
	assert_int_equal(counter(&again, 0).packets, 5);
	assert_int_equal(counter(&again, 0).bytes, 300);
	assert_int_equal(counter(&again, 1).packets, 2);

	assert_int_equal(policy_states_create(other.policy, &again.state, &next, 1), 0);
	policy_state_free(other.state);
	other.state = next;
	policy_state_start(next, 0);
	rules_free(&again);
	/*
	 * l keeps its state, with a burst of one more; q was a quota, and starts anew as
	 * a limit
	 */
	assert_int_equal(passing(&other, 3, 60, 0), 1);
	rules_free(&other);
}

static void
counters_begin_at_the_values_of_the_rules(void **state)
{
	struct rules rules = rules_of_chain("counter c { packets 7 bytes 700\n}",
					    "counter name c counter packets 5 bytes 500");
	const struct pk pk = TCP();

	(void)state;
	eval(&rules, &pk);
	assert_int_equal(counter(&rules, 0).packets, 8);
	assert_int_equal(counter(&rules, 0).bytes, 760);
	assert_int_equal(counter(&rules, 1).packets, 6);
	assert_int_equal(counter(&rules, 1).bytes, 560);
	rules_free(&rules);
}

static void
limits_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *statement, *text;
	} rows[] = {
		{"{\"limit\": {\"rate\": 0, \"per\": \"second\"}}", "from 1 on"},
		{"{\"limit\": {\"rate\": 10}}", "not a period"},
		{"{\"limit\": {\"rate\": 10, \"per\": \"year\"}}", "'year'"},
		{"{\"limit\": {\"rate\": 1, \"per\": \"week\", \"burst\": 99999999}}",
		 "292 years"},
		{"{\"limit\": {\"rate\": 1, \"per\": \"second\", \"rate_unit\": \"x\"}}",
		 "1 x is not a number of bytes"},
		{"{\"quota\": {\"val\": 1, \"val_unit\": \"x\"}}", "1 x"},
		{"{\"limit\": \"none\"}", "no limit 'none'"},
	};
	char json[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		snprintf(json, sizeof(json),
			 "{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": "
			 "\"t\", \"name\": \"f\", \"type\": \"filter\", \"hook\": "
			 "\"forward\"}}, {\"rule\": {\"family\": \"ip\", \"table\": "
			 "\"t\", \"chain\": \"f\", \"expr\": [%s]}}]}",
			 rows[i].statement);
		refused(json, rows[i].text, NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_passes_its_burst_and_then_its_rate),
		cmocka_unit_test(over_matches_what_a_limit_does_not_pass),
		cmocka_unit_test(a_limit_of_bytes_holds_a_period_and_the_burst),
		cmocka_unit_test(a_long_packet_does_not_overflow_a_limit_of_a_week),
		cmocka_unit_test(rules_share_a_limit_that_has_a_name),
		cmocka_unit_test(what_stands_before_a_limit_decides_what_it_counts),
		cmocka_unit_test(no_verdict_behind_a_limit_or_a_quota_is_cached),
		cmocka_unit_test(a_quota_passes_its_bytes),
		cmocka_unit_test(a_dry_run_takes_nothing),
		cmocka_unit_test(a_limit_is_the_same_for_1_2_and_4_workers),
		cmocka_unit_test(workers_at_the_same_time_keep_to_the_bound),
		cmocka_unit_test(
			a_reload_keeps_limits_quotas_and_counters_that_have_a_name),
		cmocka_unit_test(counters_begin_at_the_values_of_the_rules),
		cmocka_unit_test(limits_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
