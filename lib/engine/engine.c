/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory, configuration, counters. An engine allocates nothing; all its data is in one
 * block:
 *
 *	struct engine with its transmit buffers | link layers | fragments |
 *	for each family: table, arrays of its connections (ext.c)
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ether.h>

#include <engine/adopt.h>

#include "adopt.h"
#include "budget.h"
#include "connection.h"
#include "engine_state.h"
#include "mirror.h"
#include "recorder.h"
#include "shared.h"
#include "timeouts.h"

static size_t
head_bytes(const struct engine_config *config)
{
	return part_bytes(sizeof(struct engine) +
			  (2 * (size_t)config->wires + config->mirrors) *
				  sizeof(struct engine_tx));
}

static struct flow_config
family_config(const struct engine_config *config, unsigned family, uint32_t now)
{
	return (struct flow_config){
		.family = family == 0 ? 4 : 6,
		.connections = family == 0 ? config->max : config->max6,
		.now = now,
		.secret = config->secret,
		.shared = config->shared != NULL,
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

/* The number of pairs of link layers: one for each connection, at most FLOW_L2_MAX. */
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
		       fragments_bytes(config) + timeouts_bytes(config);
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
			 family->table.exts + family->rules + family->states +
			 family->acct + family->marks + family->seclabels +
			 family->timeouts;
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
	    config->mirrors > ENGINE_MAX_MIRRORS || config->max > FLOW_MAX_CONNECTIONS ||
	    config->max6 > FLOW_MAX_CONNECTIONS || policy == NULL ||
	    config->mempool == NULL)
		return -EINVAL;
	e->config = *config;
	for (i = 0; i < 2u * config->wires; i++)
		e->mtu[i] = RTE_ETHER_MTU;
	for (i = 0; i < config->wires; i++)
		e->network[i] = engine_network(config, (uint16_t)i);
	e->now_ns = now_ns;
	e->now = ticks_from_ns(now_ns);
	next += head_bytes(config);
	e->l2 = flow_l2_init(next, l2_pairs(config), e->config.secret);
	e->link_cursor = ENGINE_CURSOR_END;
	budget_init(&e->budget, e->config.secret);
	memcpy(&e->random, e->config.secret + sizeof(e->random), sizeof(e->random));
	next += part_bytes(flow_l2_bytes(l2_pairs(config)));
	fragments_init(e, next);
	next += fragments_bytes(config);
	e->timeouts = config->timeouts ? (struct engine_timeouts *)(void *)next : NULL;
	next += timeouts_bytes(config);
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
	shared_init(e, engine_bytes(&e->config));
	engine_set_policy(e, policy, state);
	*engine = e;
	return 0;
}

int64_t
engine_adopt(void *memory, const struct engine_config *config,
	     const struct policy *policy, struct policy_state *state, uint64_t now_ns,
	     struct engine **engine)
{
	struct engine_config apart = *config;
	struct flow_shared shared = {0};
	struct engine *e;
	uint32_t connections;
	int status;

	if (config->shared == NULL)
		return -EINVAL;
	/*
	 * Clear all memory but the connections. Meanwhile the XDP programs, which read
	 * config->shared, go on passing packets by the old rules.
	 */
	memset(memory, 0,
	       head_bytes(config) + part_bytes(flow_l2_bytes(l2_pairs(config))) +
		       fragments_bytes(config) + timeouts_bytes(config));
	apart.shared = &shared;
	status = engine_init(memory, &apart, policy, state, now_ns, engine);
	if (status != 0)
		return status;
	e = *engine;
	e->config.shared = config->shared;
	shared_rules_begin(e);
	connections = connections_adopt(e);
	shared_init(e, engine_bytes(&e->config));
	shared_rules(e);
	return connections;
}

void
engine_config_rules(struct engine_config *config, const struct policy *policy)
{
	config->acct |= (policy_needs(policy) & POLICY_NEEDS_ACCT) != 0;
	config->marks |= (policy_needs(policy) & POLICY_NEEDS_CT_MARK) != 0;
	config->timeouts |= (policy_needs(policy) & POLICY_NEEDS_TIMEOUT) != 0;
}

