/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole rule files of routers. The report lists what sluice does not evaluate and the
 * effect, and the rest is loaded. All messages are reported at once.
 */
#include "policy_fixture.h"
#include "rules_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ruleset/ruleset.h>

#define FORWARD                                                                          \
	"chain forward { type filter hook forward priority 0; policy drop;\n"            \
	"iifname \"lan\" oifname \"wan\" accept\n}\n"

static bool
says(const struct ruleset_report *report, enum ruleset_level level, const char *text)
{
	unsigned i;

	for (i = 0; i < report->count; i++)
		if (report->messages[i].level == level &&
		    strstr(report->messages[i].text, text) != NULL)
			return true;
	return false;
}

/* Assert that JSON is accepted or rejected, and that the report contains a text. */
static void
judge_json(const char *name, const char *json, const struct ruleset_options *options,
	   bool taken, enum ruleset_level level, const char *text)
{
	struct ruleset_report report;
	struct policy *policy;
	char all[4096];
	int ret = ruleset_read(json, strlen(json), options, &policy, &report);

	ruleset_report_text(&report, RULESET_NOTICE, all, sizeof(all));
	if ((ret == 0) != taken || (!taken && ret != -EINVAL) ||
	    (policy != NULL) != taken)
		fail_msg("%s: returns %d: %s", name, ret, all);
	if (text != NULL && !says(&report, level, text))
		fail_msg("%s: the report lacks '%s': %s", name, text, all);
	if (text == NULL && report.total[level] != 0)
		fail_msg("%s: has messages: %s", name, all);
	ruleset_report_free(&report);
	policy_free(policy);
}

static void
judge(const char *nft, const struct ruleset_options *options, bool taken,
      enum ruleset_level level, const char *text)
{
	char *json = rules_store_json(nft);

	judge_json(nft, json, options, taken, level, text);
	free(json);
}

static const struct ruleset_options with_ports = {.ports = &ports};

