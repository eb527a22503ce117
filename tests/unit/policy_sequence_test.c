/* SPDX-License-Identifier: BSD-3-Clause */
/* `numgen inc` gives the numbers of nft_numgen.c, and a fair share to several workers. */
#include <stdio.h>

#include "policy_fixture.h"

#define WORKERS 4
#define RULES_TO_CLASSIFY 20 /* rules of a chain that is long enough for a classifier */

/* Evaluate a packet for a worker; extra: what the rules leave, or NULL. */
static struct policy_verdict
judge(const struct rules *rules, struct policy_state *state, const struct pk *pk,
      bool dry_run, struct policy_extra *extra)
{
	struct policy_extra own = {.random = 1};
	struct policy_verdict verdict;
	struct policy_packet packet;
	struct policy_class class;
	uint8_t address[2][16];

	packet_make(pk, &packet, address);
	packet.dry_run = dry_run;
	packet.extra = extra != NULL ? extra : &own;
	policy_classify_begin(rules->policy, &packet, &class);
	policy_classify_end(rules->policy, POLICY_CT_NEW, &class);
	policy_eval_classified(rules->policy, state, &packet, 0, &class, &verdict);
	return verdict;
}

static const struct pk ssh = TCP(.dport = 22);
static const struct pk web = TCP(.dport = 80);

static bool
accepts(const struct rules *rules, const struct pk *pk)
{
	return judge(rules, rules->state, pk, false, NULL).kind == POLICY_ACCEPT;
}

static void
numbers_begin_with_0_and_come_in_turn(void **state)
{
	struct rules rules = rules_of_chain("", "numgen inc mod 3 0 accept");
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(accepts(&rules, &ssh), i % 3 == 0);
	rules_free(&rules);
}

static void
each_expression_counts_for_itself(void **state)
{
	struct rules rules = rules_of_chain("", "numgen inc mod 2 1 drop\n"
						"numgen inc mod 2 1 accept");
	unsigned i;

	(void)state;
	/* the second rule sees packets 0, 2, 4, .. only */
	for (i = 0; i < 12; i++)
		assert_int_equal(accepts(&rules, &ssh), i % 4 == 2);
	rules_free(&rules);
}

static void
the_offset_is_added_and_marks_get_the_number(void **state)
{
	struct rules rules =
		rules_of_chain("", "meta mark set numgen inc mod 3 offset 20 accept");
	struct policy_extra extra = {.random = 1};
	unsigned i;

	(void)state;
	for (i = 0; i < 7; i++) {
		judge(&rules, rules.state, &ssh, false, &extra);
		assert_int_equal(extra.mark, 20 + i % 3);
	}
	rules_free(&rules);
}

static void
verdict_maps_and_maps_share_packets_out(void **state)
{
	struct rules rules = rules_of_chain(
		"", "meta mark set numgen inc mod 2 map { 0 : 7, 1 : 9 }\n"
		    "numgen inc mod 3 vmap { 0 : accept, 1 : drop, 2 : accept }");
	struct policy_extra extra = {.random = 1};
	unsigned i;
	int kind;

	(void)state;
	for (i = 0; i < 9; i++) {
		kind = judge(&rules, rules.state, &ssh, false, &extra).kind;
		assert_int_equal(kind, i % 3 == 1 ? POLICY_DROP : POLICY_ACCEPT);
		assert_int_equal(extra.mark, i % 2 == 0 ? 7 : 9);
	}
	rules_free(&rules);
}

static void
only_packets_that_reach_the_expression_are_counted(void **state)
{
	struct rules before = rules_of_chain("",
					     "tcp dport 22 numgen inc mod 2 0 accept");
	struct rules behind = rules_of_chain("",
					     "numgen inc mod 2 0 tcp dport 22 accept");
	struct rules joined =
		rules_of_chain("", "tcp dport . numgen inc mod 2 { 22 . 0 } accept");
	const struct pk other = UDP(.dport = 22);

	(void)state;
	assert_false(accepts(&before, &web));
	assert_true(accepts(&before, &ssh));
	assert_false(accepts(&before, &ssh));
	assert_false(accepts(&behind, &web)); /* has taken 0 */
	assert_false(accepts(&behind, &ssh));
	assert_true(accepts(&behind, &ssh));
	assert_false(accepts(&joined, &other)); /* has no field of TCP: takes none */
	assert_false(accepts(&joined, &web));   /* takes 0 */
	assert_false(accepts(&joined, &ssh));
	assert_true(accepts(&joined, &ssh));
	rules_free(&before);
	rules_free(&behind);
	rules_free(&joined);
}

