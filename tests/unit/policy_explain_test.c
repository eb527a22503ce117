/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy_explain() takes the steps that the evaluation takes, reaches its verdict and
 * changes nothing; policy_cost() names the rules for which packets are evaluated each.
 */
#include <stdio.h>

#include <policy/explain.h>

#include "policy_fixture.h"

#define TEXT_MAX 1024

/* Append a step as text, such as "3 failed sport, ". */
static void
step_write(void *arg, const struct policy_step *step)
{
	static const char *const kinds[] = {
		[POLICY_STEP_CHAIN] = "chain",     [POLICY_STEP_LEFT] = "left",
		[POLICY_STEP_FAILED] = "failed",   [POLICY_STEP_MATCHED] = "matched",
		[POLICY_STEP_JUMP] = "jump",       [POLICY_STEP_RETURN] = "return",
		[POLICY_STEP_DECIDED] = "decided", [POLICY_STEP_POLICY] = "policy",
	};
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, TEXT_MAX - used, "%u %s%s%s, ", step->rule,
		 kinds[step->kind], step->failed != NULL ? " " : "",
		 step->failed != NULL ? step->failed : "");
}

static struct policy_verdict
explain(const struct rules *rules, const struct pk *pk, char *text)
{
	struct policy_verdict verdict;
	struct policy_packet packet;
	uint8_t address[2][16];

	packet_make(pk, &packet, address);
	text[0] = '\0';
	assert_int_equal(policy_explain(&(struct policy_question){rules->policy,
								  rules->state, &packet,
								  0},
					step_write, text, &verdict),
			 0);
	return verdict;
}

static void
the_steps_of_a_packet_are_told(void **state)
{
	struct rules rules =
		rules_of_chain("chain web { ip saddr 192.0.2.9 accept\nreturn\n}\n"
			       "chain last { counter drop\n}\n",
			       "ct state established accept\n"
			       "udp dport 53 accept\n"
			       "tcp dport 80 counter jump web\n"
			       "tcp dport { 80, 443 } iifname wan accept\n"
			       "tcp dport 443 goto last\n"
			       "counter");
	static const struct {
		struct pk packet;
		const char *steps;
	} rows[] = {
		{TCP(.dport = 80, .iif = LAN),
		 "0 chain, 4 left, 5 failed protocol, 6 jump, 1 failed ip saddr, "
		 "2 return, "
		 "7 failed iifname, 8 failed dport, 9 matched, 0 policy, "},
		{TCP(.dport = 443, .iif = LAN),
		 "0 chain, 4 left, 5 failed protocol, 6 failed dport, 7 failed iifname, "
		 "8 jump, 3 decided, "},
		{UDP(.dport = 53), "0 chain, 4 left, 5 decided, "},
		{TCP(.dport = 53, .ct = POLICY_CT_ESTABLISHED), "0 chain, 4 decided, "},
	};
	char text[TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		explain(&rules, &rows[i].packet, text);
		assert_string_equal(text, rows[i].steps);
	}
	rules_free(&rules);
}

static void
an_explanation_changes_no_counter_limit_or_set(void **state)
{
	struct rules rules = rules_of_chain(
		"set seen { type ipv4_addr; size 8; flags dynamic; }\n",
		"limit rate 1/week burst 1 packets counter add @seen { ip saddr } "
		"accept\n"
		"ip saddr @seen counter drop\n"
		"counter accept");
	const struct pk packet = TCP(.dport = 80);
	struct policy_verdict verdict;
	char text[TEXT_MAX];
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		verdict = explain(&rules, &packet, text);
		assert_int_equal(verdict.rule, 1);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(counter(&rules, i).packets, 0);
	/* the packet itself takes the one that the limit allows */
	assert_int_equal(eval(&rules, &packet).rule, 1);
	verdict = explain(&rules, &packet, text);
	assert_int_equal(verdict.kind, POLICY_DROP);
	assert_string_equal(text, "0 chain, 1 failed limit, 2 decided, ");
	assert_int_equal(counter(&rules, 1).packets, 0);
	rules_free(&rules);
}

