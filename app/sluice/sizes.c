/* SPDX-License-Identifier: BSD-3-Clause */
#include "sizes.h"

#include <stdio.h>

#include <rte_common.h>

#include <control/worker.h>

#include "memory.h"
#include "plural.h"
#include "ports.h"

#define MIB 1048576.0
#define WORKER_MBUFS 512u /* for bursts in progress and generated packets */

unsigned
sizes_worker_mbufs(const struct engine_config *engine, bool shared)
{
	return 4u * ENGINE_TX_OWN + WORKER_MBUFS + 2 * SIZES_POOL_CACHE +
	       engine->fragments * (shared ? 2 : 1);
}

/*
 * Print a line. connections: number to compute the bytes per connection from; 0: omit
 * them.
 */
static void
row(const char *what, const char *part, size_t bytes, double connections)
{
	printf("  %-5s %-26s %10.1f MiB", what, part, (double)bytes / MIB);
	if (connections > 0)
		printf(" %8.1f bytes each", (double)bytes / connections);
	printf("\n");
}

static void
report_family(const char *name, const struct engine_family_sizes *sizes, unsigned workers,
	      double connections)
{
	const struct flow_sizes *table = &sizes->table;
	size_t all = table->connections + table->index + table->exts + sizes->rules +
		     sizes->states + sizes->acct + sizes->marks + sizes->seclabels +
		     sizes->timeouts;

	row(name, "connections and timers", table->connections * workers, connections);
	row(name, "index", table->index * workers, connections);
	row(name, "extension table", table->exts * workers, connections);
	row(name, "verdicts of the rules", sizes->rules * workers, connections);
	row(name, "counted states", sizes->states * workers, connections);
	if (sizes->acct != 0)
		row(name, "accounting", sizes->acct * workers, connections);
	if (sizes->marks != 0)
		row(name, "marks", sizes->marks * workers, connections);
	if (sizes->seclabels != 0)
		row(name, "security labels", sizes->seclabels * workers, connections);
	if (sizes->timeouts != 0)
		row(name, "time-outs of rules", sizes->timeouts * workers, connections);
	row(name, "together", all * workers, connections);
}

/* Return the bytes of all packet buffers, computed as for a single NUMA node. */
static size_t
report_mbufs(const struct sluice_config *config, const struct engine_config *engine,
	     unsigned workers)
{
	uint32_t mbufs = workers *
			 sizes_worker_mbufs(engine, workers > config_units(config)),
		 bytes;
	struct port ports[CONFIG_MAX_PORTS];
	char text[32];
	unsigned i;

	for (i = 0; i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];

		ports[i] = (struct port){
			.config = port,
			.rx_descriptors = port->rx_descriptors,
			.tx_descriptors = port->tx_descriptors,
			.rx_queues = 1,
			.tx_queues = port->mirror ? (uint16_t)workers : 1,
		};
		mbufs += port_mbufs(&ports[i]) +
			 (port->mirror ? workers * ENGINE_TX_OWN : 0);
	}
	mbufs = RTE_MAX(mbufs, config->mbufs);
	bytes = ports_data_room(ports, config->port_count) + SIZES_MBUF_HEADER;
	snprintf(text, sizeof(text), "%u packet buffers", mbufs);
	printf("  %-32s %10.1f MiB %8u bytes each\n", text, (double)mbufs * bytes / MIB,
	       bytes);
	return (size_t)mbufs * bytes;
}

/*
 * Print whether the memory fits into hugepages; if not, what will be used instead and
 * what it costs.
 */
static void
report_pages(size_t bytes)
{
	double needed = (double)bytes / MIB,
	       free_mib = (double)memory_hugepages_free() / MIB;

	if (free_mib >= needed) {
		printf("hugepages: %.0f MiB are free, enough\n", free_mib);
		return;
	}
	printf("hugepages: %.0f MiB are free, %.0f MiB needed (vm.nr_hugepages); ",
	       free_mib, needed);
	if (memory_transparent())
		printf("tables that do not fit use transparent ones, as far as the "
		       "kernel has any\n");
	else
		printf("without them, and with transparent ones switched off, a packet "
		       "takes 50 %% longer with many connections\n");
}

struct sizes
sizes_report(const struct sluice_config *config, unsigned workers)
{
	struct engine_config engine;
	struct engine_sizes sizes;
	struct sizes sums;

	config_engine(config, workers, &engine);
	engine_sizes(&engine, &sizes);
	sums.tables = (engine_bytes(&engine) + control_worker_bytes()) * workers;
	printf("memory of %u %s%s:\n", workers, plural(workers, "worker", "workers"),
	       config->workers == 0 ? ", more if `auto` gives more" : "");
	report_family("IPv4", &sizes.family[0], workers, config->max);
	report_family("IPv6", &sizes.family[1], workers, config->max_ipv6);
	row("", "timer wheels", sizes.timers * workers, 0);
	row("", "link layers", sizes.links * workers, 0);
	row("", "fragments", sizes.fragments * workers, 0);
	row("", "all else of the engine", sizes.other * workers, 0);
	row("", "events and records", control_worker_bytes() * workers, 0);
	sums.mbufs = report_mbufs(config, &engine, workers);
	row("all", "", sums.tables + sums.mbufs, 0);
	report_pages(sums.tables + sums.mbufs);
	return sums;
}
