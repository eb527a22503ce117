/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <base/escape.h>

#include "counters.h"
#include "fill.h"

#define RELOAD_TEXT_BYTES 512u /* text about the last reload, cut */

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

void
control_stats_add(struct engine_stats *sum, const struct engine_stats *stats)
{
	unsigned i;

#define ADD(member, ...) sum->member += stats->member;
	ENGINE_COUNTERS(ADD)
#undef ADD
	for (i = 0; i < REASON_COUNT; i++)
		sum->drops[i] += stats->drops[i];
	for (i = 0; i < REASON_COUNT; i++)
		sum->audited[i] += stats->audited[i];
	sum->audit |= stats->audit;
	for (i = 0; i <= ACTION_ICMP; i++)
		sum->generated[i] += stats->generated[i];
	for (i = 0; i < TRACK_EVICT_NEVER; i++)
		sum->evictions[i] += stats->evictions[i];
	sum->connections += stats->connections;
	sum->connections6 += stats->connections6;
	sum->max += stats->max;
	sum->max6 += stats->max6;
}

static void
load_set(struct control_load *load, const struct control_worker_stats *stats)
{
	load->packets = stats->engine.packets;
	load->handed_over = stats->handed_over;
	load->connections = stats->engine.connections + stats->engine.connections6;
	load->table[0] = (struct control_table){stats->engine.connections,
						stats->engine.max};
	load->table[1] = (struct control_table){stats->engine.connections6,
						stats->engine.max6};
	load->turns = stats->turns;
	memcpy(load->records, stats->records, sizeof(load->records));
}

int
control_stats(const struct control_config *config, struct engine_stats *sum,
	      struct control_load *loads)
{
	const struct control_backend *b = config->backend;
	struct control_worker_stats one;
	unsigned i;
	int status;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < b->workers; i++) {
		status = b->ops->stats(b->context, i, &one);
		if (status != 0)
			return status;
		control_stats_add(sum, &one.engine);
		if (loads != NULL)
			load_set(&loads[i], &one);
	}
	return 0;
}

/* Sum over all drop reasons. */
static uint64_t
reasons_sum(const uint64_t *packets)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < REASON_COUNT; i++)
		sum += packets[i];
	return sum;
}

int
port_stats(const struct control_config *config, unsigned number,
	   struct control_port *port)
{
	*port = (struct control_port){0};
	return config->port(config->port_context, number, port);
}

static json_t *
port_json(const struct control_config *config, unsigned i)
{
	struct control_port port;

	/* a device that has disappeared is shown with counters of 0 and without a link */
	port_stats(config, i, &port);
	return json_pack("{so so so so so so ss si so}", "rx_packets",
			 number(port.rx_packets), "rx_bytes", number(port.rx_bytes),
			 "rx_missed", number(port.rx_missed + port.rx_nombuf),
			 "tx_packets", number(port.tx_packets), "tx_bytes",
			 number(port.tx_bytes), "errors",
			 number(port.rx_errors + port.tx_errors), "link",
			 port.up ? "up" : "down", "mtu", (int)port.mtu, "link_changes",
			 number(port.link_changes));
}

static json_t *
ports_json(const struct control_config *config)
{
	json_t *ports = json_object();
	unsigned i;

	for (i = 0; i < config->all_port_count; i++)
		json_object_set_new(ports, config->port_names[i], port_json(config, i));
	return ports;
}

/* Return the higher of the warning levels of a worker's tables, percent. */
static unsigned
warning(const struct control_load *load)
{
	unsigned ipv4 = fill_level(load->table[0].count, load->table[0].max);
	unsigned ipv6 = fill_level(load->table[1].count, load->table[1].max);

	return ipv4 > ipv6 ? ipv4 : ipv6;
}

static json_t *
loads_json(const struct control_load *loads, unsigned n)
{
	json_t *array = json_array();
	unsigned i;

	for (i = 0; i < n; i++)
		json_array_append_new(array,
				      json_pack("{so so so si}", "packets",
						number(loads[i].packets), "handed_over",
						number(loads[i].handed_over),
						"connections",
						number(loads[i].connections), "warning",
						(int)warning(&loads[i])));
	return array;
}

