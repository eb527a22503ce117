/* SPDX-License-Identifier: BSD-3-Clause */
/* What is left of the rules for each conntrack state, and chains that cannot be compiled. */
#include "policy_test.h"

/* The rules are JSON, which it takes for C. */
/* clang-format off */

/* The constant verdict of a state: "accept", "drop", or "-": there is none. */
static const char *
constant(const struct policy *policy, enum policy_ct ct)
{
	struct policy_verdict verdict;

	if (!policy_constant(policy, ct, &verdict))
		return "-";
	return verdict.kind == POLICY_ACCEPT ? "accept" : "drop";
}

static void
constants_are(const struct policy *policy, const char *const want[POLICY_CT_COUNT])
{
	unsigned ct;

	for (ct = 0; ct < POLICY_CT_COUNT; ct++)
		assert_string_equal(constant(policy, (enum policy_ct)ct), want[ct]);
}

/* new, established, related, invalid, untracked */
static void
the_usual_ruleset_accepts_established_without_a_look(void **state)
{
	static const char *const want[] = {"-", "accept", "accept", "drop", "-"};
	struct policy_verdict verdict;
	struct policy *policy =
		load(BASE FWD({"match": {"op": "in", "left": {"ct": {"key": "state"}},
			"right": ["established", "related"]}}, {"accept": null}) FWD({"match":
				{"op": "in", "left": {"ct": {"key": "state"}}, "right":
				"invalid"}}, {"drop": null})
			     FWD({"match": {"op": "==", "left": {"payload": {"protocol":
				"tcp", "field": "dport"}}, "right": 22}}, {"accept":
				null}) END);

	(void)state;
	constants_are(policy, want);
	assert_true(policy_constant(policy, POLICY_CT_ESTABLISHED, &verdict));
	assert_int_equal(verdict.rule, 1);
	assert_true(verdict.cacheable);
	policy_free(policy);
}

static void
a_map_of_states_is_answered_at_load(void **state)
{
	static const char *const want[] = {"-", "accept", "accept", "drop", "drop"};
	struct policy *policy = load(BASE CHAIN("new") RULE("new", {"match": {"op":
		"==", "left": {"meta": {"key": "iifname"}}, "right": "lan"}}, {"accept":
		null}) FWD({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set":
			[["invalid", {"drop": null}], ["established", {"accept": null}],
			["related", {"accept": null}], ["new", {"jump": {"target":
			"new"}}]]}}}) END);

	(void)state;
	constants_are(policy, want);
	policy_free(policy);
}

static void
counters_on_the_way_of_a_constant_are_counted_by_the_burst(void **state)
{
	static const char *const want[] = {"drop", "accept", "drop", "drop", "drop"};
	struct policy_counter c[3] = {0}, d[3] = {0};
	struct policy_verdict verdict;
	struct policy *policy = load(BASE CHAIN("est") RULE("est", {"counter": null},
		{"accept": null}) FWD({"counter": {"packets": 0, "bytes": 0}}) FWD({"match":
			{"op": "in", "left": {"ct": {"key": "state"}}, "right":
			"established"}}, {"jump": {"target": "est"}}) FWD({"counter":
				null}, {"match": {"op": "in", "left": {"ct": {"key":
				"state"}}, "right": "established"}}, {"accept": null}) END);
	static const struct pk est = TCP(.ct = POLICY_CT_ESTABLISHED, .length = 50);
	static const struct pk new = TCP(.ct = POLICY_CT_NEW, .length = 50);

	(void)state;
	constants_are(policy, want);
	assert_true(policy_constant(policy, POLICY_CT_ESTABLISHED, &verdict));
	assert_false(verdict.cacheable);
	count_constant(policy, POLICY_CT_ESTABLISHED, 3, 150, c);
	count_constant(policy, POLICY_CT_NEW, 2, 100, c);
	assert_int_equal(eval(policy, &est, d).rule, verdict.rule);
	eval(policy, &est, d);
	eval(policy, &est, d);
	eval(policy, &new, d);
	eval(policy, &new, d);
	assert_memory_equal(c, d, sizeof(c));
	assert_int_equal(c[0].packets, 3);
	assert_int_equal(c[1].packets, 5);
	assert_int_equal(c[2].packets, 2);
	policy_free(policy);
}

