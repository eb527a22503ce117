/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory, configuration, counters. An engine allocates nothing: all lies in one block:
 *
 *	struct engine with its transmit buffers | link layers | fragments |
 *	for each family: table, arrays of its connections (ext.c)
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "engine_internal.h"

static size_t
head_bytes(const struct engine_config *config)
{
	return part_bytes(sizeof(struct engine) +
			  2 * (size_t)config->wires * sizeof(struct engine_tx));
}

static struct flow_config
family_config(const struct engine_config *config, unsigned family, uint32_t now)
{
	return (struct flow_config){
		.family = family == 0 ? 4 : 6,
		.connections = family == 0 ? config->max : config->max6,
		.now = now,
		.secret = config->secret,
	};
}

static size_t
fragments_bytes(const struct engine_config *config)
{
	struct fragment_config fc = {.buffers = config->fragments};

	return config->fragments != 0 ? part_bytes(fragment_bytes(&fc)) : 0;
}

static void
fragments_init(struct engine *e, void *memory)
{
	struct fragment_config fc = {
		.buffers = e->config.fragments,
		.ticks = e->config.track.ipfrag_time,
		.secret = e->config.secret,
	};

	if (fc.buffers != 0)
		e->fragments = fragment_init(memory, &fc);
}

/* The number of pairs of link layers: one a connection, at most FLOW_L2_MAX. */
static uint32_t
l2_pairs(const struct engine_config *config)
{
	return (uint32_t)RTE_MIN((uint64_t)config->max + config->max6,
				 (uint64_t)FLOW_L2_MAX);
}

size_t
engine_bytes(const struct engine_config *config)
{
	size_t bytes = head_bytes(config) + part_bytes(flow_l2_bytes(l2_pairs(config))) +
		       fragments_bytes(config);
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct flow_config fc = family_config(config, i, 0);

		if (fc.connections != 0)
			bytes += part_bytes(flow_table_bytes(&fc)) +
				 arrays_bytes(config, fc.connections);
	}
	return bytes;
}

void
engine_sizes(const struct engine_config *config, struct engine_sizes *sizes)
{
	struct engine_family_sizes *family;
	size_t known;
	unsigned i;

	memset(sizes, 0, sizeof(*sizes));
	sizes->timers = 2 * sizeof(struct wheel);
	sizes->fragments = fragments_bytes(config);
	sizes->links = part_bytes(flow_l2_bytes(l2_pairs(config)));
	known = sizes->timers + sizes->fragments + sizes->links;
	for (i = 0; i < 2; i++) {
		struct flow_config fc = family_config(config, i, 0);

		if (fc.connections == 0)
			continue;
		family = &sizes->family[i];
		flow_table_sizes(&fc, &family->table);
		arrays_sizes(config, fc.connections, family);
		known += family->table.index + family->table.connections +
			 family->table.exts + family->rules + family->acct +
			 family->seclabels;
	}
	sizes->other = engine_bytes(config) - known;
}

uint32_t
engine_parse_flags(const struct engine_config *config)
{
	return config->pppoe ? PACKET_PPPOE : 0;
}

uint32_t
engine_network(const struct engine_config *config, uint16_t wire)
{
	uint16_t first = wire, w;

	for (w = 0; w < wire && config->group[wire] != 0; w++)
		if (config->group[w] == config->group[wire]) {
			first = w;
			break;
		}
	return config->vlans_joined ? flow_network_joined(first)
				    : flow_network(first, 0, 0);
}

static int
family_init(struct engine_family *f, const struct engine_config *config,
	    const struct flow_config *fc, char **memory)
{
	int status = flow_table_init(&f->table, *memory, fc);

	if (status != 0)
		return status;
	f->exists = true;
	pressure_init(f);
	*memory += part_bytes(flow_table_bytes(fc));
	arrays_init(f, *memory, config, fc->connections);
	*memory += arrays_bytes(config, fc->connections);
	return 0;
}