static void
chains_that_do_not_forward_are_a_notice(void **state)
{
	static const char *const files[][2] = {
		{"table inet t {\n" FORWARD
		 "chain in { type filter hook input priority 0; policy drop;\n"
		 "tcp dport 22 limit rate 5/minute log prefix \"x\" accept\n}\n}\n",
		 "table inet t: in (hook input)"},
		{"table inet t {\n" FORWARD
		 "chain out { type route hook output priority 0;\n"
		 "udp dport 53 meta mark set 7\n}\n}\n",
		 "table inet t: out (type route hook output)"},
		{"table inet t {\n" FORWARD "}\ntable arp a { chain in {\n"
		 "type filter hook input priority 0; policy drop;\n}\n}\n",
		 "table arp a: in (hook input)"},
		{"table inet t {\n" FORWARD "}\ntable ip n { chain post {\n"
		 "type nat hook postrouting priority 100;\n}\n"
		 "chain pre { type nat hook prerouting priority -100;\n}\n}\n",
		 "table ip n: post (type nat hook postrouting), pre (type nat hook "
		 "prerouting)"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(files); i++) {
		judge(files[i][0], &with_ports, true, RULESET_NOTICE, files[i][1]);
		judge(files[i][0], &with_ports, true, RULESET_WARNING, NULL);
	}
}

static void
chains_that_change_decisions_are_a_warning(void **state)
{
	static const char *const files[][2] = {
		{"table inet t {\n" FORWARD "}\ntable ip n { chain post {\n"
		 "type nat hook postrouting priority 100; masquerade\n}\n}\n",
		 "addresses are not translated here"},
		{"table inet t { set bad { type ipv4_addr; elements = { 10.0.0.1 } }\n"
		 "chain forward { type filter hook forward priority 0; policy drop;\n"
		 "ip saddr @bad drop\n}\n"
		 "chain in { type filter hook input priority 0;\n"
		 "tcp dport 23 add @bad { ip saddr }\n}\n}\n",
		 "set 'bad' is written by chains that are not evaluated"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(files); i++)
		judge(files[i][0], &with_ports, true, RULESET_WARNING, files[i][1]);
}

/*
 * What sluice cannot evaluate beside the forward chain is a warning and not an error; the
 * other rules of the chain are in force.
 */
static void
a_rule_before_or_after_forward_may_be_left_out(void **state)
{
	static const struct ruleset_options strict = {.ports = &ports,
						      .refuse_other = true};
	static const char nft[] =
		"table inet t {\n" FORWARD
		"chain pre { type filter hook prerouting priority -150; policy accept;\n"
		"fib saddr . iif oif missing drop\n"
		"udp dport 53 drop\n}\n}\n";
	static const struct pk dns = UDP(.dport = 53, .oif = 1);
	static const struct pk web = TCP(.dport = 80, .oif = 1);
	char *json = rules_store_json(nft);
	struct rules rules = rules_of_json(json);

	(void)state;
	assert_int_equal(eval(&rules, &dns).kind, POLICY_DROP);
	assert_int_equal(eval(&rules, &web).kind, POLICY_ACCEPT);
	rules_free(&rules);
	free(json);
	judge(nft, &with_ports, true, RULESET_WARNING,
	      "sluice has no routes; only 'fib saddr type' and 'fib daddr type' are "
	      "taken; remove or replace the rule; the rule is left out, since it is not "
	      "in a forward chain");
	judge(nft, &strict, false, RULESET_ERROR, "sluice has no routes");
}

static void
a_file_with_chains_beside_forward_needs_a_forward_chain(void **state)
{
	(void)state;
	judge("table inet t {\n"
	      "chain pre { type filter hook prerouting priority -300; drop\n}\n}\n",
	      &with_ports, false, RULESET_ERROR,
	      "no base chain 'type filter hook forward' found");
}

static void
chains_of_prerouting_and_postrouting_are_taken(void **state)
{
	static const char *const files[] = {
		"table inet t {\n" FORWARD
		"chain raw { type filter hook prerouting priority -300;\n"
		"udp dport 53 notrack\n}\n}\n",
		"table inet t {\n" FORWARD "chain helper { meta mark set 7\n}\n"
		"chain pre { type filter hook prerouting priority -150;\n"
		"tcp dport 22 jump helper\n}\n}\n",
		"table inet t {\n" FORWARD
		"chain post { type filter hook postrouting priority 0;\n"
		"udp dport 1900 drop\n}\n}\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(files); i++)
		judge(files[i], &with_ports, true, RULESET_WARNING, NULL);
}

static void
bridge_chains_are_taken_where_there_are_no_others(void **state)
{
	(void)state;
	judge("table bridge b {\n" FORWARD "}\n", &with_ports, true, RULESET_NOTICE,
	      "the forward chains of family bridge are evaluated for IPv4 and IPv6");
	judge("table inet t {\n" FORWARD "}\ntable bridge b {\n" FORWARD "}\n",
	      &with_ports, true, RULESET_NOTICE,
	      "not evaluated, since sluice judges forwarded packets only: table bridge "
	      "b: forward");
	judge("table bridge b {\n"
	      "chain pre { type filter hook prerouting priority -300;\n}\n}\n",
	      &with_ports, false, RULESET_ERROR,
	      "no base chain 'type filter hook forward' found");
}

static void
groups_that_no_port_is_in_are_refused(void **state)
{
	(void)state;
	judge("table inet t {\nchain forward { type filter hook forward priority 0;\n"
	      "iifgroup 5 drop\n}\n}\n",
	      &with_ports, false, RULESET_ERROR,
	      "all ports are in group 0, 'default'; match their names with iifname");
	judge("table inet t {\nchain forward { type filter hook forward priority 0;\n"
	      "iifgroup 0 drop\n}\n}\n",
	      &with_ports, true, RULESET_ERROR, NULL);
}

static void
a_trace_in_prerouting_changes_nothing(void **state)
{
	(void)state;
	judge("table inet t {\n" FORWARD
	      "chain trace { type filter hook prerouting priority -350;\n"
	      "meta nftrace set 1 meta priority set 1:10\n}\n}\n",
	      &with_ports, true, RULESET_WARNING, NULL);
}

static void
other_chains_are_refused_where_that_is_asked_for(void **state)
{
	static const struct ruleset_options strict = {.ports = &ports,
						      .refuse_other = true};

	(void)state;
	judge("table inet t {\n" FORWARD
	      "chain in { type filter hook input priority 0;\n}\n}\n",
	      &strict, false, RULESET_ERROR,
	      "table inet t, chain in: 'type filter hook input' is not evaluated, and "
	      "rules_other is 'refuse'");
	judge("table inet t {\n" FORWARD "}\n", &strict, true, RULESET_NOTICE, NULL);
}

static void
only_chains_that_forwarded_packets_reach_are_judged(void **state)
{
	static const char host[] = "chain host { meta cpu 1 log accept\n}\n"
				   "chain in { type filter hook input priority 0;\n"
				   "jump host\n}\n";
	char *nft;

	(void)state;
	assert_true(asprintf(&nft, "table inet t {\n%s" FORWARD "}\n", host) > 0);
	judge(nft, &with_ports, true, RULESET_ERROR, NULL);
	free(nft);
	assert_true(asprintf(&nft,
			     "table inet t {\n%s"
			     "map m { type inet_proto : verdict\n"
			     "elements = { tcp : jump host }\n}\n"
			     "chain forward { type filter hook forward priority 0;\n"
			     "meta l4proto vmap @m\n}\n}\n",
			     host) > 0);
	judge(nft, &with_ports, false, RULESET_ERROR, "chain host");
	free(nft);
}

static void
a_dormant_table_takes_no_part(void **state)
{
#define DORMANT(flags, more)                                                             \
	"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"z\"," flags           \
	"}},{\"chain\":{\"family\":\"inet\",\"table\":\"z\",\"name\":\"f\",\"type\":"    \
	"\"filter\",\"hook\":\"forward\",\"prio\":0,\"policy\":\"drop\"}},{\"table\":"   \
	"{\"family\":\"inet\",\"name\":\"t\"}},{\"chain\":{\"family\":\"inet\","         \
	"\"table\":\"t\",\"name\":\"f\",\"type\":\"filter\",\"hook\":\"forward\","       \
	"\"prio\":0,\"policy\":\"accept\"}}" more "]}"
	static const char *const sleeping[] = {
		DORMANT("\"flags\":\"dormant\"", ""),
		DORMANT("\"flags\":[\"dormant\"]", ""),
		/* as printed by nft 1.0.6, with the annotation of sluice-rules */
		DORMANT("\"flags\":\"z\"",
			",{\"sluice\":{\"dormant\":[[\"inet\",\"z\"]],\"rules\":[]}}"),
	};
	static const struct pk packet = TCP(.dport = 80);
	struct rules rules;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(sleeping); i++) {
		rules = rules_of_json(sleeping[i]);
		assert_int_equal(eval(&rules, &packet).kind, POLICY_ACCEPT);
		rules_free(&rules);
		judge_json("dormant", sleeping[i], &with_ports, true, RULESET_NOTICE,
			   "table inet z has the flag dormant");
	}
	judge_json("garbled", DORMANT("\"flags\":\"z\"", ""), &with_ports, false,
		   RULESET_ERROR, "nft 1.0.6 garbles");
}

static void
all_errors_of_a_file_come_at_once(void **state)
{
#define RULE(stmt)                                                                       \
	",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"f\",\"expr\":[{"    \
	"\"" stmt "\":null}]}}"
	static const char json[] =
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"f\",\"type\":"
		"\"filter\",\"hook\":\"forward\",\"prio\":0}}" RULE("masquerade")
			RULE("accept") RULE("tproxy") RULE("redirect") "]}";
	char all[2048];
	struct ruleset_report report;
	struct policy *policy;

	(void)state;
	assert_int_equal(ruleset_read(json, strlen(json), &with_ports, &policy, &report),
			 -EINVAL);
	assert_int_equal(report.total[RULESET_ERROR], 3);
	assert_true(says(&report, RULESET_ERROR, "masquerade"));
	assert_true(says(&report, RULESET_ERROR, "tproxy"));
	assert_true(says(&report, RULESET_ERROR, "redirect"));
	ruleset_report_text(&report, RULESET_ERROR, all, sizeof(all));
	assert_non_null(strchr(strchr(all, '\n') + 1, '\n'));
	/* messages that do not fit are counted */
	ruleset_report_text(&report, RULESET_ERROR, all, 300);
	assert_non_null(strstr(all, "\nand 2 more"));
	ruleset_report_free(&report);
}

static void
a_message_uses_the_place_and_the_words_of_the_file(void **state)
{
	static const char json[] =
		"{\"nftables\":[{\"table\":{\"family\":\"inet\",\"name\":\"t\"}},"
		"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"f\",\"type\":"
		"\"filter\",\"hook\":\"forward\",\"prio\":0}},{\"rule\":{\"family\":"
		"\"inet\",\"table\":\"t\",\"chain\":\"f\",\"handle\":7,\"expr\":["
		"{\"tproxy\":{\"port\":80}}]}},{\"sluice\":{\"rules\":[[7,"
		"\"tproxy to :80\",\"r.nft:12\"]]}}]}";
	static const struct ruleset_options options = {.file = "r.nft"};

	(void)state;
	judge_json("place", json, &options, false, RULESET_ERROR,
		   "r.nft:12: table inet t, chain f, rule \"tproxy to :80\": 'tproxy'");
}

static void
a_chain_without_a_chance_is_told_loudly(void **state)
{
	(void)state;
	judge("table inet t {\n"
	      "chain forward { type filter hook forward priority 0; policy drop;\n"
	      "iifname \"eth0\" oifname \"eth1\" accept\n"
	      "oifname \"eth0\" accept\n}\n}\n",
	      &with_ports, true, RULESET_WARNING,
	      "chain forward: NONE of its 2 rules can ever match, since each names an "
	      "interface that no port is: every packet is dropped by its policy");
	judge("table inet t {\n"
	      "chain forward { type filter hook forward priority 0; policy drop;\n"
	      "iifname \"lan*\" accept\n}\n}\n",
	      &with_ports, true, RULESET_WARNING, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridge_chains_are_taken_where_there_are_no_others),
		cmocka_unit_test(groups_that_no_port_is_in_are_refused),
		cmocka_unit_test(chains_that_do_not_forward_are_a_notice),
		cmocka_unit_test(chains_that_change_decisions_are_a_warning),
		cmocka_unit_test(a_rule_before_or_after_forward_may_be_left_out),
		cmocka_unit_test(a_file_with_chains_beside_forward_needs_a_forward_chain),
		cmocka_unit_test(chains_of_prerouting_and_postrouting_are_taken),
		cmocka_unit_test(a_trace_in_prerouting_changes_nothing),
		cmocka_unit_test(other_chains_are_refused_where_that_is_asked_for),
		cmocka_unit_test(only_chains_that_forwarded_packets_reach_are_judged),
		cmocka_unit_test(a_dormant_table_takes_no_part),
		cmocka_unit_test(all_errors_of_a_file_come_at_once),
		cmocka_unit_test(a_message_uses_the_place_and_the_words_of_the_file),
		cmocka_unit_test(a_chain_without_a_chance_is_told_loudly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
