/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verdicts: which rule decides, what is counted on the way, and how long a verdict may be
 * cached.
 */
#include <stdio.h>

#include "policy_fixture.h"

struct row {
	const char *name;
	struct pk packet;
	uint8_t kind;
	uint16_t rule;
};

static void
rows_check(const struct rules *rules, const struct row *rows, size_t count)
{
	struct policy_verdict verdict;
	size_t i;

	for (i = 0; i < count; i++) {
		verdict = eval(rules, &rows[i].packet);
		if (verdict.kind != rows[i].kind || verdict.rule != rows[i].rule)
			fail_msg("%s: kind %u, rule %u", rows[i].name, verdict.kind,
				 verdict.rule);
	}
}

static void
verdict_maps_say_what_their_element_says(void **state)
{
	struct rules rules = rules_of_chain(
		"chain web { iifname lan accept\n}\n"
		"map m { type inet_service : verdict; flags interval; elements = { "
		"22 : accept, 80-90 : jump web, 25 : return, 23 : continue, * : drop } }",
		"tcp dport vmap @m\n"
		"iifname vmap { lan : drop, wan : accept }");
	static const struct row rows[] = {
		{"an element", TCP(.dport = 22), POLICY_ACCEPT, 2},
		{"*", TCP(.dport = 24, .iif = WAN), POLICY_DROP, 2},
		{"return", TCP(.dport = 25, .iif = WAN), POLICY_DROP, 0},
		{"jump", TCP(.dport = 80, .iif = LAN), POLICY_ACCEPT, 1},
		{"jump, back, on", TCP(.dport = 80, .iif = WAN), POLICY_ACCEPT, 3},
		{"no element", TCP(.dport = 80, .iif = DMZ), POLICY_DROP, 0},
		{"continue", TCP(.dport = 23, .iif = LAN), POLICY_DROP, 3},
		{"another protocol", UDP(.dport = 22, .iif = WAN), POLICY_ACCEPT, 3},
	};

	(void)state;
	rows_check(&rules, rows, COUNT_OF(rows));
	rules_free(&rules);
}

static void
jump_comes_back_goto_does_not_return_ends_a_chain(void **state)
{
	struct rules rules = rules_of_chain("chain b { iifname wan accept\n}\n"
					    "chain a {\n"
					    "tcp dport 1 return\n"
					    "tcp dport 2 goto b\n"
					    "tcp dport 3 jump b\n"
					    "tcp dport { 2, 3 } drop\n}",
					    "tcp dport 4 goto a\n"
					    "jump a\n"
					    "iifname lan accept");
	static const struct row rows[] = {
		{"return, then the next rule", TCP(.dport = 1, .iif = LAN), POLICY_ACCEPT,
		 8},
		{"goto accepts", TCP(.dport = 2, .iif = WAN), POLICY_ACCEPT, 1},
		{"goto ends: back to forward", TCP(.dport = 2, .iif = LAN), POLICY_ACCEPT,
		 8},
		{"jump ends: back to a", TCP(.dport = 3, .iif = LAN), POLICY_DROP, 5},
		{"goto of the base chain: the policy", TCP(.dport = 4, .iif = LAN),
		 POLICY_DROP, 0},
	};

	(void)state;
	rows_check(&rules, rows, COUNT_OF(rows));
	rules_free(&rules);
}

static void
reject_speaks_the_language_of_the_packet(void **state)
{
	static const struct {
		const char *reject;
		struct pk packet;
		uint8_t kind, type, code;
	} rows[] = {
		{"reject", TCP(), POLICY_REJECT_ICMP, 3, 3},
		{"reject", TCP(V6), POLICY_REJECT_ICMP, 1, 4},
		{"reject with tcp reset", TCP(V6), POLICY_REJECT_RESET, 1, 4},
		{"reject with tcp reset", UDP(), POLICY_ACCEPT, 0, 0},
		{"reject with icmpx admin-prohibited", UDP(), POLICY_REJECT_ICMP, 3, 13},
		{"reject with icmpx admin-prohibited", UDP(V6), POLICY_REJECT_ICMP, 1, 1},
		{"reject with icmpx host-unreachable", UDP(V6), POLICY_REJECT_ICMP, 1, 3},
		{"reject with icmp host-unreachable", UDP(), POLICY_REJECT_ICMP, 3, 1},
		{"reject with icmp host-unreachable", UDP(V6), POLICY_ACCEPT, 0, 0},
		{"reject with icmpv6 no-route", UDP(V6), POLICY_REJECT_ICMP, 1, 0},
		{"reject with icmpv6 no-route", UDP(), POLICY_ACCEPT, 0, 0},
	};
	struct policy_verdict verdict;
	char chain[128];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		struct rules rules;

		snprintf(chain, sizeof(chain), "%s\naccept", rows[i].reject);
		rules = rules_of_chain("", chain);
		verdict = eval(&rules, &rows[i].packet);
		if (verdict.kind != rows[i].kind ||
		    verdict.effects.icmp_type != rows[i].type ||
		    verdict.effects.icmp_code != rows[i].code)
			fail_msg("row %zu, %s: %u, type %u, code %u", i, rows[i].reject,
				 verdict.kind, verdict.effects.icmp_type,
				 verdict.effects.icmp_code);
		rules_free(&rules);
	}
}