unsigned
engine_provides(const struct engine_config *config)
{
	return (config->acct ? POLICY_NEEDS_ACCT : 0) |
	       (config->marks ? POLICY_NEEDS_CT_MARK : 0) |
	       (config->timeouts ? POLICY_NEEDS_TIMEOUT : 0);
}

void
engine_set_mtu(struct engine *e, uint16_t port, uint16_t mtu)
{
	e->mtu[port] = mtu;
}

void
engine_set_policy(struct engine *e, const struct policy *policy,
		  struct policy_state *state)
{
	struct policy_verdict verdict;

	shared_rules_begin(e);
	e->policy = policy;
	e->policy_state = state;
	e->policy_id = policy_id(policy);
	if (state != NULL)
		policy_state_start(state, e->now_ns);
	e->raw = policy_has_raw(policy);
	e->raw_marks = (struct raw_marks){0, 0};
	e->established_accept =
		!e->raw && policy_constant(policy, POLICY_CT_ESTABLISHED, &verdict) &&
		verdict.kind == POLICY_ACCEPT;
	e->counts_connections = policy_counts_connections(policy);
	e->notes_removals = e->counts_connections || e->timeouts != NULL;
	timeouts_set_policy(e);
	e->needs = policy_needs(policy) & ~POLICY_NEEDS_TIMEOUT; /* no input */
	e->batch_classify = policy_wants_batch(policy, POLICY_CT_NEW);
	/*
	 * during GENERATION_FLUSHING no connection stores a generation, so keep the
	 * number
	 */
	if (e->generation != GENERATION_FLUSHING &&
	    ++e->generation == GENERATION_FLUSHING)
		e->forget_cursor = 0;
	shared_rules(e);
}

void
engine_set_events(struct engine *e, struct rte_ring *ring, uint64_t *lost)
{
	e->events = ring;
	e->events_lost = lost;
	connection_watch(e);
}

void
engine_set_loose(struct engine *e, bool loose)
{
	if (e->config.track.tcp_loose == loose)
		return;
	e->config.track.tcp_loose = loose;
	timeouts_set_config(e);
}

void
engine_stats(const struct engine *e, struct engine_stats *stats)
{
	*stats = e->stats;
	stats->audit = e->config.audit;
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
	for (i = 0; i < n && e->recorder != NULL; i++)
		recorder_drop_frame(e, pkts[i], RECORD_NO_PORT, reason);
	rte_pktmbuf_free_bulk(pkts, n);
}

struct engine_tx *
engine_tx(struct engine *e, uint16_t port)
{
	return &e->tx[port];
}

/* Count frames that a port did not send as dropped. Generated frames are not recorded. */
static void
record_not_taken(struct engine *e, const struct engine_tx *tx, uint16_t taken)
{
	const uint16_t in = (uint16_t)(tx - e->tx) ^ 1u;
	uint16_t i;

	for (i = taken; i < tx->count; i++)
		if (tx->pkts[i]->port != RTE_MBUF_PORT_INVALID)
			recorder_drop_frame(e, tx->pkts[i], in, REASON_TX_FULL);
}

void
engine_tx_done(struct engine *e, struct engine_tx *tx, uint16_t taken, uint16_t lost)
{
	uint16_t i, received = lost;

	if (unlikely(tx - e->tx >= 2 * e->config.wires)) {
		mirror_done(e, tx, taken, lost);
		return;
	}
	if (taken < tx->count || lost > 0) {
		/* generated packets were not received, so they did not count as passed */
		for (i = taken; i < tx->count; i++)
			received += tx->pkts[i]->port != RTE_MBUF_PORT_INVALID;
		e->stats.passed -= RTE_MIN(received, e->stats.passed);
		e->stats.drops[REASON_TX_FULL] += tx->count - taken + lost;
		if (e->recorder != NULL)
			record_not_taken(e, tx, taken);
		rte_pktmbuf_free_bulk(&tx->pkts[taken], tx->count - taken);
	}
	tx->count = 0;
}
