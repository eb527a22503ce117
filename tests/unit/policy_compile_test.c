/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy_compile() compiles the chain for each conntrack state: states whose verdict does
 * not depend on the packet are constant. And it rejects some chains.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy_fixture.h"

/*
 * Return the constant verdict of a state: "accept", "drop", or "-" if it is not constant.
 */
static const char *
constant(const struct policy *policy, enum policy_ct ct)
{
	struct policy_verdict verdict;

	if (!policy_constant(policy, ct, &verdict))
		return "-";
	return verdict.kind == POLICY_ACCEPT ? "accept" : "drop";
}

/*
 * A chain, and in `want` its constant verdicts for new, established, related, invalid and
 * untracked packets.
 */
struct row {
	const char *name;
	const char *objects;
	const char *chain;
	const char *want[POLICY_CT_COUNT];
};

static void
constants_are(const char *name, const struct policy *policy, const char *const *want)
{
	unsigned ct;

	for (ct = 0; ct < POLICY_CT_COUNT; ct++)
		if (strcmp(constant(policy, (enum policy_ct)ct), want[ct]) != 0)
			fail_msg("%s: state %u is %s", name, ct,
				 constant(policy, (enum policy_ct)ct));
}

static void
matches_on_the_state_are_decided_at_load(void **state)
{
	static const struct row rows[] = {
		{"the usual ruleset",
		 "",
		 "ct state established,related accept\nct state invalid drop\n"
		 "tcp dport 22 accept",
		 {"-", "accept", "accept", "drop", "-"}},
		{"a map of states",
		 "chain fresh { iifname lan accept\n}",
		 "ct state vmap { invalid : drop, established : accept, "
		 "related : accept, new : jump fresh }",
		 {"-", "accept", "accept", "drop", "drop"}},
		{"a match on the packet before",
		 "",
		 "tcp flags rst drop\nct state established accept",
		 {"-", "-", "-", "-", "-"}},
		{"a reject depends on the family",
		 "",
		 "ct state established reject",
		 {"drop", "-", "drop", "drop", "drop"}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		struct rules rules = rules_of_chain(rows[i].objects, rows[i].chain);

		constants_are(rows[i].name, rules.policy, rows[i].want);
		rules_free(&rules);
	}
}

static void
a_constant_verdict_names_its_rule_and_may_be_cached(void **state)
{
	struct rules rules = rules_of_chain("", "ct state established,related accept\n"
						"ct state invalid drop\n"
						"tcp dport 22 accept");
	struct policy_verdict verdict;

	(void)state;
	assert_true(policy_constant(rules.policy, POLICY_CT_ESTABLISHED, &verdict));
	assert_int_equal(verdict.rule, 1);
	assert_true(verdict.cacheable);
	rules_free(&rules);
}

static void
counters_of_both_are_equal(const struct rules *a, const struct rules *b)
{
	struct policy_counter x, y;
	unsigned i;

	for (i = 0; i < policy_counters(a->policy); i++) {
		x = counter(a, i);
		y = counter(b, i);
		if (memcmp(&x, &y, sizeof(x)) != 0)
			fail_msg("counter %u: %llu and %llu packets", i,
				 (unsigned long long)x.packets,
				 (unsigned long long)y.packets);
	}
}

#define CHAIN_EST "chain est { counter accept\n}"
#define COUNTING                                                                         \
	"counter\nct state established jump est\n"                                       \
	"counter ct state established accept"

static void
counters_before_a_constant_verdict_are_counted_by_the_burst(void **state)
{
	static const char *const want[] = {"drop", "accept", "drop", "drop", "drop"};
	struct rules bulk = rules_of_chain(CHAIN_EST, COUNTING);
	struct rules single = rules_of_chain(CHAIN_EST, COUNTING);
	static const struct pk est = TCP(.ct = POLICY_CT_ESTABLISHED, .length = 50);
	static const struct pk new = TCP(.ct = POLICY_CT_NEW, .length = 50);
	struct policy_verdict verdict;
	unsigned i;

	(void)state;
	constants_are("counters", bulk.policy, want);
	assert_true(policy_constant(bulk.policy, POLICY_CT_ESTABLISHED, &verdict));
	assert_false(verdict.cacheable);
	policy_count_constant(bulk.policy, bulk.state, POLICY_CT_ESTABLISHED, 3, 150);
	policy_count_constant(bulk.policy, bulk.state, POLICY_CT_NEW, 2, 100);
	for (i = 0; i < 3; i++)
		assert_int_equal(eval(&single, &est).rule, verdict.rule);
	for (i = 0; i < 2; i++)
		eval(&single, &new);
	counters_of_both_are_equal(&bulk, &single);
	assert_int_equal(counter(&bulk, 0).packets, 3);
	assert_int_equal(counter(&bulk, 1).packets, 5);
	assert_int_equal(counter(&bulk, 2).packets, 2);
	rules_free(&bulk);
	rules_free(&single);
}

static void
a_table_of_one_family_is_constant_where_it_accepts_uncounted(void **state)
{
	static const struct {
		const char *rule;
		const char *want[POLICY_CT_COUNT];
	} rows[] = {
		{"ct state established accept", {"-", "accept", "-", "-", "-"}},
		{"ct state established counter accept", {"-", "-", "-", "-", "-"}},
	};
	struct rules rules;
	char *nft;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		assert_true(asprintf(&nft,
				     "table ip x { chain f { type filter hook forward "
				     "priority 0; policy drop;\n%s\n}\n}\n",
				     rows[i].rule) > 0);
		rules = rules_of(nft);
		constants_are(rows[i].rule, rules.policy, rows[i].want);
		rules_free(&rules);
		free(nft);
	}
}

