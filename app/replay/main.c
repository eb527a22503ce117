/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-replay: captures through the engine of sluice, with the captures' own clock.
 *
 *   options.c      the command line
 *   capture.c      a capture as a DPDK device
 *   replay.c       the loop, and what makes it exact
 *   output.c       what is written
 *
 * Exit status: app/common/exit.h. A damaged capture is replayed as far as it is whole,
 * and ends with EXIT_DEVICE nevertheless.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "config.h"
#include "eal.h"
#include "exit.h"
#include "options.h"
#include "replay.h"
#include "rules.h"
#include "streams.h"

/* Everything there is; zeros: not there. */
struct program {
	struct options options;
	struct sluice_config *config;
	const char *names[CONFIG_MAX_PORTS]; /* of the ports, by the engine's number */
	unsigned ports;
	struct policy *policy;
	struct policy_state *policy_state;
	struct capture captures[OPTIONS_MAX_PORTS];
	struct rte_mempool *pool;
	void *memory; /* the engine's */
	size_t bytes;
	struct output out;
	bool wanted[CONFIG_MAX_PORTS]; /* ports whose frames are written */
	struct replay replay;
};

static int __attribute__((format(printf, 2, 3))) fail(int status, const char *format, ...)
{
	va_list args;

	fputs("sluice-replay: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static int
load_config(struct program *p)
{
	struct config_error error;

	if (config_load(p->options.config, 0, &p->config, &error) != 0)
		return fail(EXIT_CONFIG, "%s", error.text);
	if (p->config->warning[0] != '\0')
		fail(0, "%s", p->config->warning);
	p->ports = config_engine_ports(p->config, p->names);
	return EXIT_SUCCESS;
}

/* The engine's number of a port of the configuration. */
static int
find_port(const struct program *p, const char *name, uint16_t *port)
{
	unsigned i;

	for (i = 0; i < p->ports; i++) {
		if (strcmp(p->names[i], name) == 0) {
			*port = (uint16_t)i;
			return EXIT_SUCCESS;
		}
	}
	for (i = 0; i < p->config->port_count; i++) {
		if (strcmp(p->config->ports[i].name, name) == 0)
			return fail(EXIT_USAGE,
				    "--port %s: this port is in no wire of %s", name,
				    p->config->file);
	}
	return fail(EXIT_USAGE, "--port %s: %s has no port of this name", name,
		    p->config->file);
}

static void
warn(const struct capture *c)
{
	if (c->damaged)
		fail(0, "%s; the %" PRIu64 " packets before it are replayed",
		     c->damage.text, c->packets);
	else if (c->packets == 0)
		fail(0, "%s: no packets", c->file);
	if (c->cut != 0)
		fail(0, "%s: %" PRIu64 " packets are cut by the snapshot length", c->file,
		     c->cut);
	if (c->backwards != 0)
		fail(0,
		     "%s: %" PRIu64
		     " packets are older than the one before them, and count "
		     "as of its time",
		     c->file, c->backwards);
}

/* Look through all captures before anything is made. */
static int
open_captures(struct program *p)
{
	struct capture_error error;
	struct capture *c;
	unsigned i;
	int status;

	for (i = 0; i < p->options.ports; i++) {
		c = &p->captures[i];
		c->name = p->options.port[i].name;
		c->file = p->options.port[i].file;
		status = find_port(p, c->name, &c->port);
		if (status != EXIT_SUCCESS)
			return status;
	}
	for (i = 0; i < p->options.ports; i++) {
		if (capture_open(&p->captures[i], &error) != 0)
			return fail(EXIT_DEVICE, "%s", error.text);
		warn(&p->captures[i]);
	}
	return EXIT_SUCCESS;
}

/* What can be in flight: read ahead on each port, a burst, and what a burst makes. */
static unsigned
mbufs_needed(const struct program *p)
{
	unsigned i, segments, n = p->ports * ENGINE_TX_OWN + ENGINE_BURST_MAX;
	struct engine_config config;

	config_engine(p->config, 1, &config);
	n += config.fragments;
	for (i = 0; i < p->options.ports; i++) {
		segments = p->captures[i].longest / RTE_MBUF_DEFAULT_DATAROOM + 1;
		n += (CAPTURE_AHEAD + p->options.burst) * segments;
	}
	return n;
}

static int
start_captures(struct program *p)
{
	struct capture_error error;
	unsigned i, mbufs = mbufs_needed(p);
	int status = eal_start("sluice-replay", mbufs);

	if (status != 0)
		return fail(EXIT_DEVICE, "DPDK does not start: %s", strerror(-status));
	p->pool = eal_mempool(mbufs);
	if (p->pool == NULL)
		return fail(EXIT_DEVICE, "no memory for %u packets: %s", mbufs,
			    rte_strerror(rte_errno));
	for (i = 0; i < p->options.ports; i++) {
		if (capture_start(&p->captures[i], i, p->pool, &error) != 0)
			return fail(EXIT_DEVICE, "%s", error.text);
	}
	return EXIT_SUCCESS;
}

/* A secret that is none: every run must place every connection alike. */
static void
fill_secret(uint8_t *secret)
{
	uint64_t x = 0x736c75696365ull; /* splitmix64 from a constant */
	unsigned i;

	for (i = 0; i < KEY_SECRET_BYTES; i++) {
		uint64_t z = (x += 0x9e3779b97f4a7c15ull);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
		secret[i] = (uint8_t)(z >> 56);
	}
}

/* The time of the first packet of all. */
static uint64_t
first_time(struct program *p)
{
	uint64_t us, first = UINT64_MAX;
	unsigned i;

	for (i = 0; i < p->options.ports; i++) {
		if (capture_peek(&p->captures[i], &us) && us < first)
			first = us;
	}
	return first == UINT64_MAX ? 0 : first;
}

static int
make_engine(struct program *p)
{
	struct engine_config config = {0};
	uint64_t first = first_time(p);
	int status;

	config_engine(p->config, 1, &config);
	config.mempool = p->pool;
	fill_secret(config.secret);
	p->bytes = engine_bytes(&config);
	/* zeros that take no memory until they are used */
	p->memory = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->memory == MAP_FAILED) {
		p->memory = NULL;
		return fail(EXIT_CONFIG,
			    "no memory for the connections: %zu bytes are needed",
			    p->bytes);
	}
	status = engine_init(p->memory, &config, p->policy, p->policy_state,
			     first * 1000u, &p->replay.engine);
	if (status != 0)
		return fail(EXIT_CONFIG, "%s: the engine does not take it: %s",
			    p->options.config, strerror(-status));
	p->out.first_us = first;
	p->replay.now_us = first;
	return EXIT_SUCCESS;
}

/* What is written, and that nothing of it is read. */
static int
check_output(struct program *p)
{
	struct output_input inputs[OPTIONS_MAX_PORTS + 2];
	struct output_error error;
	unsigned i, n = 0;

	/* what enters one side of a wire leaves the other */
	for (i = 0; i < p->options.ports; i++) {
		p->wanted[p->captures[i].port] = true;
		p->wanted[p->captures[i].port ^ 1u] = true;
		inputs[n++] = (struct output_input){"--port", p->captures[i].file};
	}
	inputs[n++] = (struct output_input){"--config", p->options.config};
	if (p->options.rules != NULL)
		inputs[n++] = (struct output_input){"--rules", p->options.rules};
	else if (p->config->rules != NULL)
		inputs[n++] = (struct output_input){"the rules", p->config->rules};
	p->out.dir = p->options.out;
	p->out.names = p->names;
	p->out.ports = p->ports;
	return output_check(&p->out, p->wanted, inputs, n, &error) == 0
		       ? EXIT_SUCCESS
		       : fail(EXIT_USAGE, "%s", error.text);
}

static int
open_output(struct program *p)
{
	struct output_error error;

	return output_open(&p->out, p->wanted, &error) == 0
		       ? EXIT_SUCCESS
		       : fail(EXIT_DEVICE, "%s", error.text);
}

static int
run(struct program *p)
{
	struct replay *r = &p->replay;
	struct output_error error;
	struct engine_stats stats;

	r->captures = p->captures;
	r->count = p->options.ports;
	r->ports = p->ports;
	r->burst = p->options.burst;
	r->out = &p->out;
	if (replay_run(r) != 0)
		return fail(EXIT_DEVICE, "no memory for the packets behind a fragment");
	engine_stats(r->engine, &stats);
	printf("%" PRIu64 " packets, %" PRIu64 " passed, %" PRIu64
	       " connections, %u left\n",
	       stats.packets, stats.passed, stats.created,
	       stats.connections + stats.connections6);
	if (output_connections(&p->out, r->engine, r->now_us * 1000u, &error) != 0)
		return fail(EXIT_DEVICE, "%s", error.text);
	if (p->options.drain && replay_drain(r) != 0)
		return fail(EXIT_DEVICE, "no memory for the events of --drain");
	if (p->out.late != 0)
		fail(0,
		     "%" PRIu64 " frames left after 2106-02-07, the last time that a "
		     "capture can say, and have that time",
		     p->out.late);
	return EXIT_SUCCESS;
}

/* Whether all that the captures hold has come. */
static int
check_complete(const struct program *p)
{
	const struct capture *c;
	unsigned i;

	for (i = 0; i < p->options.ports; i++) {
		c = &p->captures[i];
		if (c->taken != c->packets)
			return fail(EXIT_DEVICE,
				    "%s: net_pcap handed over %" PRIu64 " of %" PRIu64
				    " packets",
				    c->file, c->taken, c->packets);
		if (c->damaged)
			return EXIT_DEVICE; /* said at the start */
	}
	return EXIT_SUCCESS;
}

static int
replay(struct program *p)
{
	int status = load_config(p);

	if (status == EXIT_SUCCESS)
		status = open_captures(p);
	if (status == EXIT_SUCCESS)
		status = check_output(p);
	if (status == EXIT_SUCCESS)
		status = rules_load(p->config, p->options.rules, p->names, p->ports,
				    &p->policy, &p->policy_state);
	if (status == EXIT_SUCCESS)
		status = start_captures(p);
	if (status == EXIT_SUCCESS)
		status = make_engine(p);
	if (status == EXIT_SUCCESS)
		status = open_output(p);
	if (status == EXIT_SUCCESS)
		status = run(p);
	if (status == EXIT_SUCCESS)
		status = check_complete(p);
	return status;
}

static int
clean_up(struct program *p, int status)
{
	struct output_error error;
	unsigned i;

	if (output_close(&p->out, &error) != 0)
		status = fail(EXIT_DEVICE, "%s", error.text);
	for (i = 0; i < p->options.ports; i++)
		capture_close(&p->captures[i]);
	if (p->memory != NULL)
		munmap(p->memory, p->bytes);
	policy_state_free(p->policy_state);
	policy_free(p->policy);
	config_free(p->config);
	if (p->pool != NULL) {
		rte_mempool_free(p->pool);
		rte_eal_cleanup();
	}
	return status;
}

int
main(int argc, char **argv)
{
	static struct program p;
	unsigned i;
	int status = EXIT_SUCCESS;

	streams_begin();
	streams_text();
	for (i = 0; i < OPTIONS_MAX_PORTS; i++)
		p.captures[i].fd = -1;
	switch (options_parse(argc, argv, &p.options)) {
	case OPTIONS_BAD:
		return EXIT_USAGE;
	case OPTIONS_DONE:
		break;
	case OPTIONS_RUN:
		status = clean_up(&p, replay(&p));
	}
	return streams_end("sluice-replay", status, EXIT_DEVICE);
}