/* A classifier skips rules that cannot match; here the first must not be skipped. */
static void
a_classifier_skips_no_rule_that_counts(void **state)
{
	static const char first[] = "numgen inc mod 2 0 tcp dport 22 accept\n";
	char text[sizeof(first) + RULES_TO_CLASSIFY * sizeof("tcp dport 65535 drop\n")];
	struct rules rules;
	char *at = text;
	unsigned i;

	(void)state;
	memcpy(at, first, sizeof(first));
	at += sizeof(first) - 1;
	for (i = 0; i < RULES_TO_CLASSIFY; i++)
		at += sprintf(at, "tcp dport %u drop\n", 1000 + i);
	rules = rules_of_chain("", text);
	assert_false(accepts(&rules, &web));
	assert_false(accepts(&rules, &ssh));
	assert_true(accepts(&rules, &ssh));
	rules_free(&rules);
}

static void
a_dry_run_takes_no_number_and_no_verdict_is_cached(void **state)
{
	struct rules rules = rules_of_chain("", "numgen inc mod 2 0 accept");
	struct policy_verdict verdict;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		verdict = judge(&rules, rules.state, &ssh, true, NULL);
		assert_int_equal(verdict.kind, POLICY_ACCEPT);
		assert_false(verdict.cacheable);
	}
	assert_true(accepts(&rules, &ssh));
	assert_int_equal(judge(&rules, rules.state, &ssh, true, NULL).kind, POLICY_DROP);
	rules_free(&rules);
}

/* docs/adr/0019: the shares of two numbers differ by at most the number of workers. */
static void
each_number_gets_its_share_of_the_packets_of_all_workers(void **state)
{
	enum { NUMBERS = 5, PACKETS = 3000 };
	struct rules rules = rules_of_chain("", "meta mark set numgen inc mod 5 accept");
	struct policy_state *states[WORKERS];
	struct policy_extra extra = {.random = 1};
	unsigned given[NUMBERS] = {0}, i, k, max, min;

	(void)state;
	assert_int_equal(policy_states_create(rules.policy, NULL, states, WORKERS), 0);
	for (i = 0; i < WORKERS; i++)
		policy_state_start(states[i], 0);
	random_state = 7;
	for (i = 0; i < PACKETS; i++) {
		judge(&rules, states[pick(WORKERS)], &ssh, false, &extra);
		given[extra.mark]++;
		max = min = given[0];
		for (k = 1; k < NUMBERS; k++) {
			max = given[k] > max ? given[k] : max;
			min = given[k] < min ? given[k] : min;
		}
		assert_in_range(max - min, 0, WORKERS);
	}
	for (i = 0; i < WORKERS; i++)
		policy_state_free(states[i]);
	rules_free(&rules);
}

static void
what_has_no_meaning_is_refused(void **state)
{
	(void)state;
	refused_nft("table inet t { chain f { type filter hook forward priority 0; "
		    "meta mark set jhash numgen inc mod 2 mod 3; }; }",
		    "there is no hash of 'numgen inc'", NULL);
	refused_nft("table inet t { chain f { type filter hook forward priority 0; "
		    "numgen inc mod 2 . numgen inc mod 3 { 0 . 1 } accept; }; }",
		    "joined fields have one 'numgen inc'", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_begin_with_0_and_come_in_turn),
		cmocka_unit_test(each_expression_counts_for_itself),
		cmocka_unit_test(the_offset_is_added_and_marks_get_the_number),
		cmocka_unit_test(verdict_maps_and_maps_share_packets_out),
		cmocka_unit_test(only_packets_that_reach_the_expression_are_counted),
		cmocka_unit_test(a_classifier_skips_no_rule_that_counts),
		cmocka_unit_test(a_dry_run_takes_no_number_and_no_verdict_is_cached),
		cmocka_unit_test(
			each_number_gets_its_share_of_the_packets_of_all_workers),
		cmocka_unit_test(what_has_no_meaning_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
