/* SPDX-License-Identifier: BSD-3-Clause */
#include "assign.h"

#include <stdio.h>
#include <sys/random.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

#include "exit.h"
#include "message.h"
#include "plural.h"

/*
 * Number of workers for `workers: auto`: all cores if the devices steer each packet to
 * its owner. Otherwise at most one for each wire or group, because most packets would
 * have to be handed over.
 */
static unsigned
workers_auto(const struct sluice *s, unsigned lcores)
{
	const unsigned units = config_units(s->config);
	const unsigned shared = config_shared_units(s->config);
	unsigned i, most = lcores;

	if (shared == 0 || lcores <= units)
		return RTE_MIN(units, lcores);
	for (i = 0; i < s->port_count; i++) {
		most = (lcores - units + shared - 1) / shared + 1;
		if (s->config->group[i / 2] == 0 && !port_can_spread(&s->ports[i], most))
			return units;
	}
	return RTE_MIN(lcores, CONFIG_MAX_WORKERS);
}

int
assign_workers(struct sluice *s)
{
	unsigned lcores = rte_lcore_count() - 1, lcore = rte_get_main_lcore(), i;

	s->on_main = lcores == 0;
	if (s->on_main)
		lcores = 1;
	s->worker_count = s->config->workers;
	if (s->worker_count == 0)
		s->worker_count = workers_auto(s, lcores);
	if (s->worker_count > lcores) {
		return message_error(
			EXIT_CONFIG,
			"%u workers, but the EAL has %u lcores for them (option -l; one "
			"more is for the control threads)",
			s->worker_count, lcores);
	}
	if (s->worker_count > config_units(s->config) && s->config->xdp[0]) {
		return message_error(
			EXIT_CONFIG,
			"%u workers, but a wire with xdp has one, which owns its "
			"connections: `workers: %u` or auto expected",
			s->worker_count, config_units(s->config));
	}
	if (s->worker_count > config_units(s->config) &&
	    config_shared_units(s->config) == 0) {
		return message_error(
			EXIT_CONFIG,
			"%u workers, but the wires are %u groups, each of which has one "
			"worker",
			s->worker_count, config_units(s->config));
	}
	for (i = 0; i < s->worker_count; i++) {
		if (!s->on_main)
			lcore = rte_get_next_lcore(lcore, 1, 1);
		s->workers[i].lcore = lcore;
	}
	return 0;
}

unsigned
wire_workers(const struct sluice *s, unsigned wire)
{
	const unsigned units = config_units(s->config);
	const unsigned shared = config_shared_units(s->config);
	unsigned n, workers = 1;

	if (s->worker_count <= units || s->config->group[wire] != 0 ||
	    s->config->xdp[wire])
		return 1;
	for (n = 0; n < s->worker_count - units; n++)
		workers += config_shared_unit(s->config, n % shared) ==
			   config_unit(s->config, wire);
	return workers;
}

unsigned
wire_worker(const struct sluice *s, unsigned wire, unsigned i)
{
	const unsigned units = config_units(s->config);
	const unsigned unit = config_unit(s->config, wire);
	unsigned n;

	if (s->worker_count <= units)
		return unit % s->worker_count;
	for (n = 0; i > 0; n++)
		i -= config_shared_unit(s->config, n % config_shared_units(s->config)) ==
		     unit;
	return n == 0 ? unit : units + n - 1;
}

int
assign_queues(struct sluice *s)
{
	struct port *port;
	unsigned i, workers;

	for (i = 0; i < s->port_count; i++) {
		port = &s->ports[i];
		workers = wire_workers(s, i / 2);
		port->rx_queues = port_can_spread(port, workers) ? (uint16_t)workers : 1;
		port->tx_queues = port->tx_queues_max >= workers ? (uint16_t)workers : 1;
	}
	for (; i < s->all_port_count; i++) {
		port = &s->ports[i];
		port->tx_queues = (uint16_t)s->worker_count;
		if (port->tx_queues_max < s->worker_count)
			return message_error(
				EXIT_DEVICE,
				"port '%s' is in no wire, for copies of packets (dup): "
				"its device %s has %u transmit %s, and each of the %u "
				"workers needs one: `workers: %u`, or a device with more "
				"(net_af_packet: qpairs=%u)",
				port->config->name, port->config->device,
				port->tx_queues_max,
				plural(port->tx_queues_max, "queue", "queues"),
				s->worker_count, port->tx_queues_max, s->worker_count);
	}
	return 0;
}

/*
 * Return the queue of the i-th of n workers. If a port has only one queue, side decides
 * which worker uses it.
 */
static uint16_t
queue_of(unsigned i, unsigned n, unsigned queues, unsigned side)
{
	if (queues > 1)
		return (uint16_t)i;
	return i == side % n ? 0 : WORKER_NO_QUEUE;
}

