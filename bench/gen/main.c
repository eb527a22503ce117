/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-gen: TCP connections from beginning to end through whatever joins the first two
 * ports (lives.h), on one core. It says how many segments and connections came through, what
 * was lost, and how long they took.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench.h"
#include "lives.h"

#define BURST 32u
#define DESCRIPTORS 1024u
#define MBUFS 16383u
#define POOL_CACHE 256u
#define LINK_SECONDS 10u
#define OPEN_SECONDS 60u
#define TIMEOUT_MS 500u
#define LATE_SLOTS 16u /* looked at a turn */

struct options {
	struct lives_config lives;
	double rate; /* lives, or with hold segments, a second; 0: as fast as they go */
	double seconds; /* measured */
	double warmup;  /* before that */
	bool json;
};

struct generator {
	struct options options;
	struct lives lives;
	struct rte_mempool *pool;
	struct rte_mbuf *out[2][2 * BURST]; /* written, not taken by the port yet */
	uint16_t out_count[2];
	double due; /* lives or segments that the rate has made due */
};

static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static int
usage(FILE *out, int status)
{
	fprintf(out,
		"usage: bench-gen [EAL options] -- [options]\n"
		"  lives of TCP connections between the first two ports, lan and wan\n"
		"  -c N    connections at once (1000)\n"
		"  -d N    data segments of a life, both sides together (2)\n"
		"  -H      hold: open them once, then send data on them without end\n"
		"  -s N    bytes of a data segment, 1 to %u (6)\n"
		"  -R N    new connections, with -H segments, a second (as many as go)\n"
		"  -6      IPv6\n"
		"  -T      with timestamps\n"
		"  -t N    seconds measured (5)\n"
		"  -w N    seconds before that (1); -H waits until all are open as well\n"
		"  -o F    text or json\n",
		TRAFFIC_PAYLOAD_MAX);
	return status;
}

/* A number of an option's argument within bounds, or -1 with a message. */
static double
number(int letter, double least, double most)
{
	char *end;
	double value = strtod(optarg, &end);

	if (end != optarg && *end == '\0' && value >= least && value <= most)
		return value;
	fprintf(stderr, "bench-gen: -%c %s: a number of %.0f to %.0f expected\n", letter,
		optarg, least, most);
	return -1;
}

static int
read_option(struct options *o, int letter)
{
	double value = 0;

	switch (letter) {
	case 'c':
		value = number(letter, 1, TRAFFIC_CONNECTIONS);
		o->lives.connections = (uint32_t)value;
		break;
	case 'd':
		value = number(letter, 0, 60000);
		o->lives.data = (uint16_t)value;
		break;
	case 's':
		value = number(letter, 1, TRAFFIC_PAYLOAD_MAX);
		o->lives.payload = (uint16_t)value;
		break;
	case 'R':
		o->rate = value = number(letter, 0, 1e9);
		break;
	case 't':
		o->seconds = value = number(letter, 0, 86400);
		break;
	case 'w':
		o->warmup = value = number(letter, 0, 86400);
		break;
	case 'H':
		o->lives.hold = true;
		break;
	case '6':
		o->lives.family = 6;
		break;
	case 'T':
		o->lives.timestamps = true;
		break;
	case 'o':
		o->json = strcmp(optarg, "json") == 0;
		return o->json || strcmp(optarg, "text") == 0 ? 0 : usage(stderr, -1);
	default:
		return usage(stderr, -1);
	}
	return value < 0 ? -1 : 0;
}

static int
read_options(struct options *o, int argc, char **argv)
{
	int letter;

	*o = (struct options){
		.lives = {.family = 4,
			  .payload = TRAFFIC_PAYLOAD,
			  .data = 2,
			  .connections = 1000},
		.seconds = 5,
		.warmup = 1,
	};
	while ((letter = getopt(argc, argv, "c:d:Hs:R:6Tt:w:o:")) != -1)
		if (read_option(o, letter) != 0)
			return -1;
	return optind == argc ? 0 : usage(stderr, -1);
}

