/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include "assign.h"
#include "plural.h"

#define MIB 1048576.0

static void
report_wires(const struct sluice_config *config)
{
	unsigned w, i;

	printf("wires:");
	for (w = 0; w < config->wire_count; w++) {
		printf("%s [%s, %s]", w > 0 ? "," : "",
		       config->ports[config->wires[w][0]].name,
		       config->ports[config->wires[w][1]].name);
		if (config->group[w] != 0)
			printf(" of group %s", config->group_name[config->group[w]]);
	}
	for (i = 0; i < config_mirrors(config); i++)
		printf("%s %s", i > 0 ? "," : "; in no wire, for copies (dup):",
		       config_mirror(config, i)->name);
	printf("\nVLANs: %s; PPPoE: %s; offloads: %s; lost links: %s\n",
	       config->vlan_key ? "networks of their own" : "one network",
	       config->pppoe ? "tracked" : "not tracked",
	       config->offloads_fix ? "switched off" : "warned of",
	       config->link_propagation ? "passed on" : "not passed on");
}

void
report_config(const struct sluice_config *config, unsigned workers)
{
	struct engine_config engine;
	double bytes;

	printf("sluice %s, %s\n", SLUICE_VERSION, rte_version());
	printf("configuration: %s\n", config->file);
	if (config->audit)
		printf("warning: mode: audit: what would be dropped passes, and is "
		       "counted\n");
	config_engine(config, workers, &engine);
	bytes = (double)engine_bytes(&engine) * workers;
	printf("connections: %" PRIu32 " of IPv4, %" PRIu32 " of IPv6; %.1f MiB, "
	       "%.0f bytes each\n",
	       config->max, config->max_ipv6, bytes / MIB,
	       bytes / ((double)config->max + config->max_ipv6));
	printf("invalid packets: %s; checksums: %s; accounting: %s\n",
	       config->enforce_ruleset ? "as the rules say" : "dropped",
	       config->checksum ? "verified" : "not verified",
	       config->acct ? "on" : "off");
	report_wires(config);
}

static void
report_verdict(const struct policy *policy, enum policy_ct ct, const char *name)
{
	static const char *const kinds[] = {
		[POLICY_ACCEPT] = "accept",
		[POLICY_DROP] = "drop",
		[POLICY_REJECT_RESET] = "reject",
		[POLICY_REJECT_ICMP] = "reject",
	};
	struct policy_verdict verdict;

	if (policy_constant(policy, ct, &verdict))
		printf(", %s: %s", name, kinds[verdict.kind]);
	else
		printf(", %s: by the rules", name);
}

void
report_rules(const struct sluice_config *config, const struct policy *policy)
{
	if (config->rules == NULL) {
		printf("rules: none, everything is accepted\n");
		return;
	}
	printf("rules: %s: %u rules, %u counters", config->rules, policy_rules(policy),
	       policy_counters(policy));
	report_verdict(policy, POLICY_CT_ESTABLISHED, "established");
	report_verdict(policy, POLICY_CT_RELATED, "related");
	report_verdict(policy, POLICY_CT_NEW, "new");
	report_verdict(policy, POLICY_CT_INVALID, "invalid");
	printf("\n");
}

static void
queues_text(const struct sluice *s, unsigned number, char *text, size_t size)
{
	const struct port *port = &s->ports[number];
	unsigned n = wire_workers(s, number / 2);

	if (port->config->mirror)
		snprintf(text, size, "for copies, %u transmit %s", port->tx_queues,
			 plural(port->tx_queues, "queue", "queues"));
	else if (n == 1)
		snprintf(text, size, "one queue");
	else if (port->rx_queues > 1)
		snprintf(text, size, "symmetric RSS over %u queues", port->rx_queues);
	else
		snprintf(text, size, "one queue, software handoff from worker %u",
			 wire_worker(s, number / 2, (number & 1) % n));
}

/* Warn about a port whose workers run on another NUMA node. */
static void
report_far(const struct sluice *s, unsigned number)
{
	const struct port *port = &s->ports[number];
	unsigned i, worker, node;

	for (i = 0; port->socket >= 0 && i < wire_workers(s, number / 2); i++) {
		worker = wire_worker(s, number / 2, i);
		node = rte_lcore_to_socket_id(s->workers[worker].lcore);
		if (node != (unsigned)port->socket)
			printf("warning: port %s is at NUMA node %d, its worker %u "
			       "at %u: "
			       "choose lcores of the port's node (-l)\n",
			       port->config->name, port->socket, worker, node);
	}
}

