/* SPDX-License-Identifier: BSD-3-Clause */
/* The metrics page as text, from a fake backend. */
#include "policy_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_fake.h"
#include "metrics.h"
#include "openmetrics.h"

static struct fake fake;

/* Return whether the page contains this line exactly once. */
static bool
has_line(const char *page, const char *line)
{
	size_t length = strlen(line);
	const char *at = page;
	unsigned found = 0;

	while ((at = strstr(at, line)) != NULL) {
		found += (at == page || at[-1] == '\n') && at[length] == '\n';
		at += length;
	}
	return found == 1;
}

/* Return the page in one form; NULL: there is none. */
static char *
page_in(struct fake *f, unsigned form)
{
	struct http_text texts[OPENMETRICS_FORMS];

	if (!openmetrics_make(&f->config, texts))
		return NULL;
	assert_int_equal(strlen(texts[form].text), texts[form].size);
	free(texts[!form].text);
	return texts[form].text;
}

static char *
page_of(struct fake *f)
{
	return page_in(f, OPENMETRICS_TEXT);
}

static void
audited_packets_are_a_metric_of_audit_mode(void **state)
{
	char *page;

	(void)state;
	fake_init(&fake);
	fake.workers[0].stats.engine.audited[REASON_MTU] = 3;
	fake.workers[1].stats.engine.audited[REASON_MTU] = 4;
	page = page_of(&fake);
	assert_null(strstr(page, "audited"));
	free(page);
	fake.workers[1].stats.engine.audit = true;
	page = page_of(&fake);
	assert_true(has_line(page, "sluice_audited_total{reason=\"mtu\"} 7"));
	free(page);
}

static void
counters_of_workers_are_summed(void **state)
{
	char *page;

	(void)state;
	fake_init(&fake);
	fake.workers[0].stats.engine.packets = 100;
	fake.workers[1].stats.engine.packets = 11;
	fake.workers[1].stats.engine.connections6 = 4;
	fake.workers[1].stats.engine.drops[REASON_MTU] = 5;
	fake.workers[0].stats.handed_over = 8;
	fake.workers[0].stats.records[RECORD_DROP].limited = 2;
	fake.workers[1].stats.records[RECORD_DROP].limited = 1;
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(page, "sluice_packets_total 111"));
	assert_true(has_line(page, "sluice_connections{family=\"ipv6\"} 4"));
	assert_true(has_line(page, "sluice_connections_limit{family=\"ipv4\"} 1000"));
	assert_true(has_line(page, "sluice_drops_total{reason=\"mtu\"} 5"));
	assert_true(has_line(page,
			     "sluice_records_total{kind=\"drop\",result=\"limited\"} 3"));
	assert_true(has_line(page, "sluice_worker_packets_total{worker=\"0\"} 100"));
	assert_true(has_line(page, "sluice_worker_handed_over_total{worker=\"0\"} 8"));
	assert_true(has_line(page, "# TYPE sluice_packets counter"));
	assert_true(has_line(page, "# EOF"));
	assert_string_equal(page + strlen(page) - 6, "# EOF\n");
	free(page);
}

static void
each_metric_is_described_before_its_values(void **state)
{
	char *page, *line, *save = NULL, name[128] = "";

	(void)state;
	fake_init(&fake);
	page = page_of(&fake);
	assert_non_null(page);
	for (line = strtok_r(page, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "# TYPE %127s", name) == 1) {
			line = strtok_r(NULL, "\n", &save);
			assert_int_equal(strncmp(line, "# HELP ", 7), 0);
			assert_int_equal(strncmp(line + 7, name, strlen(name)), 0);
			assert_int_equal(line[strlen(line) - 1], '.');
		} else if (strcmp(line, "# EOF") != 0) {
			assert_int_equal(strncmp(line, name, strlen(name)), 0);
		}
	}
	free(page);
}

static void
a_port_whose_device_is_gone_has_a_link_but_no_counters(void **state)
{
	char *page;

	(void)state;
	fake_init(&fake);
	fake.ports[0] = (struct control_port){.up = true, .rx_packets = 7};
	fake.ports[1].link_changes = 3;
	fake.port_gone[1] = true;
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(page, "sluice_port_rx_packets_total{port=\"lan\"} 7"));
	assert_null(strstr(page, "sluice_port_rx_packets_total{port=\"wan\"}"));
	assert_true(has_line(page, "sluice_port_up{port=\"lan\"} 1"));
	assert_true(has_line(page, "sluice_port_up{port=\"wan\"} 0"));
	assert_true(has_line(page, "sluice_port_link_changes_total{port=\"wan\"} 3"));
	free(page);
}