static void
a_look_at_the_packet_is_never_constant(void **state)
{
	static const char *const want[] = {"-", "-", "-", "-", "-"};
	static const char *const rejects[] = {"drop", "-", "drop", "drop", "drop"};
	struct policy *policy = load(BASE FWD({"match": {"op": "in", "left": {"payload":
		{"protocol": "tcp", "field": "flags"}}, "right": "rst"}}, {"drop":
		null}) FWD({"match": {"op": "in", "left": {"ct": {"key": "state"}},
			"right": "established"}}, {"accept": null})
					     END);

	(void)state;
	constants_are(policy, want);
	policy_free(policy);
	policy = load(BASE FWD({"match": {"op": "in", "left": {"ct": {"key": "state"}},
		"right": "established"}}, {"reject": null}) END);
	constants_are(policy, rejects);
	policy_free(policy);
}

static void
a_table_of_one_family_is_constant_only_where_it_accepts_uncounted(void **state)
{
	static const char *const accepts[] = {"-", "accept", "-", "-", "-"};
	static const char *const counts[] = {"-", "-", "-", "-", "-"};
	static const char *const format = J({"nftables": [{"chain": {"family": "ip",
		"table": "x", "name": "f", "type": "filter", "hook": "forward", "prio":
		0, "policy": "drop"}}, {"rule": {"family": "ip", "table": "x", "chain":
		"f", "expr": [{"match": {"op": "in", "left": {"ct": {"key": "state"}},
		"right": "established"}}, %s{"accept": null}]}}]});
	struct policy *policy;
	char *json;

	(void)state;
	assert_true(asprintf(&json, format, "") > 0);
	policy = load(json);
	constants_are(policy, accepts);
	policy_free(policy);
	free(json);
	assert_true(asprintf(&json, format, "{\"counter\": null},") > 0);
	policy = load(json);
	constants_are(policy, counts);
	policy_free(policy);
	free(json);
}

static void
without_rules_everything_is_accepted(void **state)
{
	static const char *const want[] = {"accept", "accept", "accept", "accept",
					   "accept"};
	static const struct pk packet = TCP(.ct = POLICY_CT_INVALID);
	struct policy *policy;

	(void)state;
	assert_int_equal(policy_accept_all(&policy), 0);
	constants_are(policy, want);
	assert_int_equal(eval(policy, &packet, NULL).kind, POLICY_ACCEPT);
	assert_int_equal(policy_rules(policy), 0);
	assert_int_equal(policy_counters(policy), 0);
	policy_free(policy);
	policy_free(NULL);
}

static void
chains_that_jump_in_a_circle_are_refused(void **state)
{
	(void)state;
	refused(BASE CHAIN("a") CHAIN("b") RULE("a", {"jump": {"target": "b"}})
			RULE("b", {"goto": {"target": "a"}}) END,
		"jumps back to itself", NULL);
	refused(BASE CHAIN("a") RULE("a", {"vmap": {"key": {"meta": {"key": "l4proto"}},
		"data": {"set": [["tcp", {"jump": {"target": "a"}}]]}}}) END,
		"jumps back to itself", "'a'");
}

/* forward, c1, .. c<n-1>: each jumps to the next; the last accepts. */
static char *
ladder(unsigned chains)
{
	char *json;
	size_t size;
	unsigned i;
	FILE *out = open_memstream(&json, &size);

	assert_non_null(out);
	fputs(BASE, out);
	for (i = 1; i < chains; i++)
		fprintf(out, CHAIN("c%u"), i);
	for (i = 1; i < chains; i++) {
		if (i == 1)
			fputs(FWD({"jump": {"target": "c1"}}), out);
		else
			fprintf(out, RULE("c%u", {"jump": {"target": "c%u"}}), i - 1,
				i);
	}
	fprintf(out, RULE("c%u", {"accept": null}) END, chains - 1);
	fclose(out);
	return json;
}

