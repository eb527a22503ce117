/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading nft's JSON in the dialects of its versions, and the messages for rejected
 * input.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy_fixture.h"

/* JSON without escaped quotation marks. */
#define J(...) #__VA_ARGS__
#define BASE                                                                             \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{"   \
	"\"family\":\"inet\",\"table\":\"t\",\"name\":\"forward\",\"type\":\"filter\","  \
	"\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}}"
#define RULE(chain, ...)                                                                 \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain             \
	"\",\"expr\":[" #__VA_ARGS__ "]}}"
#define FWD(...) RULE("forward", __VA_ARGS__)
#define CHAIN(name)                                                                      \
	",{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}}"
#define OBJECT(...) "," #__VA_ARGS__
#define END "]}"

/* The rules are JSON, which it takes for C. */
/* clang-format off */

/* Read a file of tests/data/rules. */
static char *
slurp(const char *name)
{
	char path[512], *text = calloc(1, 1 << 20);
	FILE *in;

	assert_non_null(text);
	snprintf(path, sizeof(path), TEST_DATA "/rules/%s", name);
	in = fopen(path, "r");
	if (in == NULL)
		fail_msg("%s cannot be opened", path);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static void
every_version_of_nft_is_read_alike(void **state)
{
	static const char *const files[] = {"nft-0.9.json", "nft-1.1.json"};
	static const struct {
		const char *name;
		struct pk packet;
		uint8_t kind;
		uint16_t rule;
	} rows[] = {
		{"established", TCP(.ct = POLICY_CT_ESTABLISHED), POLICY_ACCEPT, 1},
		{"related", TCP(.ct = POLICY_CT_RELATED), POLICY_ACCEPT, 1},
		{"a port of the set", TCP(.iif = LAN, .dport = 22), POLICY_ACCEPT, 3},
		{"a range of the set", TCP(.iif = LAN, .dport = 85), POLICY_ACCEPT, 3},
		{"no port of the set", TCP(.iif = LAN, .dport = 91), POLICY_DROP, 0},
		{"from another port", TCP(.iif = WAN, .dport = 22), POLICY_DROP, 0},
		{"a SYN is rejected", TCP(.iif = WAN, .flags = 2), POLICY_REJECT_ICMP, 4},
		{"a SYN+ACK is not", TCP(.iif = WAN, .flags = 0x12), POLICY_DROP, 0},
	};
	struct policy_rule_info info;
	struct policy_verdict verdict;
	struct policy *policy;
	struct rules rules;
	size_t f, i;
	char *json;

	(void)state;
	for (f = 0; f < sizeof(files) / sizeof(*files); f++) {
		json = slurp(files[f]);
		rules = rules_of_json(json);
		policy = rules.policy;
		assert_int_equal(policy_rules(policy), 4);
		assert_int_equal(policy_counters(policy), 1);
		policy_rule(policy, 2, &info);
		assert_string_equal(info.text, "forward: comment \"nothing\"");
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			verdict = eval(&rules, &rows[i].packet);
			if (verdict.kind != rows[i].kind || verdict.rule != rows[i].rule)
				fail_msg("%s, %s: kind %u, rule %u", files[f],
					 rows[i].name, verdict.kind, verdict.rule);
		}
		rules_free(&rules);
		free(json);
	}
}