static void
the_form_is_the_one_that_the_client_accepts(void **state)
{
	static const struct {
		const char *accept;
		unsigned form;
	} rows[] = {
		{NULL, OPENMETRICS_PROMETHEUS},
		{"", OPENMETRICS_PROMETHEUS},
		{"*/*", OPENMETRICS_PROMETHEUS},
		{"text/html,application/xhtml+xml,*/*;q=0.8", OPENMETRICS_PROMETHEUS},
		{"text/plain;version=0.0.4", OPENMETRICS_PROMETHEUS},
		{"application/openmetrics-text", OPENMETRICS_TEXT},
		{"application/openmetrics-text; version=1.0.0; charset=utf-8",
		 OPENMETRICS_TEXT},
		/* of Prometheus 2.42 */
		{"application/openmetrics-text;version=1.0.0,application/"
		 "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
		 "*/*;q=0.1",
		 OPENMETRICS_TEXT},
		{"text/plain;q=0.5, Application/OpenMetrics-Text;q=0.75",
		 OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=0.4,text/plain;q=0.5",
		 OPENMETRICS_PROMETHEUS},
		{"application/openmetrics-text;q=0", OPENMETRICS_PROMETHEUS},
		{"application/openmetrics-textual", OPENMETRICS_PROMETHEUS},
		{",,;;q=,application/openmetrics-text;q=", OPENMETRICS_PROMETHEUS},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].accept != NULL ? rows[i].accept : "none");
		assert_int_equal(openmetrics_choose(rows[i].accept), rows[i].form);
	}
}

/* Return the next line of a page that is a sample; NULL: there is none. */
static const char *
sample_next(char **save)
{
	char *line;

	do
		line = strtok_r(NULL, "\n", save);
	while (line != NULL && line[0] == '#');
	return line;
}

static void
both_forms_have_the_same_samples(void **state)
{
	char *pages[2], *save[2];
	const char *lines[2];
	unsigned i, samples = 0;

	(void)state;
	fake_init(&fake);
	fake.workers[0].stats.engine.packets = 100;
	for (i = 0; i < 2; i++)
		pages[i] = page_in(&fake, i);
	assert_true(has_line(pages[OPENMETRICS_PROMETHEUS],
			     "# TYPE sluice_packets_total counter"));
	assert_true(has_line(pages[OPENMETRICS_PROMETHEUS],
			     "# HELP sluice_packets_total Packets received."));
	assert_true(has_line(pages[OPENMETRICS_PROMETHEUS],
			     "# TYPE sluice_build_info gauge"));
	assert_true(has_line(pages[OPENMETRICS_TEXT], "# TYPE sluice_build info"));
	assert_null(strstr(pages[OPENMETRICS_PROMETHEUS], "# EOF"));
	for (i = 0; i < 2; i++)
		strtok_r(pages[i], "\n", &save[i]);
	do {
		for (i = 0; i < 2; i++)
			lines[i] = sample_next(&save[i]);
		assert_int_equal(lines[0] == NULL, lines[1] == NULL);
		if (lines[0] != NULL)
			assert_string_equal(lines[0], lines[1]);
		samples++;
	} while (lines[0] != NULL);
	assert_true(samples > 100);
	free(pages[0]);
	free(pages[1]);
}

