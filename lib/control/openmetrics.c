/* SPDX-License-Identifier: BSD-3-Clause */
#include "openmetrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <rte_version.h>

#include "counters.h"
#include "fill.h"
#include "metrics.h"
#include "stats.h"

const char *const openmetrics_types[OPENMETRICS_FORMS] = {
	[OPENMETRICS_TEXT] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[OPENMETRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
};

/* ---- negotiation ---- */

/* Return the weight of a media range "type/subtype; q=0.5"; 1 if it states none. */
static double
weight_of(const char *range, size_t length)
{
	const char *end = range + length, *at = memchr(range, ';', length);

	while (at != NULL) {
		at++;
		while (at < end && *at == ' ')
			at++;
		if (end - at >= 2 && (*at == 'q' || *at == 'Q') && at[1] == '=')
			return strtod(at + 2, NULL);
		at = memchr(at, ';', (size_t)(end - at));
	}
	return 1;
}

/* Whether a media range names this type, with or without parameters. */
static bool
names(const char *range, size_t length, const char *type)
{
	size_t n = strlen(type);

	return length >= n && strncasecmp(range, type, n) == 0 &&
	       (length == n || strchr("; \t", range[n]) != NULL);
}

unsigned
openmetrics_choose(const char *accept)
{
	double openmetrics = 0, text = 0, weight;
	const char *at = accept;
	size_t length;

	while (at != NULL && *at != '\0') {
		at += strspn(at, ", \t");
		length = strcspn(at, ",");
		weight = weight_of(at, length);
		if (names(at, length, "application/openmetrics-text")) {
			if (weight > openmetrics)
				openmetrics = weight;
		} else if (names(at, length, "text/plain") && weight > text) {
			text = weight;
		}
		at += length;
	}
	return openmetrics > 0 && openmetrics >= text ? OPENMETRICS_TEXT
						      : OPENMETRICS_PROMETHEUS;
}

/* ---- writing ---- */

struct page {
	FILE *out;
	enum openmetrics_form form;
};

/* Begin a family of counters. Its samples have the name with _total. */
static void
counters_begin(const struct page *p, const char *name, const char *help)
{
	const char *end = p->form == OPENMETRICS_PROMETHEUS ? "_total" : "";

	fprintf(p->out, "# TYPE sluice_%s%s counter\n# HELP sluice_%s%s %s\n", name, end,
		name, end, help);
}

static void
gauges_begin(const struct page *p, const char *name, const char *help)
{
	fprintf(p->out, "# TYPE sluice_%s gauge\n# HELP sluice_%s %s\n", name, name,
		help);
}

static void
counter(const struct page *p, const char *name, uint64_t value, const char *help)
{
	counters_begin(p, name, help);
	fprintf(p->out, "sluice_%s_total %" PRIu64 "\n", name, value);
}

static void
gauge(const struct page *p, const char *name, uint64_t value, const char *help)
{
	gauges_begin(p, name, help);
	fprintf(p->out, "sluice_%s %" PRIu64 "\n", name, value);
}

static void
engine_write(const struct page *p, const struct engine_stats *s)
{
	uint64_t values[ENGINE_COUNTER_COUNT];
	const struct counter *c;
	unsigned place, i;

	counter_values(s, values);
	for (place = 0; place < ENGINE_COUNTER_COUNT; place++) {
		i = counters_by_metric[place];
		c = &counters[i];
		if (c->kind == COUNTER_KIND_GAUGE)
			gauge(p, c->metric, values[i], c->help);
		else
			counter(p, c->metric, values[i], c->help);
	}
}

static void
build_write(const struct page *p, const struct control_config *config)
{
	const bool is_openmetrics = p->form == OPENMETRICS_TEXT;
	const char *name = is_openmetrics ? "sluice_build" : "sluice_build_info";

	fprintf(p->out,
		"# TYPE %s %s\n# HELP %s Version of sluice and of DPDK.\n"
		"sluice_build_info{version=\"%s\",dpdk=\"%s\"} 1\n",
		name, is_openmetrics ? "info" : "gauge", name,
		config->version != NULL ? config->version : "", rte_version());
	gauge(p, "start_time_seconds", config->start_s,
	      "Time at which sluice has started, seconds since 1970.");
}

/* Print a gauge with a value for each family. */
static void
families(const struct page *p, const char *name, const char *help, uint64_t ipv4,
	 uint64_t ipv6)
{
	gauges_begin(p, name, help);
	fprintf(p->out,
		"sluice_%s{family=\"ipv4\"} %" PRIu64 "\n"
		"sluice_%s{family=\"ipv6\"} %" PRIu64 "\n",
		name, ipv4, name, ipv6);
}

static void
connections_write(const struct page *p, const struct control_config *config,
		  const struct metrics *m)
{
	static const char *const classes[] = {
		[TRACK_EVICT_CLOSED] = "closed",
		[TRACK_EVICT_TIME_WAIT] = "time_wait",
		[TRACK_EVICT_STALE] = "stale",
		[TRACK_EVICT_UNANSWERED] = "unanswered",
		[TRACK_EVICT_LAST_ACK] = "last_ack",
		[TRACK_EVICT_HALF_CLOSED] = "half_closed",
		[TRACK_EVICT_UNCONFIRMED] = "unconfirmed",
	};
	unsigned i;

	families(p, "connections", "Connections in the tables.", m->stats.connections,
		 m->stats.connections6);
	families(p, "connections_limit", "Connection limit.", config->max, config->max6);
	families(p, "connections_half_open",
		 "TCP connections without a complete handshake, estimated from a sample.",
		 m->half_open[0], m->half_open[1]);
	counters_begin(p, "evictions",
		       "Connections evicted to make room for new ones, by class.");
	for (i = 0; i < TRACK_EVICT_NEVER; i++)
		fprintf(p->out, "sluice_evictions_total{class=\"%s\"} %" PRIu64 "\n",
			classes[i], m->stats.evictions[i]);
}

/* Values of a worker, each with its offset in struct control_load. */
static const struct worker_metric {
	const char *name;
	const char *help;
	size_t offset;
	bool is_counter;
} worker_metrics[] = {
	{"worker_packets", "Packets processed by a worker.",
	 offsetof(struct control_load, packets), true},
	{"worker_handed_over", "Packets handed over to other workers.",
	 offsetof(struct control_load, handed_over), true},
	{"worker_busy_turns", "Turns of a worker's loop that had packets.",
	 offsetof(struct control_load, turns.busy), true},
};

static void
loads_write(const struct page *p, const struct metrics *m)
{
	const struct worker_metric *metric;
	uint64_t value;
	unsigned i, j;

	for (j = 0; j < sizeof(worker_metrics) / sizeof(worker_metrics[0]); j++) {
		metric = &worker_metrics[j];
		counters_begin(p, metric->name, metric->help);
		for (i = 0; i < m->workers; i++) {
			memcpy(&value, (const char *)&m->load[i] + metric->offset,
			       sizeof(value));
			fprintf(p->out, "sluice_%s_total{worker=\"%u\"} %" PRIu64 "\n",
				metric->name, i, value);
		}
	}
	counters_begin(p, "worker_busy_seconds",
		       "Time that a worker has spent in turns with packets.");
	for (i = 0; i < m->workers; i++)
		fprintf(p->out, "sluice_worker_busy_seconds_total{worker=\"%u\"} %.6f\n",
			i, (double)m->load[i].turns.busy_ns / 1e9);
	gauges_begin(p, "worker_longest_turn_seconds",
		     "Longest turn with packets in the last 10 to 20 seconds.");
	for (i = 0; i < m->workers; i++)
		fprintf(p->out,
			"sluice_worker_longest_turn_seconds{worker=\"%u\"} %.9f\n", i,
			(double)m->load[i].turns.longest_ns / 1e9);
}

static void
tables_write(const struct page *p, const struct metrics *m)
{
	const struct control_table *table;
	unsigned i, f;

	gauges_begin(p, "worker_connections", "Connections in a worker's tables.");
	for (i = 0; i < m->workers; i++)
		fprintf(p->out, "sluice_worker_connections{worker=\"%u\"} %" PRIu32 "\n",
			i, m->load[i].connections);
	gauges_begin(p, "worker_table_warning",
		     "Level of the warning that a worker's table fills up, percent: 80, "
		     "95; 0 for none.");
	for (i = 0; i < m->workers; i++)
		for (f = 0; f < 2; f++) {
			table = &m->load[i].table[f];
			fprintf(p->out,
				"sluice_worker_table_warning{worker=\"%u\",family="
				"\"%s\"} %u\n",
				i, f == 0 ? "ipv4" : "ipv6",
				fill_level(table->count, table->max));
		}
}

static void
records_write(const struct page *p, const struct metrics *m)
{
	static const char *const kinds[] = {
		[RECORD_DROP] = "drop",
		[RECORD_LOG] = "log",
		[RECORD_PASS] = "pass",
	};
	struct record_counts sum;
	unsigned kind;

	counters_begin(p, "records", "Records of packets, made or left out.");
	for (kind = 0; kind < RECORD_KINDS; kind++) {
		records_sum(m->load, m->workers, (enum record_kind)kind, &sum);
		fprintf(p->out,
			"sluice_records_total{kind=\"%s\",result=\"made\"} %" PRIu64 "\n"
			"sluice_records_total{kind=\"%s\",result=\"limited\"} %" PRIu64
			"\n"
			"sluice_records_total{kind=\"%s\",result=\"lost\"} %" PRIu64 "\n",
			kinds[kind], sum.made, kinds[kind], sum.limited, kinds[kind],
			sum.lost);
	}
}

static void
ipfix_write(const struct page *p, const struct control_ipfix *ipfix)
{
	if (ipfix == NULL)
		return;
	counters_begin(p, "ipfix_records",
		       "IPFIX records that were sent, or lost; lost events count, too.");
	fprintf(p->out,
		"sluice_ipfix_records_total{result=\"sent\"} %" PRIu64 "\n"
		"sluice_ipfix_records_total{result=\"lost\"} %" PRIu64 "\n",
		(uint64_t)atomic_load(&ipfix->sent), (uint64_t)atomic_load(&ipfix->lost));
	counter(p, "ipfix_errors", (uint64_t)atomic_load(&ipfix->errors),
		"Failures to reach the IPFIX collector, or to send it a message.");
}

/* Print the numbers of generated packets by kind, as the metric `name`. */
static void
generated_write(const struct page *p, const struct engine_stats *s, const char *name,
		const char *help)
{
	unsigned i;

	counters_begin(p, name, help);
	for (i = ACTION_NONE + 1; i <= ACTION_ICMP; i++)
		fprintf(p->out, "sluice_%s_total{action=\"%s\"} %" PRIu64 "\n", name,
			action_name(i), s->generated[i]);
}

static void
drops_write(const struct page *p, const struct engine_stats *s)
{
	unsigned i;

	counters_begin(p, "drops", "Packets dropped, by reason.");
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		fprintf(p->out, "sluice_drops_total{reason=\"%s\"} %" PRIu64 "\n",
			reason_name(i), s->drops[i]);
	if (s->audit)
		counters_begin(p, "audited",
			       "Packets passed in place of a drop, by reason.");
	for (i = REASON_NONE + 1; s->audit && i < REASON_COUNT; i++)
		fprintf(p->out, "sluice_audited_total{reason=\"%s\"} %" PRIu64 "\n",
			reason_name(i), s->audited[i]);
	generated_write(p, s, "generated", "Packets generated by sluice, by kind.");
	/* the metric's old name, for one release: see CHANGELOG.md */
	generated_write(p, s, "made", "Old name of sluice_generated.");
}

/* Write a text as the value of a label, where a backslash and quotes are escaped. */
static void
label_write(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void
rule_write(FILE *out, const char *name, const struct metrics_rule *rule, uint64_t value)
{
	fprintf(out, "sluice_%s_total{family=\"%s\",table=\"", name, rule->family);
	label_write(out, rule->table);
	fputs("\",chain=\"", out);
	label_write(out, rule->chain);
	if (rule->rule == 0) {
		fprintf(out, "\"} %" PRIu64 "\n", value);
		return;
	}
	fprintf(out, "\",rule=\"%u\",text=\"", rule->rule);
	label_write(out, rule->text);
	fprintf(out, "\"} %" PRIu64 "\n", value);
}

/* Print a counter of the rules, or of the policies of the chains. */
static void
rules_family(const struct page *p, const struct metrics *m, const char *name,
	     const char *help, bool policies, bool bytes)
{
	const struct metrics_rule *rule;
	unsigned i;

	counters_begin(p, name, help);
	for (i = 0; i < m->rule_count; i++) {
		rule = &m->rule[i];
		if ((rule->rule == 0) == policies)
			rule_write(p->out, name, rule,
				   bytes ? rule->count.bytes : rule->count.packets);
	}
}

static void
rules_write(const struct page *p, const struct metrics *m)
{
	gauge(p, "rules", m->rules, "Rules in force.");
	rules_family(p, m, "rule_packets", "Packets counted by a rule with a counter.",
		     false, false);
	rules_family(p, m, "rule_bytes", "Bytes counted by a rule with a counter.", false,
		     true);
	rules_family(p, m, "chain_policy_packets",
		     "Packets that the policy of a base chain has decided.", true, false);
}

static void
reload_write(const struct page *p, const struct metrics *m)
{
	const struct control_reload_last *last = &m->reload;

	counters_begin(p, "reloads", "Reloads of the rules, by result.");
	fprintf(p->out,
		"sluice_reloads_total{result=\"success\"} %" PRIu64 "\n"
		"sluice_reloads_total{result=\"failure\"} %" PRIu64 "\n",
		last->succeeded, last->failed);
	gauge(p, "last_reload_successful", last->status == 0,
	      "1 if the last reload of the rules has succeeded, or none was tried, else "
	      "0.");
	gauge(p, "last_reload_timestamp_seconds", (uint64_t)last->at,
	      "Time of the last reload of the rules, seconds since 1970; 0 if none was "
	      "tried.");
}

/* The counters of a port's device, each with its offset in struct control_port. */
static const struct {
	const char *name;
	const char *help;
	size_t offset;
} port_counters[] = {
	{"rx_packets", "Packets received by the device.",
	 offsetof(struct control_port, rx_packets)},
	{"rx_bytes", "Bytes received by the device.",
	 offsetof(struct control_port, rx_bytes)},
	{"rx_missed", "Packets lost because the device had no room.",
	 offsetof(struct control_port, rx_missed)},
	{"rx_nombuf", "Packets lost because no packet buffer was free.",
	 offsetof(struct control_port, rx_nombuf)},
	{"rx_errors", "Frames that the device has received with errors.",
	 offsetof(struct control_port, rx_errors)},
	{"tx_packets", "Packets sent by the device.",
	 offsetof(struct control_port, tx_packets)},
	{"tx_bytes", "Bytes sent by the device.",
	 offsetof(struct control_port, tx_bytes)},
	{"tx_errors", "Packets that the device has failed to send.",
	 offsetof(struct control_port, tx_errors)},
};

static void
port_write(const struct page *p, const struct control_config *config,
	   const struct metrics *m, unsigned which)
{
	char name[64];
	uint64_t value;
	unsigned i;

	snprintf(name, sizeof(name), "port_%s", port_counters[which].name);
	counters_begin(p, name, port_counters[which].help);
	for (i = 0; i < config->all_port_count; i++) {
		if (!m->port_known[i])
			continue;
		memcpy(&value, (const char *)&m->port[i] + port_counters[which].offset,
		       sizeof(value));
		fprintf(p->out, "sluice_%s_total{port=\"%s\"} %" PRIu64 "\n", name,
			config->port_names[i], value);
	}
}

static void
links_write(const struct page *p, const struct control_config *config,
	    const struct metrics *m)
{
	unsigned i;

	gauges_begin(p, "port_up", "1 if the port has a link, else 0.");
	for (i = 0; i < config->all_port_count; i++)
		fprintf(p->out, "sluice_port_up{port=\"%s\"} %d\n", config->port_names[i],
			m->port[i].up);
	counters_begin(p, "port_link_changes", "Link state changes.");
	for (i = 0; i < config->all_port_count; i++)
		fprintf(p->out,
			"sluice_port_link_changes_total{port=\"%s\"} %" PRIu64 "\n",
			config->port_names[i], m->port[i].link_changes);
}

static bool
page_make(const struct control_config *config, const struct metrics *m,
	  enum openmetrics_form form, struct http_text *text)
{
	struct page p = {.form = form};
	unsigned i;

	*text = (struct http_text){0};
	p.out = open_memstream(&text->text, &text->size);
	if (p.out == NULL)
		return false;
	build_write(&p, config);
	engine_write(&p, &m->stats);
	connections_write(&p, config, m);
	loads_write(&p, m);
	tables_write(&p, m);
	drops_write(&p, &m->stats);
	records_write(&p, m);
	ipfix_write(&p, config->ipfix);
	rules_write(&p, m);
	reload_write(&p, m);
	for (i = 0; i < sizeof(port_counters) / sizeof(port_counters[0]); i++)
		port_write(&p, config, m, i);
	links_write(&p, config, m);
	if (form == OPENMETRICS_TEXT)
		fputs("# EOF\n", p.out);
	return fclose(p.out) == 0;
}

bool
openmetrics_make(const struct control_config *config,
		 struct http_text texts[OPENMETRICS_FORMS])
{
	struct metrics *m = calloc(1, sizeof(*m));
	bool made = m != NULL && metrics_read(config, m) == 0;
	unsigned form;

	memset(texts, 0, OPENMETRICS_FORMS * sizeof(*texts));
	if (made) {
		for (form = 0; form < OPENMETRICS_FORMS; form++)
			made &= page_make(config, m, form, &texts[form]);
		metrics_free(m);
	}
	free(m);
	for (form = 0; !made && form < OPENMETRICS_FORMS; form++) {
		free(texts[form].text);
		texts[form].text = NULL;
	}
	return made;
}