static void
all_that_is_supported_is_read_and_shown_as_nft_shows_it(void **state)
{
	static const char *const some[] = {
		("forward: ct state vmap { invalid : drop, established : accept, "
		 "related : accept }"),
		"forward: ct state established,related accept",
		"forward: ct state { established, related } accept",
		"forward: ct state ! invalid accept",
		"forward: iifname \"lan\" oifname \"wan\" accept",
		"forward: iifname { \"lan\", \"wan*\" } accept",
		"forward: iifname @ifs accept",
		"forward: iifname . oifname { \"lan\" . \"wan\" } accept",
		"forward: ip saddr & 255.0.0.255 == 10.0.0.1 accept",
		"forward: ip saddr != 10.0.0.1-10.0.0.9 accept",
		"forward: ip6 saddr 2001:db8::/32 accept",
		"forward: ip saddr . tcp dport @pair accept",
		"forward: tcp dport vmap @pm",
		"forward: tcp flags syn / syn,ack accept",
		"forward: tcp flags & syn != syn accept",
		"forward: udp dport 53 counter accept",
		"forward: counter name \"cc\"",
		"forward: reject with icmpx admin-prohibited",
		"forward: meta l4proto tcp reject with tcp reset",
		"web: counter accept comment \"hello\"",
	};
	char *json = slurp("nft-1.0.6.json");
	struct rules rules = rules_of_json(json);
	struct policy *policy = rules.policy;
	struct policy_rule_info info = {.handle = 0};
	unsigned rule;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(some) / sizeof(*some); i++) {
		for (rule = 1; rule <= policy_rules(policy); rule++) {
			policy_rule(policy, rule, &info);
			if (strcmp(info.text, some[i]) == 0)
				break;
		}
		if (rule > policy_rules(policy))
			fail_msg("no rule reads: %s", some[i]);
		assert_true(info.handle > 0);
		assert_int_equal(info.counter >= 0, strstr(some[i], "counter") != NULL);
	}
	rules_free(&rules);
	free(json);
}

/* Forms that nft 1.0.6 does not print, or prints only if the interface exists. */
static void
other_forms_of_matches_mean_the_same(void **state)
{
	static const struct {
		const char *json;
		struct pk yes, no;
	} rows[] = {
		{BASE FWD({"match": {"op": "==", "left": {"meta": {"key": "iif"}},
			"right": {"set": ["dmz", "lan*"]}}}, {"accept": null}) END,
		 TCP(.iif = LAN_GUEST), TCP(.iif = WAN)},
		{BASE FWD({"match": {"left": {"ct": "state"}, "right": "untracked"}},
			{"accept": null}) END,
		 TCP(.ct = POLICY_CT_UNTRACKED), TCP(.ct = POLICY_CT_NEW)},
		{BASE FWD({"match": {"op": "==", "left": {"concat": [{"ct": {"key":
			"state"}}, {"meta": {"key": "iifname"}}]}, "right": {"set":
			[{"concat": ["new", "lan*"]}]}}}, {"accept": null}) END,
		 TCP(.iif = LAN_GUEST), TCP(.iif = WAN)},
		{BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
			"field": "daddr"}}, "right": {"set": ["*"]}}}, {"accept":
			null}) END,
		 TCP(), TCP(V6)},
		{BASE FWD({"match": {"op": "!=", "left": {"&": [{"payload":
			{"protocol": "tcp", "field": "flags"}}, {"|": [{"|": ["fin",
			"syn"]}, "ack"]}]}, "right": {"|": ["syn", "ack"]}}},
			{"accept": null}) END,
		 TCP(.flags = 2), TCP(.flags = 0x12)},
	};
	struct rules rules;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(rows); i++) {
		rules = rules_of_json(rows[i].json);
		if (eval(&rules, &rows[i].yes).kind != POLICY_ACCEPT ||
		    eval(&rules, &rows[i].no).kind != POLICY_DROP)
			fail_msg("%s", rows[i].json);
		rules_free(&rules);
	}
}

static void
what_is_no_ruleset_is_refused(void **state)
{
	(void)state;
	refused("", "line 1", NULL);
	refused("{\"nftables\": [", "line 1", "column");
	refused("[]", "'nftables'", "nft -j list ruleset");
	refused("{\"nftables\": {}}", "'nftables'", NULL);
	refused(J({"nftables": []}), "no base chain 'type filter hook forward'", NULL);
	refused(J({"nftables": [{"metainfo": {"version": "1.0.6"}}]}),
		"no base chain", NULL);
	refused(J({"nftables": [{"add": {"table": {"family": "inet", "name": "t"}}}]}),
		"'add'", "nft -j list ruleset");
	refused(J({"nftables": [{"chain": {"name": "x"}}]}), "family", NULL);
}

