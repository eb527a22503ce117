/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Set up the program from a configuration: start the ports, create the engines and their
 * memory, assign the wires to workers.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <engine/adopt.h>

#include "assign.h"
#include "exit.h"
#include "message.h"
#include "pool.h"
#include "port_xdp.h"
#include "reload.h"
#include "sizes.h"
#include "stop.h"
#include "worker_xdp.h"
#include "xdp_wire.h"

static_assert((int)CONFIG_RECHECK == RELOAD_RECHECK && (int)CONFIG_FLUSH == RELOAD_FLUSH,
	      "setup() hands the value on");

static unsigned
worker_node(const struct sluice *s, unsigned number)
{
	return rte_lcore_to_socket_id(s->workers[number].lcore);
}

/*
 * Check that no two ports use the same interface: each would send what the other one
 * receives, in an endless loop.
 */
static int
check_interface(const struct sluice *s, unsigned number)
{
	const struct port *port = &s->ports[number];
	unsigned i;

	for (i = 0; i < number && port->ifindex != 0; i++) {
		if (s->ports[i].ifindex != port->ifindex)
			continue;
		return message_error(
			EXIT_DEVICE,
			"port '%s': interface %s is port '%s' already, another one "
			"expected%s%s",
			port->config->name, port->ifname, s->ports[i].config->name,
			port->xdp != NULL ? "" : ": see iface= in the --vdev of ",
			port->xdp != NULL ? "" : port->config->device);
	}
	return 0;
}

/* Find the device of the port with an engine port number: of a wire, or a mirror port. */
static int
find_port(struct sluice *s, unsigned number, struct ports_error *error)
{
	const struct sluice_config *config = s->config;
	const bool fix = config->offloads_fix;
	const unsigned wire = number / 2;
	const struct config_port *port;

	if (number >= s->port_count)
		return port_find(&s->ports[number],
				 config_mirror(config, number - s->port_count), fix,
				 error);
	port = &config->ports[config->wires[wire][number % 2]];
	return config->xdp[wire] ? port_xdp_find(&s->ports[number], port, fix, error)
				 : port_find(&s->ports[number], port, fix, error);
}

static int
find_ports(struct sluice *s)
{
	struct ports_error error;
	unsigned i;

	s->port_count = config_engine_ports(s->config, s->names);
	s->all_port_count = s->port_count +
			    config_mirror_names(s->config, s->names + s->port_count);
	for (i = 0; i < s->all_port_count; i++) {
		if (find_port(s, i, &error) != 0)
			return message_error(EXIT_DEVICE, "%s", error.text);
		if (check_interface(s, i) != 0)
			return EXIT_DEVICE;
		s->port_ids[i] = s->ports[i].id;
		if (s->ports[i].xdp != NULL)
			s->ports[i].xdp->number = (uint16_t)i;
	}
	return 0;
}

/*
 * Compute how many mbufs the workers of a NUMA node can hold, and the number of these
 * workers.
 */
static unsigned
node_mbufs(const struct sluice *s, unsigned node, unsigned *workers)
{
	struct engine_config config;
	bool shared = s->worker_count > config_units(s->config);
	unsigned mbufs = 0, i, k, n;

	config_engine(s->config, s->worker_count, &config);
	engine_config_rules(&config, s->rules.policy);
	*workers = 0;
	for (i = 0; i < s->worker_count; i++) {
		if (rte_lcore_to_socket_id(s->workers[i].lcore) != node)
			continue;
		*workers += 1;
		mbufs += sizes_worker_mbufs(&config, shared);
	}
	/*
	 * count a port shared by workers of two nodes on both: which of them will receive
	 * is not known yet
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
	/* the copies may be of the workers of any node */
	for (; *workers > 0 && i < s->all_port_count; i++)
		mbufs += port_mbufs(&s->ports[i]) + *workers * ENGINE_TX_OWN;
	return mbufs;
}

/* Create the mempool of the workers of a NUMA node, if it has workers. */
static int
make_pool(struct sluice *s, unsigned node)
{
	const bool contiguous = ports_need_contiguous(s->ports, s->all_port_count);
	uint16_t room = ports_data_room(s->ports, s->all_port_count);
	unsigned workers, mbufs = node_mbufs(s, node, &workers);
	int status;

	if (workers == 0)
		return 0;
	mbufs = RTE_MAX(mbufs, s->config->mbufs);
	/* an mbuf across two pages has no single physical address */
	if (contiguous && rte_eal_iova_mode() == RTE_IOVA_PA &&
	    ports_have_hardware(s->ports, s->all_port_count))
		return message_error(
			EXIT_DEVICE,
			"a port on AF_XDP beside a card that uses physical addresses: "
			"give the EAL --iova-mode=va (which needs an IOMMU), or run two "
			"processes");
	status = pool_create(&s->pools[node], node, mbufs, room, contiguous);
	if (status == 0)
		return 0;
	return message_error(
		EXIT_DEVICE,
		"no memory%s for %u packet buffers of %u bytes, %.0f MiB: give the EAL "
		"more (hugepages, or -m with --no-huge): %s",
		status == -ENOBUFS ? " in one piece, which AF_XDP needs," : "", mbufs,
		room, (double)mbufs * (room + SIZES_MBUF_HEADER) / 1048576.0,
		rte_strerror(-status));
}

/*
 * Take the memory of an engine: from the XDP programs, which share it, or from the
 * system. Returns 0, or an exit status after a message.
 */