static json_t *
generated_json(const struct engine_stats *s)
{
	json_t *generated = json_object();
	unsigned i;

	for (i = ACTION_NONE + 1; i <= ACTION_ICMP; i++)
		json_object_set_new(generated, action_name(i), number(s->generated[i]));
	return generated;
}

static void
set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

/* Add the counters in the order of their list; drops and answers follow `bypassed`. */
static void
set_counters(json_t *json, const struct engine_stats *s)
{
	uint64_t values[ENGINE_COUNTER_COUNT];
	unsigned i;

	counter_values(s, values);
	for (i = 0; i < ENGINE_COUNTER_COUNT; i++) {
		set(json, counters[i].name, number(values[i]));
		if (i != ENGINE_COUNTER_bypassed)
			continue;
		set(json, "dropped", number(reasons_sum(s->drops)));
		if (s->audit)
			set(json, "audited", number(reasons_sum(s->audited)));
		set(json, "generated", generated_json(s));
		/* the member's old name, for one release */
		set(json, "made", generated_json(s));
	}
}

void
records_sum(const struct control_load *loads, unsigned n, enum record_kind kind,
	    struct record_counts *sum)
{
	unsigned i;

	*sum = (struct record_counts){0};
	for (i = 0; i < n; i++) {
		sum->made += loads[i].records[kind].made;
		sum->limited += loads[i].records[kind].limited;
		sum->lost += loads[i].records[kind].lost;
	}
}

static json_t *
records_json(const struct control_load *loads, unsigned n, enum record_kind kind)
{
	struct record_counts sum;

	records_sum(loads, n, kind, &sum);
	return json_pack("{so so so}", "made", number(sum.made), "limited",
			 number(sum.limited), "lost", number(sum.lost));
}

/* How the last reload has ended, with the first line of its message; NULL: none has. */
static json_t *
reload_json(struct control_reload *reload)
{
	struct control_reload_last last = {0};
	char text[RELOAD_TEXT_BYTES];

	if (reload != NULL)
		control_reload_last(reload, &last);
	if (last.at == 0)
		return NULL;
	escape_text(text, sizeof(text), last.message, strcspn(last.message, "\n"));
	return json_pack("{sb sI ss}", "ok", last.status == 0, "time",
			 (json_int_t)last.at, "text", text);
}

json_t *
stats_json(const struct control_config *config, unsigned readers)
{
	struct control_load loads[CONTROL_MAX_WORKERS];
	struct engine_stats s;
	json_t *json, *reload;

	if (control_stats(config, &s, loads) != 0)
		return NULL;
	json = json_object();
	reload = reload_json(config->reload);
	set(json, "workers", number(config->backend->workers));
	set_counters(json, &s);
	set(json, "connections", number(s.connections));
	set(json, "connections_max", number(config->max));
	set(json, "connections_ipv6", number(s.connections6));
	set(json, "connections_ipv6_max", number(config->max6));
	set(json, "readers", number(readers));
	set(json, "records",
	    json_pack("{so so so}", "drops",
		      records_json(loads, config->backend->workers, RECORD_DROP), "logs",
		      records_json(loads, config->backend->workers, RECORD_LOG), "passed",
		      records_json(loads, config->backend->workers, RECORD_PASS)));
	if (config->ipfix != NULL)
		set(json, "ipfix",
		    json_pack("{so so so}", "sent",
			      number(atomic_load(&config->ipfix->sent)), "lost",
			      number(atomic_load(&config->ipfix->lost)), "errors",
			      number(atomic_load(&config->ipfix->errors))));
	set(json, "load", loads_json(loads, config->backend->workers));
	set(json, "ports", ports_json(config));
	if (reload != NULL)
		set(json, "reload", reload);
	return json;
}