static void
a_statement_that_nft_does_not_print_is_refused(void **state)
{
	static const char *const where = "table inet t, chain forward, rule";

	(void)state;
	refused(BASE FWD({"masquerade": null}) END, "\"masquerade\"", "'masquerade'");
	refused(BASE FWD({"xt": {"type": "match", "name": "u32"}}) END, "'xt'", where);
	refused(BASE FWD({"accept": null, "drop": null}) END, "one member", NULL);
	refused(BASE FWD("jump { accept; }") END, "give the chain a name", NULL);
}

static void
a_match_that_nft_does_not_print_is_refused(void **state)
{
	(void)state;
	refused(BASE FWD({"match": {"op": "~", "left": {"meta": {"key": "l4proto"}},
		"right": 44}}, {"accept": null}) END,
		"'~'", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"meta": {"key":
		"l4proto"}}}}) END,
		"no right side", NULL);
	refused(BASE FWD({"match": {"op": ">", "left": {"meta": {"key": "iifname"}},
		"right": "lan"}}) END,
		"'>'", NULL);
}

static void
a_value_of_the_wrong_kind_is_refused(void **state)
{
	(void)state;
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
		"field": "dport"}}, "right": 65536}}) END,
		"65536 is not a valid port", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
		"field": "dport"}}, "right": -1}}) END,
		"-1 is not a valid port", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
		"field": "saddr"}}, "right": "::1"}}) END,
		"'::1' is not a valid IPv4 address", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "ip",
		"field": "saddr"}}, "right": {"prefix": {"addr": "1.0.0.0", "len":
		33}}}}) END,
		"0 to 32 bits", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
		"field": "dport"}}, "right": {"range": [5, 4]}}}) END,
		"above", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "tcp",
		"field": "dport"}}, "right": {"range": [5]}}}) END,
		"two ends", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"meta": {"key": "l4proto"}},
		"right": 1.5}}) END,
		"protocol", NULL);
	refused(BASE FWD({"match": {"op": "==", "left": {"payload": {"protocol": "icmp",
		"field": "type"}}, "right": "ping"}}) END,
		"'ping' is not a valid ICMP type", NULL);
	refused(BASE FWD({"reject": {"type": "icmp", "expr": "no"}}) END, "'no'",
		"icmp");
	refused(BASE FWD({"": {"key": 1}}) END, "'' is not supported", NULL);
}

static void
sets_that_cannot_be_kept_exactly_are_refused_where_they_are_used(void **state)
{
	static const char *const use = FWD({"match": {"op": "==", "left": {"payload":
		{"protocol": "ip", "field": "saddr"}}, "right": "@s"}}, {"accept":
		null}) END;
	static const struct {
		const char *set;
		const char *text;
	} rows[] = {
		{J({"family": "inet", "table": "t", "name": "s", "stmt": [{"log":
			null}]}),
		 "'log' is not supported here"},
		{J({"family": "inet", "table": "t", "name": "s", "stmt": [{"counter":
			null}, {"quota": {"val": 1}}, {"limit": {"rate": 1}}]}),
		 "more than 2 statements"},
		{J({"family": "inet", "table": "t", "name": "s", "elem": [{"elem":
			{"val": "1.2.3.4", "counter": null}}, {"elem": {"val": "1.2.3.5",
			"quota": {"val": 1}}}]}),
		 "different statements"},
		{J({"family": "inet", "table": "t", "name": "s", "timeout": -1}),
		 "1 second to 100 years"},
		{J({"family": "inet", "table": "t", "name": "s", "size": 9, "elem":
			[{"range": ["1.2.3.4", "1.2.3.9"]}]}),
		 "flag interval"},
		{J({"family": "inet", "table": "t", "name": "s", "elem": [{"concat":
			["1.2.3.4", 5]}]}),
		 "number of fields"},
		{J({"family": "inet", "table": "t", "name": "other"}), "no set 's'"},
	};
	struct rules rules;
	char *json;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(asprintf(&json, BASE ",{\"set\":%s}%s", rows[i].set, use) >
			    0);
		refused(json, rows[i].text, "ip saddr @s accept");
		free(json);
		assert_true(asprintf(&json, BASE ",{\"set\":%s}" END, rows[i].set) > 0);
		rules = rules_of_json(json);
		rules_free(&rules);
		free(json);
	}
}

