/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a configuration to ports that run, engines in their memory, and wires shared out.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "assign.h"
#include "exit.h"
#include "pool.h"
#include "sizes.h"
#include "stop.h"

static unsigned
worker_node(const struct sluice *s, unsigned number)
{
	return rte_lcore_to_socket_id(s->workers[number].lcore);
}

int
fail(int status, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "sluice: %s\n", text);
	return status;
}

/* Two ports on one interface would each send what the other receives, for ever. */
static int
check_interface(const struct sluice *s, unsigned number)
{
	const struct port *port = &s->ports[number];
	char text[256];
	unsigned i;

	for (i = 0; i < number && port->ifindex != 0; i++) {
		if (s->ports[i].ifindex != port->ifindex)
			continue;
		snprintf(text, sizeof(text),
			 "port '%s': interface %s is port '%s' already, another one "
			 "expected: see iface= in the --vdev of %s",
			 port->config->name, port->ifname, s->ports[i].config->name,
			 port->config->device);
		return fail(EXIT_DEVICE, text);
	}
	return 0;
}

static int
find_ports(struct sluice *s)
{
	const struct sluice_config *config = s->config;
	struct ports_error error;
	unsigned i;

	s->port_count = config_engine_ports(config, s->names);
	for (i = 0; i < s->port_count; i++) {
		if (port_find(&s->ports[i], &config->ports[config->wires[i / 2][i % 2]],
			      config->offloads_fix, &error) != 0)
			return fail(EXIT_DEVICE, error.text);
		if (check_interface(s, i) != 0)
			return EXIT_DEVICE;
		s->port_ids[i] = s->ports[i].id;
	}
	return 0;
}

/* What the workers of a NUMA node can hold. */
static unsigned
node_mbufs(const struct sluice *s, unsigned node, unsigned *workers)
{
	struct engine_config config;
	bool shared = s->worker_count > config_units(s->config);
	unsigned mbufs = 0, i, k, n;

	config_engine(s->config, s->worker_count, &config);
	*workers = 0;
	for (i = 0; i < s->worker_count; i++) {
		if (rte_lcore_to_socket_id(s->workers[i].lcore) != node)
			continue;
		*workers += 1;
		mbufs += sizes_worker_mbufs(&config, shared);
	}
	/*
	 * of a port shared by workers of two nodes each needs all: who reads is not known
	 * yet
	 */
	for (i = 0; i < s->port_count; i++) {
		n = wire_workers(s, i / 2);
		for (k = 0; k < n; k++)
			if (worker_node(s, wire_worker(s, i / 2, k)) == node)
				break;
		if (k < n)
			mbufs += port_mbufs(&s->ports[i]);
		if (k < n && n > 1 && (i & 1) == 0)
			mbufs += n * handoff_mbufs(n);
	}
	return mbufs;
}

/* The mbufs of the workers of a NUMA node, if there are any. */
static int
make_pool(struct sluice *s, unsigned node)
{
	const bool contiguous = ports_need_contiguous(s->ports, s->port_count);
	uint16_t room = ports_data_room(s->ports, s->port_count);
	unsigned workers, mbufs = node_mbufs(s, node, &workers);
	char text[256];
	int status;

	if (workers == 0)
		return 0;
	mbufs = RTE_MAX(mbufs, s->config->mbufs);
	/* an mbuf across two pages has no one physical address */
	if (contiguous && rte_eal_iova_mode() == RTE_IOVA_PA &&
	    ports_have_hardware(s->ports, s->port_count))
		return fail(
			EXIT_DEVICE,
			"a port on AF_XDP beside a card that uses physical addresses: "
			"give the EAL --iova-mode=va (which needs an IOMMU), or run two "
			"processes");
	status = pool_create(&s->pools[node], node, mbufs, room, contiguous);
	if (status == 0)
		return 0;
	snprintf(text, sizeof(text),
		 "no memory%s for %u packet buffers of %u bytes, %.0f MiB: give the EAL "
		 "more (hugepages, or -m with --no-huge): %s",
		 status == -ENOBUFS ? " in one piece, which AF_XDP needs," : "", mbufs,
		 room, (double)mbufs * (room + SIZES_MBUF_HEADER) / 1048576.0,
		 rte_strerror(-status));
	return fail(EXIT_DEVICE, text);
}

