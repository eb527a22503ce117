/* SPDX-License-Identifier: BSD-3-Clause */
/* From a configuration to ports that run, engines in their memory, and wires shared out. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "exit.h"
#include "sluice.h"

#define POOL_CACHE 256u

int
fail(int status, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "sluice: %s\n", text);
	return status;
}

/* How many workers, and on which lcores. */
static int
choose_workers(struct sluice *s)
{
	const unsigned wires = s->config->wire_count;
	unsigned lcores = rte_lcore_count() - 1, lcore = rte_get_main_lcore(), i;
	char text[256];

	s->on_main = lcores == 0;
	if (s->on_main)
		lcores = 1;
	s->worker_count = s->config->workers;
	if (s->worker_count == 0)
		s->worker_count = RTE_MIN(wires, lcores);
	if (s->worker_count > wires) {
		snprintf(
			text, sizeof(text),
			"%u workers for %u wires: a wire has one worker, %u at most expected",
			s->worker_count, wires, wires);
		return fail(EXIT_CONFIG, text);
	}
	if (s->worker_count > lcores) {
		snprintf(text, sizeof(text),
			 "%u workers, but the EAL has %u lcores for them (option -l; one "
			 "more is for the control threads)",
			 s->worker_count, lcores);
		return fail(EXIT_CONFIG, text);
	}
	for (i = 0; i < s->worker_count; i++) {
		if (!s->on_main)
			lcore = rte_get_next_lcore(lcore, 1, 1);
		s->workers[i].lcore = lcore;
	}
	return 0;
}

/* Each wire belongs to a worker, in turns. */
static void
assign_wires(struct sluice *s)
{
	struct worker *w;
	unsigned port;

	for (port = 0; port < s->port_count; port++) {
		w = &s->workers[port / 2 % s->worker_count];
		w->ports[w->port_count++] = (struct worker_port){
			.device = s->ports[port].id,
			.port = (uint16_t)port,
		};
	}
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
			      &error) != 0)
			return fail(EXIT_DEVICE, error.text);
		s->port_ids[i] = s->ports[i].id;
	}
	return 0;
}

/* The mbufs of a worker. */
static int
make_pool(struct sluice *s, unsigned number)
{
	const struct worker *w = &s->workers[number];
	const int socket = (int)rte_lcore_to_socket_id(w->lcore);
	uint16_t room = ports_data_room(s->ports, s->port_count);
	struct port ports[CONFIG_MAX_PORTS];
	char name[RTE_MEMPOOL_NAMESIZE], text[256];
	unsigned i, mbufs;

	for (i = 0; i < w->port_count; i++)
		ports[i] = s->ports[w->ports[i].port];
	mbufs = ports_mbufs(ports, w->port_count) + POOL_CACHE;
	snprintf(name, sizeof(name), "sluice_mbufs_%u", number);
	s->pools[number] = rte_pktmbuf_pool_create(name, mbufs, POOL_CACHE, 0, room,
						   socket);
	if (s->pools[number] != NULL)
		return 0;
	snprintf(
		text, sizeof(text),
		"no memory for %u packet buffers of %u bytes, %.0f MiB: give the EAL more "
		"(hugepages, or -m with --no-huge): %s",
		mbufs, room, (double)mbufs * (room + 256.0) / 1048576.0,
		rte_strerror(rte_errno));
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
	config.mempool = s->pools[number];
	if (getrandom(config.secret, sizeof(config.secret), 0) != sizeof(config.secret))
		return fail(EXIT_DEVICE, "no random bytes for the hash");
	if (memory_take(&s->memory[number], engine_bytes(&config),
			(int)rte_lcore_to_socket_id(w->lcore), text, sizeof(text)) != 0)
		return fail(EXIT_DEVICE, text);
	status = engine_init(s->memory[number].address, &config, s->rules.policy,
			     s->rules.counters[number], clock_ns(&s->clock), &w->engine);
	if (status != 0)
		return fail(EXIT_CONFIG, "the engine refuses its configuration");
	status = control_worker_init(&s->control_workers[number], number, w->engine,
				     s->rules.counters[number]);
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
	struct ports_error error;
	unsigned i;

	for (i = 0; i < s->port_count; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): setup() sees to one */
		if (port_start(&s->ports[i], s->pools[i / 2 % s->worker_count],
			       s->config->checksum, &error) != 0)
			return fail(EXIT_DEVICE, error.text);
	return 0;
}

int
setup(struct sluice *s, struct policy *policy)
{
	unsigned i;
	int status = find_ports(s);

	if (status == 0)
		status = choose_workers(s);
	if (status != 0) {
		policy_free(policy);
		return status;
	}
	assign_wires(s);
	if (control_rules_init(&s->rules, policy, s->worker_count) != 0) {
		policy_free(policy);
		return fail(EXIT_DEVICE, "no memory for the counters of the rules");
	}
	s->reload = (struct rules_reload){
		.config = s->config,
		.rules = &s->rules,
		.workers = s->control_workers,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	clock_start(&s->clock);
	for (i = 0; i < s->worker_count && status == 0; i++) {
		status = make_pool(s, i);
		if (status == 0)
			status = make_engine(s, i);
	}
	return status != 0 ? status : start_ports(s);
}

void
teardown(struct sluice *s)
{
	unsigned i;

	for (i = 0; i < s->port_count; i++)
		port_stop(&s->ports[i]);
	for (i = 0; i < s->worker_count; i++) {
		control_worker_free(&s->control_workers[i]);
		if (s->memory[i].address != NULL)
			memory_free(&s->memory[i]);
		rte_mempool_free(s->pools[i]);
	}
	control_rules_free(&s->rules);
}
