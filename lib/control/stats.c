/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "counters.h"

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static int
worker_stats(struct control_worker *w, struct engine_stats *sum,
	     struct control_load *load)
{
	struct control_job *job = control_open(w);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_STATS;
	status = control_call(w);
	if (status == 0) {
		control_stats_add(sum, &job->stats.engine);
		*load = (struct control_load){
			.packets = job->stats.engine.packets,
			.handed_over = job->stats.handed_over,
			.connections = job->stats.engine.connections +
				       job->stats.engine.connections6,
		};
	}
	control_close(w);
	return status;
}

int
control_stats(const struct control_config *config, struct engine_stats *sum,
	      struct control_load *loads)
{
	struct control_load unused;
	unsigned i;
	int status = 0;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < config->worker_count && status == 0; i++)
		status = worker_stats(&config->workers[i], sum,
				      loads != NULL ? &loads[i] : &unused);
	return status;
}

static uint64_t
drops_sum(const struct engine_stats *stats)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < REASON_COUNT; i++)
		sum += stats->drops[i];
	return sum;
}

int
control_port_stats(const struct control_config *config, unsigned number,
		   struct rte_eth_stats *stats, struct control_port *port)
{
	int status;

	memset(stats, 0, sizeof(*stats));
	*port = (struct control_port){.up = true};
	status = rte_eth_stats_get(config->port_ids[number], stats);
	if (config->port != NULL)
		config->port(config->port_context, number, stats, port);
	return status;
}

static json_t *
port_json(const struct control_config *config, unsigned i)
{
	struct control_port port;
	struct rte_eth_stats s;

	/* of a port that is gone the counters are 0, and that it is gone is said */
	control_port_stats(config, i, &s, &port);
	return json_pack("{so so so so so so ss si so}", "rx_packets", number(s.ipackets),
			 "rx_bytes", number(s.ibytes), "rx_missed",
			 number(s.imissed + s.rx_nombuf), "tx_packets",
			 number(s.opackets), "tx_bytes", number(s.obytes), "errors",
			 number(s.ierrors + s.oerrors), "link", port.up ? "up" : "down",
			 "mtu", (int)port.mtu, "link_changes", number(port.link_changes));
}

static json_t *
ports_json(const struct control_config *config)
{
	json_t *ports = json_object();
	unsigned i;

	for (i = 0; i < config->port_count; i++)
		json_object_set_new(ports, config->port_names[i], port_json(config, i));
	return ports;
}

static json_t *
loads_json(const struct control_load *loads, unsigned n)
{
	json_t *array = json_array();
	unsigned i;

	for (i = 0; i < n; i++)
		json_array_append_new(array,
				      json_pack("{so so so}", "packets",
						number(loads[i].packets), "handed_over",
						number(loads[i].handed_over),
						"connections",
						number(loads[i].connections)));
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

/* The counters in the order of their list; what became of packets follows `bypassed`. */
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
		set(json, "dropped", number(drops_sum(s)));
		set(json, "generated", generated_json(s));
		set(json, "made", generated_json(s)); /* the old name, for one release */
	}
}

json_t *
stats_json(const struct control_config *config)
{
	struct control_load loads[CONTROL_MAX_WORKERS];
	struct engine_stats s;
	json_t *json;

	if (control_stats(config, &s, loads) != 0)
		return NULL;
	json = json_object();
	set(json, "workers", number(config->worker_count));
	set_counters(json, &s);
	set(json, "connections", number(s.connections));
	set(json, "connections_max", number(config->max));
	set(json, "connections_ipv6", number(s.connections6));
	set(json, "connections_ipv6_max", number(config->max6));
	set(json, "load", loads_json(loads, config->worker_count));
	set(json, "ports", ports_json(config));
	return json;
}

json_t *
drops_json(const struct control_config *config)
{
	struct engine_stats s;
	json_t *drops;
	unsigned i;

	if (control_stats(config, &s, NULL) != 0)
		return NULL;
	drops = json_array();
	for (i = REASON_NONE + 1; i < REASON_COUNT; i++)
		json_array_append_new(drops,
				      json_pack("{ss so ss}", "reason", reason_name(i),
						"packets", number(s.drops[i]), "text",
						reason_text(i)));
	return drops;
}

static json_t *
rules_array(const struct policy *policy, const struct policy_counter *sums)
{
	json_t *rules = json_array(), *rule;
	struct policy_rule_info info;
	unsigned i;

	for (i = 1; i <= policy_rules(policy); i++) {
		policy_rule(policy, i, &info);
		rule = json_pack("{si sI ss}", "rule", (int)i, "handle",
				 (json_int_t)info.handle, "text", info.text);
		if (rule != NULL && info.counter >= 0) {
			json_object_set_new(rule, "packets",
					    number(sums[info.counter].packets));
			json_object_set_new(rule, "bytes",
					    number(sums[info.counter].bytes));
		}
		json_array_append_new(rules, rule);
	}
	return rules;
}

json_t *
rules_json(const struct control_config *config)
{
	struct control_rules *rules = config->rules;
	struct policy_counter *sums;
	json_t *json = NULL;

	pthread_mutex_lock(&rules->lock);
	sums = calloc(policy_counters(rules->policy) + 1, sizeof(*sums));
	if (sums != NULL && control_rules_sum(rules, config->workers, sums) == 0)
		json = rules_array(rules->policy, sums);
	pthread_mutex_unlock(&rules->lock);
	free(sums);
	return json;
}