static int
start_port(uint16_t port, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	int socket = rte_eth_dev_socket_id(port);
	int rc = rte_eth_dev_configure(port, 1, 1, &conf);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(port, 0, rx, (unsigned)socket, NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(port, 0, tx, (unsigned)socket, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(port);
	if (rc != 0)
		fprintf(stderr, "bench-gen: port %u does not start: %s\n", port,
			strerror(-rc));
	return rc;
}

/* Some devices have a link only when the other side is there too. */
static int
wait_for_links(void)
{
	uint64_t end = rte_rdtsc() + LINK_SECONDS * rte_get_tsc_hz();
	struct rte_eth_link link;
	uint16_t port = 0;

	while (port < 2 && rte_rdtsc() < end && !interrupted) {
		memset(&link, 0, sizeof(link));
		rte_eth_link_get_nowait(port, &link);
		if (link.link_status == RTE_ETH_LINK_UP)
			port++;
		else
			rte_delay_us_sleep(1000);
	}
	if (port == 2)
		return 0;
	fprintf(stderr, "bench-gen: port %u has no link\n", port);
	return -1;
}

static void
take(struct generator *g, uint8_t side)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t n = rte_eth_rx_burst(side, 0, pkts, BURST), i;
	uint64_t now = rte_rdtsc();

	for (i = 0; i < n; i++)
		lives_take(&g->lives, side, now, pkts[i]);
	rte_pktmbuf_free_bulk(pkts, n);
}

/* Begin what the rate has made due; no more than a burst, or one turn would not end. */
static void
begin(struct generator *g, uint64_t cycles)
{
	const struct options *o = &g->options;
	unsigned looked;

	g->due = o->rate > 0
			 ? g->due + (double)cycles * o->rate / (double)rte_get_tsc_hz()
			 : BURST;
	if (g->due > BURST)
		g->due = BURST; /* what could not be sent in time is not made up for */
	for (looked = 0; looked < 2 * BURST && g->due >= 1; looked++)
		if (lives_next(&g->lives))
			g->due--;
}

/* Write what is ready, as far as both ports have room for all of it. */
static void
transmit(struct generator *g)
{
	struct rte_mbuf *pkts[BURST];
	uint32_t room = RTE_MIN(2 * BURST - g->out_count[0], 2 * BURST - g->out_count[1]);
	uint32_t n = RTE_MIN(RTE_MIN(lives_ready(&g->lives), BURST), room), i;
	uint64_t now = rte_rdtsc();
	uint16_t sent;
	uint8_t side;

	if (n > 0 && rte_pktmbuf_alloc_bulk(g->pool, pkts, n) == 0) {
		for (i = 0; i < n; i++) {
			side = lives_write(&g->lives, now, pkts[i]);
			g->out[side][g->out_count[side]++] = pkts[i];
		}
	}
	for (side = 0; side < 2; side++) {
		if (g->out_count[side] == 0)
			continue;
		sent = rte_eth_tx_burst(side, 0, g->out[side], g->out_count[side]);
		g->out_count[side] -= sent;
		memmove(g->out[side], g->out[side] + sent,
			g->out_count[side] * sizeof(g->out[side][0]));
	}
}

/* Run for some time; with `all` no longer than until all connections are open. */
static double
run(struct generator *g, double seconds, bool all)
{
	uint64_t start = rte_rdtsc(), now = start, before;
	uint64_t end = start + (uint64_t)(seconds * (double)rte_get_tsc_hz());

	while (now < end && !interrupted) {
		if (all && g->lives.stats.opened >= g->lives.config.connections)
			break;
		before = now;
		now = rte_rdtsc();
		take(g, 0);
		take(g, 1);
		begin(g, now - before);
		transmit(g);
		lives_late(&g->lives, now, LATE_SLOTS);
	}
	return (double)(now - start) / (double)rte_get_tsc_hz();
}

static void
report(const struct generator *g, double seconds)
{
	static const struct {
		const char *name;
		double part;
	} latency[] = {{"latency-p50", 0.5},
		       {"latency-p99", 0.99},
		       {"latency-p99.9", 0.999}};
	const struct lives_stats *s = &g->lives.stats;
	const struct lives_config *c = &g->lives.config;
	double ns = 1e9 / (double)rte_get_tsc_hz();
	struct bench b = {.program = "gen", .json = g->options.json};
	char params[128];
	unsigned i;

	snprintf(params, sizeof(params),
		 "connections=%u family=%u data=%u size=%u hold=%d", c->connections,
		 c->family, c->data, c->payload, c->hold);
	bench_value(&b, params, "segments", (double)s->received / seconds, "/s");
	if (!c->hold)
		bench_value(&b, params, "connections", (double)s->ended / seconds, "/s");
	bench_value(&b, params, "again", (double)s->again, "segments");
	bench_value(&b, params, "abandoned", (double)s->abandoned, "connections");
	bench_value(&b, params, "alien", (double)s->alien, "frames");
	for (i = 0; i < RTE_DIM(latency); i++)
		bench_value(&b, params, latency[i].name,
			    (double)histogram_percentile(&g->lives.latency,
							 latency[i].part) *
				    ns,
			    "ns");
	bench_value(&b, params, "latency-max", (double)g->lives.latency.most * ns, "ns");
}

/* 0 when something came through. */
static int
measure(struct generator *g)
{
	struct lives *l = &g->lives;
	double rate = g->options.rate, seconds;

	if (l->config.hold) {
		g->options.rate = 0;
		run(g, OPEN_SECONDS, true);
		g->options.rate = rate;
		if (!interrupted && lives_open(l) < l->config.connections) {
			fprintf(stderr,
				"bench-gen: %u of %u connections open after %u s\n",
				lives_open(l), l->config.connections, OPEN_SECONDS);
			return -1;
		}
	}
	run(g, g->options.warmup, false);
	memset(&l->stats, 0, sizeof(l->stats));
	memset(&l->latency, 0, sizeof(l->latency));
	seconds = run(g, g->options.seconds, false);
	report(g, seconds);
	return l->stats.received > 0 ? 0 : -1;
}

static int
setup(struct generator *g)
{
	size_t bytes = lives_bytes(&g->options.lives);
	struct bench b = {0};
	void *memory;

	if (rte_eth_dev_count_avail() != 2) {
		fprintf(stderr, "bench-gen: two ports expected, not %u\n",
			rte_eth_dev_count_avail());
		return -1;
	}
	g->options.lives.timeout = rte_get_tsc_hz() * TIMEOUT_MS / 1000;
	memory = bench_memory(&b, bytes);
	if (memory == NULL)
		return -1;
	lives_init(&g->lives, &g->options.lives, memory);
	g->pool = rte_pktmbuf_pool_create("gen", MBUFS, POOL_CACHE, 0,
					  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (g->pool == NULL) {
		fprintf(stderr, "bench-gen: no memory for %u packet buffers\n", MBUFS);
		return -1;
	}
	if (start_port(0, g->pool) != 0 || start_port(1, g->pool) != 0)
		return -1;
	return wait_for_links();
}

int
main(int argc, char **argv)
{
	static struct generator g;
	int used = rte_eal_init(argc, argv), status = 1;

	if (used < 0)
		return 1;
	if (read_options(&g.options, argc - used, argv + used) != 0)
		return 2;
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	if (setup(&g) == 0 && measure(&g) == 0)
		status = 0;
	rte_eth_dev_stop(0);
	rte_eth_dev_stop(1);
	rte_eal_cleanup();
	return status;
}