static int
engine_memory(struct sluice *s, unsigned number, struct engine_config *config,
	      void **memory)
{
	char text[512];
	int status;

	if (s->config->xdp[0])
		return xdp_wire_open(s, number, config, memory);
	status = memory_take(&s->memory[number], engine_bytes(config),
			     (int)worker_node(s, number), text, sizeof(text));
	*memory = s->memory[number].address;
	if (status == -EINTR)
		return SETUP_STOPPED;
	return status != 0 ? message_error(EXIT_DEVICE, "%s", text) : 0;
}

/*
 * Build the engine, or take over the connections of the one that an earlier process has
 * left. Returns 0 or -errno.
 */
static int
engine_start(struct sluice *s, unsigned number, const struct engine_config *config,
	     void *memory)
{
	struct worker *w = &s->workers[number];
	int64_t adopted;

	if (w->xdp == NULL || !w->xdp->adopted)
		return engine_init(memory, config, s->rules.policy,
				   s->rules.states[number], clock_ns(&s->clock),
				   &w->engine);
	adopted = engine_adopt(memory, config, s->rules.policy, s->rules.states[number],
			       clock_ns(&s->clock), &w->engine);
	if (adopted < 0)
		return (int)adopted;
	printf("connections: %" PRId64 " taken over from %s\n", adopted,
	       s->config->xdp_pin);
	return 0;
}

static int
make_engine(struct sluice *s, unsigned number)
{
	struct worker *w = &s->workers[number];
	struct engine_config config;
	void *memory;
	int status;

	config_engine(s->config, s->worker_count, &config);
	engine_config_rules(&config, s->rules.policy);
	s->rules.provides = engine_provides(&config);
	config.mempool = s->pools[worker_node(s, number)];
	config.wall_offset_ns = &s->clock.wall_offset_ns;
	if (getrandom(config.secret, sizeof(config.secret), 0) != sizeof(config.secret))
		return message_error(EXIT_DEVICE,
				     "no random bytes for the hash: getrandom() fails; "
				     "a system call filter may forbid it");
	status = engine_memory(s, number, &config, &memory);
	if (status != 0)
		return status;
	status = engine_start(s, number, &config, memory);
	if (status != 0)
		return message_error(EXIT_CONFIG,
				     "%s: the engine refuses the configuration: %s",
				     s->config->file, rte_strerror(-status));
	status = control_worker_init(&s->control_workers[number], number, w->engine,
				     s->rules.states[number]);
	if (status != 0)
		return message_error(EXIT_DEVICE,
				     "no memory for the control rings of worker %u: give "
				     "the EAL more (hugepages, or -m with --no-huge)",
				     number);
	w->control = &s->control_workers[number];
	w->control->recorder->rate = s->config->record_rate;
	w->control->wall_offset_ns = &s->clock.wall_offset_ns;
	w->clock = &s->clock;
	w->sleeps = s->config->poll_adaptive || w->xdp != NULL;
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
		/* the others have sockets (rest.h) */
		s->ports[i].interrupts = s->config->poll_adaptive &&
					 !s->ports[i].is_xdp && !s->ports[i].is_packet;
		if (port_start(&s->ports[i], pools, s->config->checksum, &error) != 0)
			return message_error(EXIT_DEVICE, "%s", error.text);
	}
	pools[0] = s->pools[worker_node(s, 0)];
	for (; i < s->all_port_count; i++)
		if (port_start(&s->ports[i], pools, false, &error) != 0)
			return message_error(EXIT_DEVICE, "%s", error.text);
	return 0;
}

int
setup(struct sluice *s, struct policy *policy)
{
	struct engine_config engine;
	unsigned i;
	int status = find_ports(s);

	if (status == 0)
		status = assign_workers(s);
	if (status == 0)
		status = assign_queues(s);
	if (status != 0) {
		policy_free(policy);
		return status;
	}
	if (control_rules_init(&s->rules, policy, s->worker_count) != 0) {
		policy_free(policy);
		return message_error(EXIT_DEVICE,
				     "no memory for the counters of the rules");
	}
	s->rules.wall_offset_ns = &s->clock.wall_offset_ns;
	control_workers_backend(s->control_workers, s->worker_count, &s->backend);
	s->reload = (struct control_reload){
		.rules = &s->rules,
		.backend = &s->backend,
		.load = reload_load,
		.finish = reload_finish,
		.report = reload_report,
		.context = s,
		.normal = reload_task(s->config),
	};
	config_engine(s->config, s->worker_count, &engine);
	s->reload.interfaces = engine.interfaces;
	clock_start(&s->clock);
	for (i = 0; i < RTE_MAX_NUMA_NODES && status == 0; i++)
		status = make_pool(s, i);
	for (i = 0; i < s->worker_count && status == 0; i++)
		status = make_engine(s, i);
	if (status == 0 && stop_wanted())
		status = SETUP_STOPPED;
	if (status == 0)
		status = start_ports(s);
	if (status == 0)
		status = assign_ports(s);
	for (i = 0; i < s->worker_count && status == 0; i++)
		rest_prepare(&s->workers[i]);
	return status != 0 ? status : xdp_wire_start(s);
}

void
teardown(struct sluice *s)
{
	unsigned i;

	xdp_wire_stop(s);
	for (i = 0; i < s->all_port_count; i++)
		port_stop(&s->ports[i]);
	/* wait for the end of a reload, which may use the rules and the workers */
	for (i = 0; i < s->worker_count; i++)
		control_worker_end(&s->control_workers[i]);
	control_reload_join(&s->reload);
	for (i = 0; i < s->worker_count; i++) {
		control_worker_free(&s->control_workers[i]);
		rest_end(&s->workers[i]);
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
	xdp_wire_close(s);
	for (i = 0; i < ENGINE_MAX_WIRES; i++)
		rte_free(s->steer[i]);
	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		rte_mempool_free(s->pools[i]);
	control_rules_free(&s->rules);
}