static void
report_port(const struct sluice *s, unsigned number)
{
	const struct port *port = &s->ports[number];
	const uint64_t checksum = port->rx_offloads;
	char mac[RTE_ETHER_ADDR_FMT_SIZE], queues[64];

	queues_text(s, number, queues, sizeof(queues));
	rte_ether_format_addr(mac, sizeof(mac), &port->mac);
	printf("port %s: %s, driver %s, %s, MTU %u, %u/%u descriptors, %s, %s, "
	       "checksums verified by %s\n",
	       port->config->name, port->config->device, port->driver, mac, port->mtu,
	       port->rx_descriptors, port->tx_descriptors, queues,
	       port->promiscuous ? "promiscuous" : "promiscuous mode not supported",
	       checksum != 0 ? "the device" : "software");
}

static void
report_worker(const struct sluice *s, unsigned number)
{
	const struct worker *w = &s->workers[number];
	unsigned i;

	printf("worker %u: lcore %u, NUMA node %u, wires", number, w->lcore,
	       rte_lcore_to_socket_id(w->lcore));
	for (i = 0; i < w->port_count; i += 2)
		printf(" %s-%s", s->names[w->ports[i].port],
		       s->names[w->ports[i + 1].port]);
	printf("; tables: %.1f MiB in %s\n", (double)s->memory[number].bytes / MIB,
	       s->memory[number].kind);
}

static void
report_wire(const struct sluice *s, unsigned wire)
{
	const unsigned group = s->config->group[wire];

	printf("wire %u: %s <-> %s", wire, s->names[2 * wire], s->names[2 * wire + 1]);
	if (group != 0)
		printf(", group %s", s->config->group_name[group]);
	printf(", workers: %u\n", wire_workers(s, wire));
}

void
report_start(const struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->all_port_count; i++)
		report_port(s, i);
	for (i = 0; i < s->port_count; i++)
		report_far(s, i);
	for (i = 0; i < s->port_count; i += 2)
		report_wire(s, i / 2);
	for (i = 0; i < s->worker_count; i++)
		report_worker(s, i);
	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		if (s->pools[i] != NULL)
			printf("packet buffers: %u at NUMA node %u\n", s->pools[i]->size,
			       i);
	if (s->on_main)
		printf("warning: one core does everything; give the EAL a second (-l)\n");
}

static void
report_port_end(struct port *ports, unsigned number)
{
	struct control_port port;

	if (port_tell(ports, number, &port) != 0)
		return;
	printf("%-16s %14" PRIu64 " %14" PRIu64 " %14" PRIu64 " %14" PRIu64 " %10" PRIu64
	       " %10" PRIu64 "\n",
	       ports[number].config->name, port.rx_packets, port.rx_bytes,
	       port.tx_packets, port.tx_bytes, port.rx_missed + port.rx_nombuf,
	       port.rx_errors + port.tx_errors);
}

static void
report_drops_end(const struct engine_stats *sum)
{
	unsigned i;

	printf("\n%-24s %14s\n", "drops", "packets");
	for (i = 0; i < REASON_COUNT; i++)
		if (sum->drops[i] != 0)
			printf("%-24s %14" PRIu64 "  %s\n", reason_name(i), sum->drops[i],
			       reason_text(i));
}

void
report_end(struct sluice *s)
{
	struct engine_stats sum, one;
	unsigned i;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < s->worker_count; i++) {
		engine_stats(s->workers[i].engine, &one);
		control_stats_add(&sum, &one);
	}
	printf("\n%-16s %14s %14s %14s %14s %10s %10s\n", "port", "rx packets",
	       "rx bytes", "tx packets", "tx bytes", "missed", "errors");
	for (i = 0; i < s->all_port_count; i++)
		report_port_end(s->ports, i);
	printf("\n%" PRIu64 " packets in, %" PRIu64 " passed (%" PRIu64 " bypassed); "
	       "%" PRIu64 " connections made, %" PRIu64 " removed, %" PRIu32 " left\n",
	       sum.packets, sum.passed, sum.bypassed, sum.created, sum.removed,
	       sum.connections + sum.connections6);
	report_drops_end(&sum);
	fflush(stdout);
}
