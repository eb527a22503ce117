/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "eal.h"
#include "exit.h"
#include "message.h"

/*
 * Mbufs that two packets of maximum length take: one in the engine, one in the next
 * burst.
 */
#define LONGEST_SEGMENTS (2 * (READER_MAX_PACKET / RTE_MBUF_DEFAULT_DATAROOM + 1))

int
machine_check_output(struct program *p)
{
	struct output_input inputs[COMMAND_MAX_CAPTURES + 2];
	struct output_error error;
	unsigned i, n = 0;
	uint16_t port;

	if (p->options.out == NULL)
		return EXIT_SUCCESS;
	/* a packet that enters one side of a wire leaves on the other */
	for (i = 0; i < p->options.captures; i++) {
		port = p->captures[i].port;
		p->wanted[port] = true;
		p->wanted[port ^ 1u] = true;
		inputs[n++] = (struct output_input){p->options.by_port ? "--port"
								       : "the capture",
						    p->options.capture[i].file};
	}
	for (i = 2 * p->config->wire_count; i < p->ports; i++)
		p->wanted[i] = true;
	if (p->options.config != NULL)
		inputs[n++] = (struct output_input){"--config", p->options.config};
	if (p->options.rules != NULL)
		inputs[n++] = (struct output_input){"--rules", p->options.rules};
	else if (p->config->rules != NULL)
		inputs[n++] = (struct output_input){"the rules", p->config->rules};
	p->output.dir = p->options.out;
	p->output.names = p->names;
	p->output.ports = p->ports;
	p->output.extended = !p->options.by_port;
	return output_check(&p->output, p->wanted, inputs, n, &error) == 0
		       ? EXIT_SUCCESS
		       : message_error(EXIT_USAGE, "%s", error.text);
}

/*
 * Return how many mbufs can be in use at once: two bursts, the segments that the engine
 * generates, the fragments that it holds, and packets of maximum length.
 */
static unsigned
mbufs_needed(const struct program *p)
{
	struct engine_config config;

	config_engine(p->config, 1, &config);
	return p->ports * ENGINE_TX_OWN + 2 * ENGINE_BURST_MAX + config.fragments +
	       LONGEST_SEGMENTS;
}

int
machine_start(struct program *p)
{
	unsigned mbufs = mbufs_needed(p);
	int status = eal_start("sluice-replay", mbufs);

	if (status != 0)
		return message_error(EXIT_DEVICE, "DPDK does not start: %s",
				     strerror(-status));
	p->pool = eal_mempool(mbufs);
	if (p->pool == NULL)
		return message_error(EXIT_DEVICE, "no memory for %u packets: %s", mbufs,
				     rte_strerror(rte_errno));
	return EXIT_SUCCESS;
}

/*
 * Fill the hash secret. It is constant, so that each run places connections alike; a
 * replay's table cannot be attacked.
 */
static void
fill_secret(uint8_t *secret)
{
	/* generate the bytes with splitmix64 from a constant seed */
	uint64_t x = 0x736c75696365ull;
	unsigned i;

	for (i = 0; i < KEY_SECRET_BYTES; i++) {
		uint64_t z = (x += 0x9e3779b97f4a7c15ull);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
		secret[i] = (uint8_t)(z >> 56);
	}
}

static int
prepare_replay(struct program *p)
{
	struct replay *r = &p->replay;

	r->captures = p->captures;
	r->count = p->options.captures;
	r->ports = p->ports;
	r->mirrors = 2 * p->config->wire_count;
	r->burst = p->options.burst;
	r->dedup = p->options.dedup;
	r->pool = p->pool;
	r->sinks = &p->sinks;
	if (replay_init(r) != 0)
		return message_error(EXIT_DEVICE, "no memory for the conversations");
	p->first_ns = replay_first_ns(r);
	r->now_ns = p->first_ns;
	return EXIT_SUCCESS;
}