static void
tables_busy_time_and_evictions_are_shown(void **state)
{
	char *page;

	(void)state;
	fake_init(&fake);
	fake.workers[0].stats.engine.connections = 79;
	fake.workers[0].stats.engine.max = 100;
	fake.workers[0].stats.engine.connections6 = 80;
	fake.workers[0].stats.engine.max6 = 100;
	fake.workers[1].stats.engine.connections = 95;
	fake.workers[1].stats.engine.max = 100;
	fake.workers[0].stats.engine.evictions[TRACK_EVICT_STALE] = 3;
	fake.workers[1].stats.engine.evictions[TRACK_EVICT_STALE] = 4;
	fake.workers[1].stats.turns = (struct control_turns){.busy = 9,
							     .busy_ns = 1500000000,
							     .longest_ns = 7000};
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(
		page, "sluice_worker_table_warning{worker=\"0\",family=\"ipv4\"} 0"));
	assert_true(has_line(
		page, "sluice_worker_table_warning{worker=\"0\",family=\"ipv6\"} 80"));
	assert_true(has_line(
		page, "sluice_worker_table_warning{worker=\"1\",family=\"ipv4\"} 95"));
	/* a family without a table */
	assert_true(has_line(
		page, "sluice_worker_table_warning{worker=\"1\",family=\"ipv6\"} 0"));
	assert_true(has_line(page, "sluice_evictions_total{class=\"stale\"} 7"));
	assert_true(has_line(page, "sluice_evictions_total{class=\"closed\"} 0"));
	assert_true(has_line(page,
			     "sluice_worker_busy_seconds_total{worker=\"1\"} 1.500000"));
	assert_true(has_line(page, "sluice_worker_busy_turns_total{worker=\"1\"} 9"));
	assert_true(has_line(
		page, "sluice_worker_longest_turn_seconds{worker=\"1\"} 0.000007000"));
	free(page);
}

static void
half_open_connections_are_estimated_from_a_sample(void **state)
{
	struct fake_worker *w = &fake.workers[0];
	unsigned i;

	(void)state;
	fake_init(&fake);
	assert_int_equal(metrics_half_open(&fake.backend, 0, 4, 0), 0);
	for (i = 0; i < 160; i++)
		fake_add(&fake, 0, (uint16_t)(1000 + i));
	assert_int_equal(metrics_half_open(&fake.backend, 0, 4, 160), 0);
	for (i = 0; i < 160; i += 4)
		w->views[i].state[1] = TCP_STATE_SYN_RECEIVED;
	assert_in_range(metrics_half_open(&fake.backend, 0, 4, 160), 30, 50);
	for (i = 0; i < 160; i++)
		w->views[i].state[0] = TCP_STATE_SYN_SENT;
	assert_int_equal(metrics_half_open(&fake.backend, 0, 4, 160), 160);
	/* only TCP has states */
	for (i = 0; i < 160; i++)
		w->views[i].has_states = false;
	assert_int_equal(metrics_half_open(&fake.backend, 0, 4, 160), 0);
	/* none of the last connections of a small table is counted several times */
	fake_init(&fake);
	for (i = 0; i < 16; i++)
		fake_add(&fake, 0, (uint16_t)(1000 + i));
	w->views[15].state[0] = TCP_STATE_SYN_SENT;
	assert_int_equal(metrics_half_open(&fake.backend, 0, 4, 16), 1);
}

static void
rules_with_a_counter_and_policies_have_metrics(void **state)
{
	struct rules set =
		rules_of("table inet t { chain forward { type filter hook forward "
			 "priority 0; policy drop;\n"
			 "iifname \"a\" tcp dport 22 counter accept\n"
			 "tcp dport 23 accept\n}\n}\n");
	struct control_rules rules = {.policy = set.policy, .workers = FAKE_WORKERS};
	struct policy_chain_info chain;
	struct policy_rule_info info;
	char *page;

	(void)state;
	fake_init(&fake);
	pthread_mutex_init(&rules.lock, NULL);
	fake.config.rules = &rules;
	policy_rule(set.policy, 1, &info);
	policy_base_chain(set.policy, 0, &chain);
	fake.workers[0].counters[info.counter] = (struct policy_counter){5, 500};
	fake.workers[1].counters[info.counter] = (struct policy_counter){6, 600};
	fake.workers[1].counters[chain.hits].packets = 9;
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(page, "sluice_rules 2"));
	assert_true(has_line(
		page, "sluice_rule_packets_total{family=\"inet\",table=\"t\","
		      "chain=\"forward\",rule=\"1\","
		      "text=\"iifname \\\"a\\\" tcp dport 22 counter accept\"} 11"));
	assert_non_null(strstr(page,
			       "sluice_rule_bytes_total{family=\"inet\",table=\"t\","
			       "chain=\"forward\",rule=\"1\""));
	assert_null(strstr(page, "rule=\"2\""));
	assert_true(has_line(page, "sluice_chain_policy_packets_total{family=\"inet\","
				   "table=\"t\",chain=\"forward\"} 9"));
	free(page);
	rules_free(&set);
}