/*
 * After accept, the next base chain is evaluated. Of equal priorities the later chain
 * comes first.
 */
static void
base_chains_are_evaluated_by_priority_and_a_drop_is_final(void **state)
{
	struct rules rules = rules_of(
		"table inet x {\n"
		"chain early { type filter hook forward priority -10;\n"
		"tcp dport 1 drop\naccept\n}\n"
		"chain same1 { type filter hook forward priority 0;\n"
		"counter\ntcp dport 2 drop\n}\n"
		"chain same2 { type filter hook forward priority 0;\n"
		"counter\ntcp dport 2 drop\n}\n}\n"
		"table ip x { chain late { type filter hook forward priority 10;\n"
		"counter drop\n}\n}\n");
	static const struct pk one = TCP(.dport = 1), two = TCP(.dport = 2),
			       three = TCP(.dport = 3), six = TCP(V6, .dport = 3);

	(void)state;
	assert_int_equal(policy_counters(rules.policy), 3);
	assert_int_equal(eval(&rules, &one).rule, 1);
	assert_int_equal(counter(&rules, 0).packets + counter(&rules, 1).packets, 0);
	assert_int_equal(eval(&rules, &two).rule, 6);
	assert_int_equal(counter(&rules, 0).packets, 0);
	assert_int_equal(counter(&rules, 1).packets, 1);
	assert_int_equal(eval(&rules, &three).kind, POLICY_DROP);
	assert_int_equal(eval(&rules, &three).rule, 7);
	assert_int_equal(counter(&rules, 2).packets, 2);
	/* table ip has no chain for this packet */
	assert_int_equal(eval(&rules, &six).kind, POLICY_ACCEPT);
	assert_int_equal(counter(&rules, 2).packets, 2);
	rules_free(&rules);
}

#define COUNTING                                                                         \
	"counter meta l4proto tcp counter name cc tcp dport 22 counter accept\n"         \
	"counter name cc"

static void
counters_count_what_reaches_them(void **state)
{
	struct rules rules = rules_of_chain("counter cc { packets 7 bytes 9 }", COUNTING);
	static const struct pk ssh = TCP(.dport = 22, .length = 100);
	static const struct pk web = TCP(.dport = 80, .length = 10),
			       dns = UDP(.length = 1);

	(void)state;
	/* cc comes first, because objects precede rules */
	assert_int_equal(policy_counters(rules.policy), 3);
	assert_int_equal(eval(&rules, &ssh).kind, POLICY_ACCEPT);
	assert_int_equal(eval(&rules, &web).kind, POLICY_DROP);
	assert_int_equal(eval(&rules, &dns).kind, POLICY_DROP);
	assert_int_equal(counter(&rules, 1).packets, 3);
	assert_int_equal(counter(&rules, 1).bytes, 111);
	assert_int_equal(counter(&rules, 0).packets, 7 + 2 + 2);
	assert_int_equal(counter(&rules, 0).bytes, 9 + 110 + 11);
	assert_int_equal(counter(&rules, 2).packets, 1);
	assert_int_equal(counter(&rules, 2).bytes, 100);
	/* an index beyond the last counter gives 0 */
	assert_int_equal(counter(&rules, 3).packets, 0);
	rules_free(&rules);
}

static void
a_dry_run_says_the_same_and_counts_nothing(void **state)
{
	struct rules rules = rules_of_chain("counter cc { packets 7 bytes 9 }", COUNTING);
	static const struct pk ssh = TCP(.dport = 22, .length = 100);
	struct policy_verdict dry, real;
	uint8_t address[2][16];
	struct policy_packet packet;
	unsigned i;

	(void)state;
	packet_make(&ssh, &packet, address);
	packet.dry_run = true;
	policy_eval(rules.policy, rules.state, &packet, 0, &dry);
	for (i = 0; i < 3; i++)
		assert_int_equal(counter(&rules, i).packets, i == 0 ? 7 : 0);
	real = eval(&rules, &ssh);
	assert_same_verdict(&dry, &real);
	assert_int_equal(counter(&rules, 2).packets, 1);
	rules_free(&rules);
}