int
engine_init(void *memory, const struct engine_config *config, const struct policy *policy,
	    struct policy_state *state, uint64_t now_ns, struct engine **engine)
{
	struct engine *e = memory;
	char *next = memory;
	unsigned i;
	int status;

	if (config->wires == 0 || config->wires > ENGINE_MAX_WIRES ||
	    config->max > FLOW_MAX_CONNECTIONS || config->max6 > FLOW_MAX_CONNECTIONS ||
	    policy == NULL || config->mempool == NULL)
		return -EINVAL;
	e->config = *config;
	for (i = 0; i < config->wires; i++)
		e->network[i] = engine_network(config, (uint16_t)i);
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
	next += head_bytes(config);
	e->l2 = flow_l2_init(next, l2_pairs(config), e->config.secret);
	e->link_cursor = ENGINE_CURSOR_END;
	budget_init(&e->budget, e->config.secret);
	next += part_bytes(flow_l2_bytes(l2_pairs(config)));
	fragments_init(e, next);
	next += fragments_bytes(config);
	for (i = 0; i < 2; i++) {
		struct flow_config fc = family_config(config, i, e->now);

		if (fc.connections == 0) {
			flow_table_none(&e->family[i].table, fc.family);
			continue;
		}
		status = family_init(&e->family[i], config, &fc, &next);
		if (status != 0)
			return status;
	}
	flow_table_none(&e->family[FAMILY_NONE].table, 4);
	engine_set_policy(e, policy, state);
	*engine = e;
	return 0;
}

void
engine_advance(struct engine *e, uint64_t now_ns)
{
	if (now_ns <= e->now_ns)
		return;
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
}

void
engine_set_policy(struct engine *e, const struct policy *policy,
		  struct policy_state *state)
{
	struct policy_verdict verdict;

	e->policy = policy;
	e->policy_state = state;
	e->established_accept = policy_constant(policy, POLICY_CT_ESTABLISHED,
						&verdict) &&
				verdict.kind == POLICY_ACCEPT;
	e->batch_classify = policy_wants_batch(policy, POLICY_CT_NEW);
	/* during GENERATION_FLUSHING no connection stores a generation: it stays */
	if (e->generation != GENERATION_FLUSHING &&
	    ++e->generation == GENERATION_FLUSHING)
		e->forget_cursor = 0;
}

void
engine_set_events(struct engine *e, struct rte_ring *ring, uint64_t *lost)
{
	e->events = ring;
	e->events_lost = lost;
}

void
engine_stats(const struct engine *e, struct engine_stats *stats)
{
	*stats = e->stats;
	stats->fragments = e->fragments != NULL ? fragment_count(e->fragments) : 0;
	stats->connections = e->family[0].exists ? e->family[0].table.count : 0;
	stats->connections6 = e->family[1].exists ? e->family[1].table.count : 0;
	stats->max = e->family[0].exists ? e->family[0].table.capacity : 0;
	stats->max6 = e->family[1].exists ? e->family[1].table.capacity : 0;
}

void
engine_refuse(struct engine *e, struct rte_mbuf **pkts, uint16_t n, enum reason reason)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		e->stats.bytes += rte_pktmbuf_pkt_len(pkts[i]);
	e->stats.packets += n;
	e->stats.drops[reason] += n;
	rte_pktmbuf_free_bulk(pkts, n);
}

struct engine_tx *
engine_tx(struct engine *e, uint16_t port)
{
	return &e->tx[port];
}

void
engine_tx_done(struct engine *e, struct engine_tx *tx, uint16_t taken, uint16_t lost)
{
	uint16_t i, received = lost;

	if (taken < tx->count || lost > 0) {
		/* generated packets were not received: they do not count as passed */
		for (i = taken; i < tx->count; i++)
			received += tx->pkts[i]->port != RTE_MBUF_PORT_INVALID;
		e->stats.passed -= RTE_MIN(received, e->stats.passed);
		e->stats.drops[REASON_TX_FULL] += tx->count - taken + lost;
		rte_pktmbuf_free_bulk(&tx->pkts[taken], tx->count - taken);
	}
	tx->count = 0;
}