/* Random packets: explained and evaluated, they get the same verdict. */
static void
an_explanation_has_the_verdict_of_the_evaluation(void **state)
{
	struct rules rules = rules_of_chain(
		"chain a { tcp sport 1-3 return\n"
		"tcp dport vmap { 1 : accept, 2 : goto b, "
		"3 : continue, 4 : drop }\niifname lan jump b\n}\n"
		"chain b { tcp sport 4 drop\ntcp sport != 5 return\n}\n",
		"ct state { established, related } tcp dport 1-2 accept\n"
		"tcp dport 0-2 jump a\ntcp dport 3 accept\ntcp dport 4 jump b\n"
		"tcp sport 6 reject\ntcp dport 5 goto a\ntcp dport 6 drop\n"
		"iifname wan accept\ntcp dport 7 accept\ntcp sport 7 accept");
	struct policy_verdict verdict, explained;
	char text[TEXT_MAX];
	struct pk packet;
	unsigned i;

	(void)state;
	random_state = 15;
	for (i = 0; i < 2000; i++) {
		packet = (struct pk)TCP(.dport = (uint16_t)pick(9),
					.sport = (uint16_t)pick(9),
					.iif = (uint16_t)pick(2),
					.ct = (uint8_t)pick(POLICY_CT_COUNT));
		verdict = eval(&rules, &packet);
		explained = explain(&rules, &packet, text);
		assert_int_equal(explained.kind, verdict.kind);
		assert_int_equal(explained.rule, verdict.rule);
	}
	rules_free(&rules);
}

static void
rule_note(void *arg, unsigned rule)
{
	*(unsigned *)arg |= 1u << rule;
}

static void
the_cost_is_that_of_the_rules_that_can_be_reached(void **state)
{
	static const struct {
		const char *rules;
		int established;
		unsigned each; /* bit n: rule n has packets evaluated each time */
	} rows[] = {
		{"ct state established accept\ntcp flags syn accept",
		 POLICY_COST_CONSTANT, 0},
		{"tcp dport 80 accept\nip saddr 192.0.2.1 drop", POLICY_COST_REMEMBERED,
		 0},
		{"tcp dport 80 accept\nmeta length > 9 drop\ncounter accept",
		 POLICY_COST_EACH, 1u << 2 | 1u << 3},
		{"tcp dport 80 accept\naccept\nlimit rate 1/second drop",
		 POLICY_COST_REMEMBERED, 0},
		{"ct state new limit rate 1/second drop\ntcp dport 80 accept",
		 POLICY_COST_REMEMBERED, 0},
		{"tcp dport 80 ip dscp set ef accept", POLICY_COST_EACH, 1u << 1},
		{"tcp dport 80 meta mark set 1 accept", POLICY_COST_REMEMBERED, 0},
		/* the mark is not the same for all packets */
		{"tcp dport 80 meta mark set ip dscp map { ef : 1 }\nmeta mark 1 accept",
		 POLICY_COST_EACH, 1u << 1},
		{"meta mark set tcp dport map { 80 : 1 }\nmeta mark 1 accept",
		 POLICY_COST_REMEMBERED, 0},
	};
	unsigned each;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		struct rules rules = rules_of_chain("", rows[i].rules);

		each = 0;
		if (policy_cost(rules.policy, POLICY_CT_ESTABLISHED, rule_note, &each) !=
			    rows[i].established ||
		    each != rows[i].each)
			fail_msg("%s: rules 0x%x", rows[i].rules, each);
		rules_free(&rules);
	}
}

/* Packets whose verdict is constant are evaluated by chains before tracking. */
static void
the_cost_is_also_that_of_chains_before_tracking(void **state)
{
	static const struct {
		const char *rules; /* of the chain before tracking */
		int established;
		unsigned each;
	} rows[] = {
		{"udp dport 53 drop\n", POLICY_COST_REMEMBERED, 0},
		{"ip ttl 1 drop\n", POLICY_COST_EACH, 1u << 1},
		{"udp dport 53 notrack\n", POLICY_COST_EACH, 1u << 1},
	};
	unsigned each;
	char nft[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		struct rules rules;

		snprintf(nft, sizeof(nft),
			 "table inet t {\n"
			 "chain pre { type filter hook prerouting priority -300;\n%s}\n"
			 "chain f { type filter hook forward priority 0;\n"
			 "ct state established accept\n}\n}\n",
			 rows[i].rules);
		rules = rules_of(nft);
		each = 0;
		if (policy_cost(rules.policy, POLICY_CT_ESTABLISHED, rule_note, &each) !=
			    rows[i].established ||
		    each != rows[i].each)
			fail_msg("%s: rules 0x%x", rows[i].rules, each);
		rules_free(&rules);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_steps_of_a_packet_are_told),
		cmocka_unit_test(an_explanation_changes_no_counter_limit_or_set),
		cmocka_unit_test(an_explanation_has_the_verdict_of_the_evaluation),
		cmocka_unit_test(the_cost_is_that_of_the_rules_that_can_be_reached),
		cmocka_unit_test(the_cost_is_also_that_of_chains_before_tracking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