int
machine_make_engine(struct program *p)
{
	struct engine_config config = {0};
	int status = prepare_replay(p);

	if (status != EXIT_SUCCESS)
		return status;
	config_engine(p->config, 1, &config);
	engine_config_rules(&config, p->policy);
	config.mempool = p->pool;
	fill_secret(config.secret);
	p->bytes = engine_bytes(&config);
	/* the kernel gives a page memory only when it is written */
	p->memory = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->memory == MAP_FAILED) {
		p->memory = NULL;
		return message_error(EXIT_CONFIG,
				     "no memory for the connections: %zu bytes are "
				     "needed; expected a smaller conntrack.max",
				     p->bytes);
	}
	status = engine_init(p->memory, &config, p->policy, p->policy_state, p->first_ns,
			     &p->replay.engine);
	if (status != 0)
		return message_error(EXIT_CONFIG, "%s: the engine does not take it: %s",
				     p->config->file, strerror(-status));
	return EXIT_SUCCESS;
}

/* Return whether a capture has times finer than microseconds. */
static bool
has_nanoseconds(const struct program *p)
{
	const struct reader *r;
	unsigned i;
	uint32_t j;

	for (i = 0; i < p->options.captures; i++) {
		r = &p->captures[i].reader;
		for (j = 0; j < r->interface_count; j++)
			if (r->interfaces[j].tsresol > 6)
				return true;
	}
	return false;
}

int
machine_open_output(struct program *p)
{
	struct output_error error;
	char text[PATH_MAX + 256];

	p->nano = has_nanoseconds(p);
	if (p->options.report != REPORT_NONE) {
		p->sinks.report = &p->report;
		if (report_open(&p->report, p->options.report, p->options.connection) !=
		    0)
			return message_error(EXIT_DEVICE, "no memory for the report");
	}
	if (p->options.split != NULL) {
		p->sinks.split = &p->split;
		if (split_open(&p->split, p->options.split, p->names, text,
			       sizeof(text)) != 0)
			return message_error(EXIT_DEVICE, "--split: %s", text);
	}
	if (p->options.out == NULL)
		return EXIT_SUCCESS;
	p->sinks.output = &p->output;
	p->output.first_ns = p->first_ns;
	p->output.nano = !p->options.by_port && p->nano;
	if (output_open(&p->output, p->wanted, &error) != 0)
		return message_error(EXIT_DEVICE, "%s", error.text);
	if (p->options.by_port)
		return EXIT_SUCCESS;
	p->sinks.annotate = &p->annotate;
	if (annotate_open(&p->annotate, p->options.out, p->policy, text, sizeof(text)) !=
	    0)
		return message_error(EXIT_DEVICE, "%s", text);
	p->sinks.connlog = &p->connlog;
	if (connlog_open(&p->connlog, p->options.out, p->first_ns, text, sizeof(text)) !=
	    0)
		return message_error(EXIT_DEVICE, "%s", text);
	return EXIT_SUCCESS;
}

int
machine_stop(struct program *p, int status)
{
	struct output_error error;
	char text[2 * PATH_MAX + 512];
	unsigned i;

	replay_free(&p->replay);
	if (p->sinks.output != NULL && output_close(&p->output, &error) != 0)
		status = message_error(EXIT_DEVICE, "%s", error.text);
	if (p->sinks.annotate != NULL &&
	    annotate_close(&p->annotate, text, sizeof(text)) != 0)
		status = message_error(EXIT_DEVICE, "%s", text);
	if (p->sinks.connlog != NULL &&
	    connlog_close(&p->connlog, text, sizeof(text)) != 0)
		status = message_error(EXIT_DEVICE, "%s", text);
	if (p->sinks.split != NULL && split_close(&p->split, text, sizeof(text)) != 0)
		status = message_error(EXIT_DEVICE, "%s", text);
	report_close(&p->report);
	for (i = 0; i < p->options.captures; i++) {
		capture_close(&p->captures[i]);
		free(p->captures[i].file_json);
	}
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