static int
make_engine(struct sluice *s, unsigned number)
{
	struct worker *w = &s->workers[number];
	struct engine_config config;
	char text[512];
	int status;

	config_engine(s->config, s->worker_count, &config);
	config.mempool = s->pools[worker_node(s, number)];
	if (getrandom(config.secret, sizeof(config.secret), 0) != sizeof(config.secret))
		return fail(EXIT_DEVICE, "no random bytes for the hash");
	status = memory_take(&s->memory[number], engine_bytes(&config),
			     (int)worker_node(s, number), text, sizeof(text));
	if (status == -EINTR)
		return SETUP_STOPPED;
	if (status != 0)
		return fail(EXIT_DEVICE, text);
	status = engine_init(s->memory[number].address, &config, s->rules.policy,
			     s->rules.states[number], clock_ns(&s->clock), &w->engine);
	if (status != 0)
		return fail(EXIT_CONFIG, "the engine refuses its configuration");
	status = control_worker_init(&s->control_workers[number], number, w->engine,
				     s->rules.states[number]);
	if (status != 0)
		return fail(EXIT_DEVICE, "no memory for the control rings");
	w->control = &s->control_workers[number];
	w->clock = &s->clock;
	w->stop = &s->stop;
	return 0;
}

static int
start_ports(struct sluice *s)
{
	struct rte_mempool *pools[CONFIG_MAX_WORKERS];
	struct ports_error error;
	unsigned i, k, n;

	for (i = 0; i < s->port_count; i++) {
		n = wire_workers(s, i / 2);
		for (k = 0; k < n; k++)
			pools[k] = s->pools[worker_node(s, wire_worker(s, i / 2, k))];
		if (port_start(&s->ports[i], pools, s->config->checksum, &error) != 0)
			return fail(EXIT_DEVICE, error.text);
	}
	return 0;
}

int
setup(struct sluice *s, struct policy *policy)
{
	unsigned i;
	int status = find_ports(s);

	if (status == 0)
		status = assign_workers(s);
	if (status != 0) {
		policy_free(policy);
		return status;
	}
	assign_queues(s);
	if (control_rules_init(&s->rules, policy, s->worker_count) != 0) {
		policy_free(policy);
		return fail(EXIT_DEVICE, "no memory for the counters of the rules");
	}
	s->reload = (struct control_reload){
		.rules = &s->rules,
		.workers = s->control_workers,
		.load = rules_reload,
		.report = rules_report,
		.context = s->config,
	};
	clock_start(&s->clock);
	for (i = 0; i < RTE_MAX_NUMA_NODES && status == 0; i++)
		status = make_pool(s, i);
	for (i = 0; i < s->worker_count && status == 0; i++)
		status = make_engine(s, i);
	if (status == 0 && stop_wanted())
		status = SETUP_STOPPED;
	if (status == 0)
		status = start_ports(s);
	return status != 0 ? status : assign_ports(s);
}

void
teardown(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->port_count; i++)
		port_stop(&s->ports[i]);
	for (i = 0; i < s->worker_count; i++) {
		control_worker_free(&s->control_workers[i]);
		if (s->workers[i].handoff != NULL)
			handoff_stop(s->workers[i].handoff);
		if (s->workers[i].engine != NULL)
			engine_stop(s->workers[i].engine);
		if (s->memory[i].address != NULL)
			memory_free(&s->memory[i]);
		if (s->workers[i].handoff != NULL)
			handoff_free(s->workers[i].handoff);
		rte_free(s->workers[i].handoff);
	}
	for (i = 0; i < ENGINE_MAX_WIRES; i++)
		rte_free(s->steer[i]);
	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		rte_mempool_free(s->pools[i]);
	control_rules_free(&s->rules);
}