static void
chains_of_one_name_have_samples_of_their_own(void **state)
{
	struct rules set =
		rules_of("table inet t { chain forward { type filter hook forward "
			 "priority 0; tcp dport 22 counter accept\n}\n}\n"
			 "table ip t { chain forward { type filter hook forward "
			 "priority 1; tcp dport 22 counter accept\n}\n}\n");
	struct control_rules rules = {.policy = set.policy, .workers = FAKE_WORKERS};
	char *page;

	(void)state;
	fake_init(&fake);
	pthread_mutex_init(&rules.lock, NULL);
	fake.config.rules = &rules;
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(page, "sluice_chain_policy_packets_total{family=\"inet\","
				   "table=\"t\",chain=\"forward\"} 0"));
	assert_true(has_line(page, "sluice_chain_policy_packets_total{family=\"ip\","
				   "table=\"t\",chain=\"forward\"} 0"));
	free(page);
	rules_free(&set);
}

static void
records_of_ipfix_are_counted_if_there_is_a_collector(void **state)
{
	struct control_ipfix ipfix = {.collector = "127.0.0.1:4739"};
	char *page;

	(void)state;
	fake_init(&fake);
	page = page_of(&fake);
	assert_non_null(page);
	assert_null(strstr(page, "ipfix"));
	free(page);
	atomic_store(&ipfix.sent, 7);
	atomic_store(&ipfix.lost, 3);
	atomic_store(&ipfix.errors, 2);
	fake.config.ipfix = &ipfix;
	page = page_of(&fake);
	assert_non_null(page);
	assert_true(has_line(page, "sluice_ipfix_records_total{result=\"sent\"} 7"));
	assert_true(has_line(page, "sluice_ipfix_records_total{result=\"lost\"} 3"));
	assert_true(has_line(page, "sluice_ipfix_errors_total 2"));
	free(page);
}

static void
the_last_reload_is_shown(void **state)
{
	struct control_reload reload = {
		.last = {.status = -EINVAL,
			 .at = 1700000000,
			 .succeeded = 2,
			 .failed = 1},
	};
	char *page;

	(void)state;
	fake_init(&fake);
	pthread_mutex_init(&reload.lock, NULL);
	fake.config.reload = &reload;
	page = page_of(&fake);
	assert_true(has_line(page, "sluice_reloads_total{result=\"success\"} 2"));
	assert_true(has_line(page, "sluice_reloads_total{result=\"failure\"} 1"));
	assert_true(has_line(page, "sluice_last_reload_successful 0"));
	assert_true(has_line(page, "sluice_last_reload_timestamp_seconds 1700000000"));
	free(page);
	reload.last = (struct control_reload_last){0};
	page = page_of(&fake);
	assert_true(has_line(page, "sluice_last_reload_successful 1"));
	assert_true(has_line(page, "sluice_last_reload_timestamp_seconds 0"));
	free(page);
}

static void
there_is_no_page_when_a_worker_does_not_answer(void **state)
{
	(void)state;
	fake_init(&fake);
	fake.workers[1].silent = true;
	assert_null(page_of(&fake));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_of_workers_are_summed),
		cmocka_unit_test(audited_packets_are_a_metric_of_audit_mode),
		cmocka_unit_test(each_metric_is_described_before_its_values),
		cmocka_unit_test(a_port_whose_device_is_gone_has_a_link_but_no_counters),
		cmocka_unit_test(the_form_is_the_one_that_the_client_accepts),
		cmocka_unit_test(both_forms_have_the_same_samples),
		cmocka_unit_test(tables_busy_time_and_evictions_are_shown),
		cmocka_unit_test(half_open_connections_are_estimated_from_a_sample),
		cmocka_unit_test(rules_with_a_counter_and_policies_have_metrics),
		cmocka_unit_test(chains_of_one_name_have_samples_of_their_own),
		cmocka_unit_test(records_of_ipfix_are_counted_if_there_is_a_collector),
		cmocka_unit_test(the_last_reload_is_shown),
		cmocka_unit_test(there_is_no_page_when_a_worker_does_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