static void
what_is_named_and_not_there_is_refused(void **state)
{
	(void)state;
	refused(BASE FWD({"jump": {"target": "nowhere"}}) END, "no chain 'nowhere'",
		NULL);
	refused(BASE FWD({"jump": {"target": "forward"}}) END, "has a hook", NULL);
	refused(BASE FWD({"counter": "cc"}) END, "no counter 'cc'", NULL);
	refused(BASE FWD({"vmap": {"key": {"meta": {"key": "l4proto"}}, "data":
		"@m"}}) END,
		"no verdict map 'm'", NULL);
	refused(BASE RULE("nochain", {"accept": null}) END, "'nochain'", NULL);
	refused(BASE CHAIN("a") CHAIN("a") END, "chain 'a' is defined twice", NULL);
}

static void
a_name_that_no_port_has_is_a_warning_and_never_matches(void **state)
{
	static const char json[] = BASE FWD({"match": {"op": "==", "left": {"meta":
		{"key": "iifname"}}, "right": "eth9"}}, {"accept": null}) END;
	static const struct pk packet = TCP(.iif = LAN);
	struct ruleset_error error;
	struct policy_verdict verdict;
	struct policy_packet asked;
	struct policy *policy;
	uint8_t address[2][16];

	(void)state;
	packet_make(&packet, &asked, address);
	assert_int_equal(ruleset_load(json, strlen(json), &ports, &policy, &error), 0);
	assert_non_null(strstr(error.text, "\"eth9\""));
	policy_eval(policy, NULL, &asked, 0, &verdict);
	assert_int_equal(verdict.kind, POLICY_DROP);
	policy_free(policy);
	assert_int_equal(ruleset_load(json, strlen(json), NULL, &policy, &error), 0);
	assert_string_equal(error.text, "");
	policy_free(policy);
}

/*
 * Text truncated anywhere, or with any byte changed, may be rejected but never causes a
 * crash.
 */
static void
damaged_json_does_no_harm(void **state)
{
	char *json = slurp("nft-1.1.json"), *copy;
	size_t i, length = strlen(json);
	struct ruleset_error error;
	struct policy *policy;

	(void)state;
	for (i = 0; i < length; i++) {
		copy = malloc(length);
		assert_non_null(copy);
		memcpy(copy, json, length);
		if (ruleset_load(copy, i, &ports, &policy, &error) == 0)
			policy_free(policy);
		copy[i] = copy[i] == '0' ? '9' : '0';
		if (ruleset_load(copy, length, &ports, &policy, &error) == 0)
			policy_free(policy);
		free(copy);
	}
	free(json);
}

/* clang-format on */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_of_nft_is_read_alike),
		cmocka_unit_test(all_that_is_supported_is_read_and_shown_as_nft_shows_it),
		cmocka_unit_test(other_forms_of_matches_mean_the_same),
		cmocka_unit_test(what_is_no_ruleset_is_refused),
		cmocka_unit_test(a_statement_that_nft_does_not_print_is_refused),
		cmocka_unit_test(a_match_that_nft_does_not_print_is_refused),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_refused),
		cmocka_unit_test(
			sets_that_cannot_be_kept_exactly_are_refused_where_they_are_used),
		cmocka_unit_test(what_is_named_and_not_there_is_refused),
		cmocka_unit_test(a_name_that_no_port_has_is_a_warning_and_never_matches),
		cmocka_unit_test(damaged_json_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