static void
sixteen_chains_deep_is_as_far_as_it_goes(void **state)
{
	static const char *const want[] = {"accept", "accept", "accept", "accept",
					   "accept"};
	static const struct pk packet = TCP();
	struct policy *policy;
	char *json = ladder(16);

	(void)state;
	policy = load(json);
	constants_are(policy, want);
	assert_int_equal(eval(policy, &packet, NULL).kind, POLICY_ACCEPT);
	policy_free(policy);
	free(json);
	json = ladder(17);
	refused(json, "more than 16 deep", NULL);
	free(json);
}

/* xorshift: the same packets at each run */
static uint32_t
next_random(uint64_t *x, uint32_t below)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(((*x >> 32) * below) >> 32);
}

static void
constant_and_walk_agree_on_verdicts_and_counters(void **state)
{
	struct policy_counter walked[8] = {0}, counted[8] = {0};
	static const uint8_t protos[] = {1, 6, 17, 58, 132};
	struct policy_verdict verdict;
	struct policy *policy =
		load(BASE OBJECT({"chain": {"family": "inet", "table": "t", "name":
			"second", "type": "filter", "hook": "forward", "prio": 5,
			"policy": "accept"}}) RULE("second", {"counter": null})
			     FWD({"match": {"op": "in", "left": {"ct": {"key":
				"state"}}, "right": ["established", "related"]}},
				{"counter": null}, {"accept": null})
				     FWD({"match": {"op": "in", "left": {"ct": {"key":
					"state"}}, "right": ["invalid", "untracked"]}},
					{"counter": null}, {"drop": null})
					     FWD({"match": {"op": "==", "left": {"meta":
						{"key": "l4proto"}}, "right": "tcp"}},
						{"counter": null}, {"accept": null})
						     END);
	uint64_t random = 88172645463325252u;
	struct pk pk = {.is = true};
	unsigned i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		pk.src = next_random(&random, 2) ? "10.0.0.1" : "2001:db8::5";
		pk.proto = protos[next_random(&random, sizeof(protos))];
		pk.ct = (uint8_t)next_random(&random, POLICY_CT_COUNT);
		pk.length = 20 + next_random(&random, 1480);
		if (policy_constant(policy, (enum policy_ct)pk.ct, &verdict)) {
			count_constant(policy, (enum policy_ct)pk.ct, 1, pk.length,
					      counted);
			assert_int_equal(eval(policy, &pk, walked).kind, verdict.kind);
		} else {
			assert_int_equal(pk.ct, POLICY_CT_NEW);
			eval(policy, &pk, counted);
			eval(policy, &pk, walked);
		}
	}
	assert_memory_equal(walked, counted, sizeof(walked));
	assert_true(walked[0].packets > 0 && walked[1].packets > 0 &&
		    walked[2].packets > 0);
	policy_free(policy);
}

/* clang-format on */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_ruleset_accepts_established_without_a_look),
		cmocka_unit_test(a_map_of_states_is_answered_at_load),
		cmocka_unit_test(
			counters_on_the_way_of_a_constant_are_counted_by_the_burst),
		cmocka_unit_test(a_look_at_the_packet_is_never_constant),
		cmocka_unit_test(
			a_table_of_one_family_is_constant_only_where_it_accepts_uncounted),
		cmocka_unit_test(without_rules_everything_is_accepted),
		cmocka_unit_test(chains_that_jump_in_a_circle_are_refused),
		cmocka_unit_test(sixteen_chains_deep_is_as_far_as_it_goes),
		cmocka_unit_test(constant_and_walk_agree_on_verdicts_and_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