static void
without_rules_everything_is_accepted(void **state)
{
	static const char *const want[] = {"accept", "accept", "accept", "accept",
					   "accept"};
	static const struct pk packet = TCP(.ct = POLICY_CT_INVALID);
	struct rules rules = {.state = NULL};

	(void)state;
	assert_int_equal(policy_accept_all(&rules.policy), 0);
	constants_are("no rules", rules.policy, want);
	assert_int_equal(eval(&rules, &packet).kind, POLICY_ACCEPT);
	assert_int_equal(policy_rules(rules.policy), 0);
	assert_int_equal(policy_counters(rules.policy), 0);
	rules_free(&rules);
	policy_free(NULL);
}

/* Chains that nft rejects, as JSON: a ruleset may come from a program other than nft. */
#define HEAD                                                                             \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{"   \
	"\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\","  \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define CHAIN(name)                                                                      \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}}"
#define RULE(chain, expr)                                                                \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain             \
	"\",\"expr\":[" expr "]}}"
#define JUMP(op, chain) "{\"" op "\":{\"target\":\"" chain "\"}}"

static void
chains_that_jump_in_a_circle_are_refused(void **state)
{
	(void)state;
	refused(HEAD CHAIN("a") CHAIN("b") RULE("forward", JUMP("jump", "a"))
			RULE("a", JUMP("jump", "b")) RULE("b", JUMP("goto", "a")) "]}",
		"jumps back to itself", NULL);
	refused(HEAD CHAIN("a") RULE("forward", JUMP("jump", "a"))
			RULE("a", "{\"vmap\":{\"key\":{\"meta\":{\"key\":\"l4proto\"}},"
				  "\"data\":{\"set\":[[\"tcp\"," JUMP("jump",
								      "a") "]]}}}") "]}",
		"jumps back to itself", "'a'");
}

/*
 * Make chains forward, c1, .. c<n-1>, each of which jumps to the next. The last one
 * accepts.
 */
static char *
ladder(unsigned chains)
{
	char *json;
	size_t size;
	unsigned i;
	FILE *out = open_memstream(&json, &size);

	assert_non_null(out);
	fputs(HEAD, out);
	for (i = 1; i < chains; i++)
		fprintf(out, CHAIN("c%u"), i);
	for (i = 1; i < chains; i++) {
		if (i == 1)
			fputs(RULE("forward", JUMP("jump", "c1")), out);
		else
			fprintf(out, RULE("c%u", JUMP("jump", "c%u")), i - 1, i);
	}
	fprintf(out, RULE("c%u", "{\"accept\":null}") "]}", chains - 1);
	fclose(out);
	return json;
}

static void
sixteen_chains_deep_is_as_far_as_it_goes(void **state)
{
	static const char *const want[] = {"accept", "accept", "accept", "accept",
					   "accept"};
	static const struct pk packet = TCP();
	char *json = ladder(16);
	struct rules rules;

	(void)state;
	rules = rules_of_json(json);
	constants_are("16 chains", rules.policy, want);
	assert_int_equal(eval(&rules, &packet).kind, POLICY_ACCEPT);
	rules_free(&rules);
	free(json);
	json = ladder(17);
	refused(json, "more than 16 deep", NULL);
	free(json);
}

static void
constant_and_walk_agree_on_verdicts_and_counters(void **state)
{
	static const char text[] =
		"table inet t {\n"
		"chain forward { type filter hook forward priority 0; policy drop;\n"
		"ct state established,related counter accept\n"
		"ct state invalid,untracked counter drop\n"
		"meta l4proto tcp counter accept\n}\n"
		"chain second { type filter hook forward priority 5; policy accept;\n"
		"counter\n}\n}\n";
	static const uint8_t protos[] = {1, 6, 17, 58, 132};
	struct rules walked = rules_of(text), counted = rules_of(text);
	struct policy_verdict verdict;
	struct pk pk = {.is = true};
	enum policy_ct ct;
	unsigned i;

	(void)state;
	random_state = 88172645463325252u;
	for (i = 0; i < 10000; i++) {
		ct = (enum policy_ct)pick(POLICY_CT_COUNT);
		pk.src = pick(2) ? "10.0.0.1" : "2001:db8::5";
		pk.proto = protos[pick(sizeof(protos))];
		pk.ct = (uint8_t)ct;
		pk.length = 20 + pick(1480);
		if (policy_constant(counted.policy, ct, &verdict)) {
			policy_count_constant(counted.policy, counted.state, ct, 1,
					      pk.length);
			assert_int_equal(eval(&walked, &pk).kind, verdict.kind);
		} else {
			assert_int_equal(ct, POLICY_CT_NEW);
			eval(&counted, &pk);
			eval(&walked, &pk);
		}
	}
	counters_of_both_are_equal(&walked, &counted);
	for (i = 0; i < 4; i++)
		assert_true(counter(&walked, i).packets > 0);
	rules_free(&walked);
	rules_free(&counted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_on_the_state_are_decided_at_load),
		cmocka_unit_test(a_constant_verdict_names_its_rule_and_may_be_cached),
		cmocka_unit_test(
			counters_before_a_constant_verdict_are_counted_by_the_burst),
		cmocka_unit_test(
			a_table_of_one_family_is_constant_where_it_accepts_uncounted),
		cmocka_unit_test(without_rules_everything_is_accepted),
		cmocka_unit_test(chains_that_jump_in_a_circle_are_refused),
		cmocka_unit_test(sixteen_chains_deep_is_as_far_as_it_goes),
		cmocka_unit_test(constant_and_walk_agree_on_verdicts_and_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