static void
give_out(struct sluice *s, unsigned wire)
{
	unsigned n = wire_workers(s, wire), i, side, number;
	const struct port *port;
	struct worker *w;

	for (i = 0; i < n; i++) {
		w = &s->workers[wire_worker(s, wire, i)];
		for (side = 0; side < 2; side++) {
			number = 2 * wire + side;
			port = &s->ports[number];
			w->ports[w->port_count++] = (struct worker_port){
				.device = port->id,
				.state = port,
				.port = (uint16_t)number,
				.rx_queue = queue_of(i, n, port->rx_queues, side),
				.tx_queue = queue_of(i, n, port->tx_queues, side),
			};
		}
	}
}

/*
 * Give each worker a transmit queue of each mirror port. The first one also takes what
 * the port receives.
 */
static void
give_out_mirrors(struct sluice *s)
{
	struct worker *w;
	unsigned i, n;

	for (n = 0; n < s->worker_count; n++) {
		w = &s->workers[n];
		for (i = s->port_count; i < s->all_port_count; i++)
			w->mirrors[w->mirror_count++] = (struct worker_port){
				.device = s->ports[i].id,
				.state = &s->ports[i],
				.port = (uint16_t)i,
				.rx_queue = n == 0 ? 0 : WORKER_NO_QUEUE,
				.tx_queue = (uint16_t)n,
			};
	}
}

/*
 * Choose the function that computes the owner of a packet: the devices' RSS hash if one
 * of them has RSS, otherwise our own hash.
 */
static int
choose_function(struct sluice *s, unsigned wire, struct steer *steer)
{
	const struct port *ports = &s->ports[(size_t)2 * wire];
	unsigned n = wire_workers(s, wire), table = UINT16_MAX, side;
	uint8_t secret[KEY_SECRET_BYTES];

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return message_error(EXIT_DEVICE,
				     "no random bytes for the hash: getrandom() fails; "
				     "a system call filter may forbid it");
	for (side = 0; side < 2; side++)
		if (ports[side].rx_queues > 1)
			table = RTE_MIN(table, ports[side].rss_table);
	if (table == UINT16_MAX) {
		steer_init_keyed(steer, (uint16_t)wire, n, secret);
		return 0;
	}
	steer_init_toeplitz(steer, (uint16_t)wire, n, (uint16_t)table, secret);
	for (side = 0; side < 2; side++)
		port_spread(&ports[side], steer);
	return 0;
}

static int
link_workers(struct sluice *s, unsigned wire)
{
	const struct port *ports = &s->ports[(size_t)2 * wire];
	struct handoff *group[STEER_MAX_WORKERS];
	unsigned n = wire_workers(s, wire), i, number;
	int sockets[STEER_MAX_WORKERS];
	uint8_t sender[2] = {0, (uint8_t)(1 % n)};

	for (i = 0; i < n; i++) {
		number = wire_worker(s, wire, i);
		sockets[i] = (int)rte_lcore_to_socket_id(s->workers[number].lcore);
		group[i] = rte_zmalloc_socket("handover", sizeof(struct handoff),
					      RTE_CACHE_LINE_SIZE, sockets[i]);
		if (group[i] == NULL)
			return message_error(
				EXIT_DEVICE,
				"no memory for the handoff between workers: give the "
				"EAL more (hugepages, or -m with --no-huge)");
		group[i]->engine = s->workers[number].engine;
		config_engine(s->config, s->worker_count, &group[i]->config);
		s->workers[number].handoff = group[i];
		s->control_workers[number].handed_over = &group[i]->handed_over;
	}
	for (i = 0; i < 2; i++)
		if (ports[i].tx_queues > 1)
			sender[i] = STEER_ANY;
	if (handoff_init(group, s->steer[wire], sockets, sender) != 0)
		return message_error(
			EXIT_DEVICE,
			"no memory for the rings between workers: give the EAL "
			"more (hugepages, or -m with --no-huge)");
	if (s->config->poll_adaptive && handoff_sleepy(group, n) != 0)
		printf("warning: no descriptors for the workers of a wire to wake each "
		       "other: they sleep for at most 160 us at a time\n");
	for (i = 0; i < n; i++) {
		number = wire_worker(s, wire, i);
		s->control_workers[number].gathered = group[i]->fragments;
		s->control_workers[number].gather_config = &group[i]->config;
	}
	return 0;
}

int
assign_ports(struct sluice *s)
{
	unsigned wire;
	int status = 0;

	give_out_mirrors(s);
	for (wire = 0; wire < s->config->wire_count && status == 0; wire++) {
		give_out(s, wire);
		if (wire_workers(s, wire) == 1)
			continue;
		s->steer[wire] = rte_zmalloc("steer", sizeof(struct steer),
					     RTE_CACHE_LINE_SIZE);
		if (s->steer[wire] == NULL)
			return message_error(
				EXIT_DEVICE,
				"no memory for the handoff between workers: give the "
				"EAL more (hugepages, or -m with --no-huge)");
		status = choose_function(s, wire, s->steer[wire]);
		s->steer[wire]->flags = s->config->pppoe ? PACKET_PPPOE : 0;
		if (status == 0)
			status = link_workers(s, wire);
	}
	return status;
}