json_t *
drops_json(const struct control_config *config)
{
	struct engine_stats s;
	json_t *drops, *drop;
	unsigned i;

	if (control_stats(config, &s, NULL) != 0)
		return NULL;
	drops = json_array();
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		drop = json_pack("{ss so ss}", "reason", reason_name(i), "packets",
				 number(s.drops[i]), "text", reason_text(i));
		if (s.audit)
			set(drop, "audited", number(s.audited[i]));
		json_array_append_new(drops, drop);
	}
	return drops;
}

/* Describe a rule, or, with number 0, the policy of a base chain. */
static json_t *
rule_json(unsigned rule, uint64_t handle, const char *text,
	  const struct policy_counter *counter)
{
	return json_pack("{si sI ss so so}", "rule", (int)rule, "handle",
			 (json_int_t)handle, "text", text, "packets",
			 number(counter->packets), "bytes", number(counter->bytes));
}

/*
 * Add to a rule or a policy its chain, and the packets that it has matched, which add up
 * to the drops by the rules.
 */
static json_t *
rule_place(json_t *json, const struct policy_chain_info *chain,
	   const struct policy_counter *matched)
{
	set(json, "family", json_string(chain->family));
	set(json, "table", json_string(chain->table));
	set(json, "chain", json_string(chain->name));
	set(json, "matched",
	    json_pack("{so so}", "packets", number(matched->packets), "bytes",
		      number(matched->bytes)));
	return json;
}

/* In audit mode: add the packets that passed although the rule refused them. */
static void
rule_audited(json_t *rule, const struct policy_counter *audited)
{
	set(rule, "audited",
	    json_pack("{so so}", "packets", number(audited->packets), "bytes",
		      number(audited->bytes)));
}

static json_t *
policy_json(const struct policy_chain_info *chain, const struct policy_counter *matched)
{
	const char *verdict = chain->drop ? "drop" : "accept";
	char text[256];
	json_t *json;

	snprintf(text, sizeof(text), "%s: policy %s", chain->name, verdict);
	json = rule_place(rule_json(0, 0, text, matched), chain, matched);
	set(json, "policy", json_string(verdict));
	set(json, "hook", json_string(chain->hook));
	set(json, "priority", json_integer(chain->priority));
	return json;
}

/* The counts of a rule: of its `counter`, or else of all packets that it has matched. */
static json_t *
rules_array(const struct policy *policy, const struct policy_counter *sums, bool audit)
{
	struct policy_chain_info chain;
	struct policy_rule_info info;
	json_t *rules = json_array(), *rule;
	unsigned i;

	for (i = 1; i <= policy_rules(policy); i++) {
		policy_rule(policy, i, &info);
		policy_chain(policy, info.chain, &chain);
		rule = rule_json(i, info.handle, info.text,
				 &sums[info.counter >= 0 ? (unsigned)info.counter
							 : info.hits]);
		if (audit)
			rule_audited(rule, &sums[info.audited]);
		json_array_append_new(rules, rule_place(rule, &chain, &sums[info.hits]));
	}
	for (i = 0; i < policy_base_chains(policy); i++) {
		policy_base_chain(policy, i, &chain);
		rule = policy_json(&chain, &sums[chain.hits]);
		if (audit && chain.drop)
			rule_audited(rule, &sums[chain.hits]);
		json_array_append_new(rules, rule);
	}
	return rules;
}

json_t *
rules_json(const struct control_config *config)
{
	struct control_rules *rules = config->rules;
	struct policy_counter *sums;
	struct engine_stats s;
	json_t *json = NULL;

	if (control_stats(config, &s, NULL) != 0)
		return NULL;
	pthread_mutex_lock(&rules->lock);
	sums = calloc(policy_counter_slots(rules->policy), sizeof(*sums));
	if (sums != NULL && control_rules_sum(rules, config->backend, sums) == 0)
		json = rules_array(rules->policy, sums, s.audit);
	pthread_mutex_unlock(&rules->lock);
	free(sums);
	return json;
}