static void
a_verdict_is_cacheable_unless_it_depends_on_the_packet(void **state)
{
	static const struct {
		const char *why;
		struct pk packet;
		bool cacheable;
	} rows[] = {
		{"its port decides", TCP(.dport = 22), true},
		{"its flags decide", TCP(.dport = 80), false},
		{"its type decides", ICMP(), false},
		{"each one is counted", UDP(.dport = 53), false},
		{"the policy decides", UDP(.dport = 123), true},
	};
	struct rules rules = rules_of_chain("", "tcp dport 22 accept\n"
						"tcp flags syn accept\n"
						"icmp type 8 accept\n"
						"udp dport 53 counter accept");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++)
		if (eval(&rules, &rows[i].packet).cacheable != rows[i].cacheable)
			fail_msg("%s", rows[i].why);
	rules_free(&rules);
}

/* Return the hits of a rule, counted from 1, or with rule 0 of the n-th policy. */
static uint64_t
hits(const struct rules *rules, unsigned rule, unsigned n)
{
	struct policy_chain_info chain;
	struct policy_rule_info info;
	struct policy_counter value;

	policy_base_chain(rules->policy, n, &chain);
	if (rule > 0)
		policy_rule(rules->policy, rule, &info);
	policy_counters_read(rules->state, rule > 0 ? info.hits : chain.hits, 1, &value);
	assert_int_equal(value.bytes, 60 * value.packets);
	return value.packets;
}

static void
each_rule_and_policy_counts_what_it_matches(void **state)
{
	struct rules rules =
		rules_of_chain("chain web { tcp sport 1 return\ntcp dport 80 accept\n}\n",
			       "tcp dport { 80, 81 } jump web\n"
			       "tcp dport 81 log prefix \"x\"\n"
			       "tcp dport vmap { 22 : accept, 23 : continue }\n"
			       "tcp dport 24 reject");
	static const struct pk packets[] = {
		TCP(.dport = 80),
		TCP(.dport = 80, .sport = 1),
		TCP(.dport = 81),
		TCP(.dport = 22),
		TCP(.dport = 23),
		TCP(.dport = 24),
		UDP(),
	};
	static const unsigned expected[] = {1, 1, 3, 1, 2, 1};
	uint8_t address[2][16];
	struct policy_verdict verdict;
	struct policy_packet packet;
	unsigned i;

	(void)state;
	packet_make(&packets[0], &packet, address);
	packet.dry_run = true;
	policy_eval(rules.policy, rules.state, &packet, 0, &verdict);
	for (i = 0; i < COUNT_OF(packets); i++)
		eval(&rules, &packets[i]);
	for (i = 0; i < COUNT_OF(expected); i++)
		if (hits(&rules, i + 1, 0) != expected[i])
			fail_msg("rule %u: %u", i + 1, (unsigned)hits(&rules, i + 1, 0));
	/*
	 * the policy decided on 4 of 7 packets; rules decided on those to ports 80, 22
	 * and 24
	 */
	assert_int_equal(hits(&rules, 0, 0), 4);
	assert_int_equal(policy_base_chains(rules.policy), 1);
	rules_free(&rules);
}

static void
rules_of_a_constant_verdict_count_too(void **state)
{
	struct rules rules = rules_of_chain("", "ct state established accept");
	struct policy_verdict verdict;

	(void)state;
	assert_true(policy_constant(rules.policy, POLICY_CT_ESTABLISHED, &verdict));
	assert_true(verdict.cacheable);
	policy_count_constant(rules.policy, rules.state, POLICY_CT_ESTABLISHED, 5, 300);
	assert_true(policy_constant(rules.policy, POLICY_CT_NEW, &verdict));
	policy_count_constant(rules.policy, rules.state, POLICY_CT_NEW, 2, 120);
	assert_int_equal(hits(&rules, 1, 0), 5);
	assert_int_equal(hits(&rules, 0, 0), 2);
	rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_maps_say_what_their_element_says),
		cmocka_unit_test(jump_comes_back_goto_does_not_return_ends_a_chain),
		cmocka_unit_test(reject_speaks_the_language_of_the_packet),
		cmocka_unit_test(
			base_chains_are_evaluated_by_priority_and_a_drop_is_final),
		cmocka_unit_test(each_rule_and_policy_counts_what_it_matches),
		cmocka_unit_test(rules_of_a_constant_verdict_count_too),
		cmocka_unit_test(counters_count_what_reaches_them),
		cmocka_unit_test(a_dry_run_says_the_same_and_counts_nothing),
		cmocka_unit_test(a_verdict_is_cacheable_unless_it_depends_on_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
