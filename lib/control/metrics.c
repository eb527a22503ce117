/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <base/escape.h>

#include "stats.h"

/* places in a table at which connections are sampled */
#define PARTS 16u

static bool
is_half_open(const struct conn_view *view)
{
	unsigned i;

	for (i = 0; view->has_states && i < 2; i++)
		if (view->state[i] == TCP_STATE_LISTEN ||
		    view->state[i] == TCP_STATE_SYN_SENT ||
		    view->state[i] == TCP_STATE_SYN_RECEIVED)
			return true;
	return false;
}

uint64_t
metrics_half_open(const struct control_backend *backend, unsigned worker, uint8_t family,
		  uint32_t count)
{
	/*
	 * A sample at a place goes on behind it. In a small table the samples would
	 * overlap, and show the connections at its end several times.
	 */
	unsigned each = RTE_MIN(RTE_MAX(count / PARTS, 1u), METRICS_SAMPLES / PARTS);
	struct conn_view views[CONTROL_PIECE];
	uint64_t seen = 0, half_open = 0;
	unsigned part, i;
	int n;

	for (part = 0; count != 0 && part < PARTS; part++) {
		n = backend->ops->sample(backend->context, worker, family, part, PARTS,
					 views);
		if (n < 0) /* the worker does not answer: do not wait again */
			break;
		for (i = 0; i < RTE_MIN((unsigned)n, each); i++, seen++)
			half_open += is_half_open(&views[i]);
	}
	return seen == 0 ? 0 : (half_open * count + seen / 2) / seen;
}

static void
read_half_open(const struct control_config *config, struct metrics *m)
{
	const struct control_backend *b = config->backend;
	unsigned i;

	for (i = 0; i < b->workers; i++) {
		m->half_open[0] += metrics_half_open(b, i, 4, m->load[i].table[0].count);
		m->half_open[1] += metrics_half_open(b, i, 6, m->load[i].table[1].count);
	}
}

static void
read_ports(const struct control_config *config, struct metrics *m)
{
	unsigned i;

	for (i = 0; i < config->all_port_count; i++)
		m->port_known[i] = port_stats(config, i, &m->port[i]) == 0;
}

/* Set the texts of a rule, or of a chain's policy. */
static void
describe(struct metrics_rule *rule, unsigned number,
	 const struct policy_chain_info *chain, const char *text)
{
	size_t prefix = strlen(chain->name);

	rule->rule = number;
	snprintf(rule->family, sizeof(rule->family), "%s", chain->family);
	escape_text(rule->table, sizeof(rule->table), chain->table, strlen(chain->table));
	escape_text(rule->chain, sizeof(rule->chain), chain->name, prefix);
	/* the text of a rule begins with its chain: "forward: tcp dport 22 accept" */
	if (strncmp(text, chain->name, prefix) == 0 && text[prefix] == ':')
		text += prefix + 1 + (text[prefix + 1] == ' ');
	escape_text(rule->text, sizeof(rule->text), text, strlen(text));
}

static void
add_rules(const struct policy *policy, const struct policy_counter *sums,
	  struct metrics *m)
{
	struct policy_chain_info chain;
	struct policy_rule_info info;
	unsigned i;

	for (i = 1; i <= m->rules && m->rule_count < METRICS_RULES; i++) {
		policy_rule(policy, i, &info);
		if (info.counter < 0)
			continue;
		policy_chain(policy, info.chain, &chain);
		m->rule[m->rule_count].count = sums[info.counter];
		describe(&m->rule[m->rule_count++], i, &chain, info.text);
	}
	for (i = 0; i < policy_base_chains(policy); i++) {
		policy_base_chain(policy, i, &chain);
		m->rule[m->rule_count].count = sums[chain.hits];
		describe(&m->rule[m->rule_count++], 0, &chain, "");
	}
}

/* Read the counters of the rules. The caller holds the lock of the rules. */
static int
read_rules(const struct control_config *config, struct metrics *m)
{
	const struct policy *policy = config->rules->policy;
	struct policy_counter *sums;
	int status = -ENOMEM;

	m->rules = policy_rules(policy);
	m->rule = calloc(METRICS_RULES + policy_base_chains(policy), sizeof(*m->rule));
	sums = calloc(policy_counter_slots(policy), sizeof(*sums));
	if (sums != NULL && m->rule != NULL)
		status = control_rules_sum(config->rules, config->backend, sums);
	if (status == 0)
		add_rules(policy, sums, m);
	free(sums);
	return status;
}

int
metrics_read(const struct control_config *config, struct metrics *m)
{
	int status;

	memset(m, 0, sizeof(*m));
	m->workers = config->backend->workers;
	status = control_stats(config, &m->stats, m->load);
	if (status != 0)
		return status;
	read_ports(config, m);
	read_half_open(config, m);
	if (config->reload != NULL)
		control_reload_last(config->reload, &m->reload);
	if (config->rules == NULL)
		return 0;
	pthread_mutex_lock(&config->rules->lock);
	status = read_rules(config, m);
	pthread_mutex_unlock(&config->rules->lock);
	if (status != 0)
		metrics_free(m);
	return status;
}

void
metrics_free(struct metrics *m)
{
	free(m->rule);
	m->rule = NULL;
}
