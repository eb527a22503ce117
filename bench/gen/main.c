/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-gen: generate whole TCP connections (lives.h) on one core, through the device
 * between the first two ports. Prints how many segments and connections got through, how
 * many were lost, and the latencies.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "bench.h"
#include "options.h"

#define BURST 32u
#define DESCRIPTORS 1024u
#define MBUFS 16383u
#define POOL_CACHE 256u
#define LINK_SECONDS 10u
#define OPEN_SECONDS 60u
#define TIMEOUT_MS 500u
#define LATE_SLOTS 16u /* slots that are checked for late segments in a turn */

/* The next event of a rate; times are in cycles since the start. */
struct pace {
	double cycles; /* cycles from one to the next; 0: as fast as possible */
	double due;    /* when the next is due */
};

struct generator {
	struct options options;
	struct lives lives;
	struct rte_mempool *pool;
	struct rte_mbuf *out[2][2 * BURST]; /* written, not taken by the port yet */
	uint16_t out_count[2];
	uint64_t start;
	struct pace pace[LIVES_CLASSES];
	struct pace flood;
};

static volatile sig_atomic_t interrupted;

static void
interrupt(int number)
{
	(void)number;
	interrupted = 1;
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

/*
 * Wait until both ports have a link: some devices have one only when the peer is
 * connected.
 */
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

static void
pace_start(struct pace *p, double rate, uint64_t elapsed)
{
	p->cycles = rate > 0 ? (double)rte_get_tsc_hz() / rate : 0;
	p->due = (double)elapsed;
}

static bool
pace_is_due(const struct pace *p, uint64_t elapsed)
{
	return p->due <= (double)elapsed;
}

/*
 * Queue the segments or lives of a class that are due, at most a burst. Those for which
 * no connection is free stay due, and their latency counts from that time.
 */
static void
begin(struct generator *g, enum lives_class class, uint64_t elapsed)
{
	struct pace *p = &g->pace[class];
	unsigned looked, begun = 0;
	uint64_t due;

	for (looked = 0; looked < 2 * BURST && begun < BURST; looked++) {
		if (p->cycles > 0 && !pace_is_due(p, elapsed))
			return;
		due = p->cycles > 0 ? g->start + (uint64_t)p->due : LIVES_AT_ONCE;
		if (!lives_next(&g->lives, class, due))
			continue;
		p->due += p->cycles;
		begun++;
	}
}

/* Send the frames in the buffers, as many as the ports accept. */
static void
transmit(struct generator *g)
{
	uint16_t sent;
	uint8_t side;

	for (side = 0; side < 2; side++) {
		if (g->out_count[side] == 0)
			continue;
		sent = rte_eth_tx_burst(side, 0, g->out[side], g->out_count[side]);
		g->out_count[side] -= sent;
		memmove(g->out[side], g->out[side] + sent,
			g->out_count[side] * sizeof(g->out[side][0]));
	}
}

/*
 * Write the segments that are ready, as many as the buffers of both ports have room for.
 */
static void
write_ready(struct generator *g)
{
	struct rte_mbuf *pkts[BURST];
	uint32_t room = RTE_MIN(2 * BURST - g->out_count[0], 2 * BURST - g->out_count[1]);
	uint32_t n = RTE_MIN(RTE_MIN(lives_ready(&g->lives), BURST), room), i;
	uint64_t now = rte_rdtsc();
	uint8_t side;

	if (n == 0 || rte_pktmbuf_alloc_bulk(g->pool, pkts, n) != 0)
		return;
	for (i = 0; i < n; i++) {
		side = lives_write(&g->lives, now, pkts[i]);
		g->out[side][g->out_count[side]++] = pkts[i];
	}
}

/*
 * Write the SYNs of the flood that are due. Those that find no room are skipped, not sent
 * later.
 */
static void
write_flood(struct generator *g, uint64_t elapsed)
{
	struct pace *p = &g->flood;
	struct rte_mbuf *m;

	if (p->cycles == 0)
		return;
	for (; pace_is_due(p, elapsed); p->due += p->cycles) {
		if (g->out_count[0] == 2 * BURST ||
		    (m = rte_pktmbuf_alloc(g->pool)) == NULL) {
			p->due = (double)elapsed;
			return;
		}
		lives_flood(&g->lives, m);
		g->out[0][g->out_count[0]++] = m;
	}
}

/*
 * One turn of the loop: receive, queue new segments of the first `classes` classes, send.
 */
static void
turn(struct generator *g, unsigned classes, uint64_t now)
{
	unsigned class;

	take(g, 0);
	take(g, 1);
	for (class = 0; class < classes; class ++)
		begin(g, class, now - g->start);
	write_ready(g);
	write_flood(g, now - g->start);
	transmit(g);
	lives_late(&g->lives, now, LATE_SLOTS);
}

/* Open the held connections as fast as possible. */
static int
open_held(struct generator *g)
{
	uint32_t held = g->options.lives.connections[LIVES_HELD];
	uint64_t end = rte_rdtsc() + OPEN_SECONDS * rte_get_tsc_hz(), now;

	while (g->lives.stats.opened < held && !interrupted) {
		now = rte_rdtsc();
		if (now >= end)
			break;
		turn(g, LIVES_HELD + 1, now);
	}
	if (interrupted || lives_open(&g->lives) >= held)
		return 0;
	fprintf(stderr, "bench-gen: %u of %u connections open after %u s\n",
		lives_open(&g->lives), held, OPEN_SECONDS);
	return -1;
}

/* Returns the seconds that it took. */
static double
run(struct generator *g, double seconds)
{
	uint64_t start = rte_rdtsc(), now = start;
	uint64_t end = start + (uint64_t)(seconds * (double)rte_get_tsc_hz());

	while (now < end && !interrupted) {
		now = rte_rdtsc();
		turn(g, LIVES_CLASSES, now);
	}
	return (double)(now - start) / (double)rte_get_tsc_hz();
}

static void
pace_all(struct generator *g)
{
	uint64_t elapsed = rte_rdtsc() - g->start;
	unsigned class;

	for (class = 0; class < LIVES_CLASSES; class ++)
		pace_start(&g->pace[class], g->options.rate[class], elapsed);
	pace_start(&g->flood, g->options.flood, elapsed);
}

/* Return how many segments or lives are due and not begun. */
static double
behind(const struct generator *g)
{
	double elapsed = (double)(rte_rdtsc() - g->start), sum = 0;
	unsigned class;

	for (class = 0; class < LIVES_CLASSES; class ++)
		if (g->pace[class].cycles > 0 && g->pace[class].due < elapsed)
			sum += (elapsed - g->pace[class].due) / g->pace[class].cycles;
	return sum;
}

static void
report_latency(struct bench *b, const char *params, const struct histogram *h)
{
	static const struct {
		const char *name;
		double part;
	} rows[] = {{"latency-p50", 0.5},
		    {"latency-p99", 0.99},
		    {"latency-p99.9", 0.999}};
	double ns = 1e9 / (double)rte_get_tsc_hz();
	unsigned i;

	for (i = 0; i < RTE_DIM(rows); i++)
		bench_value(b, params, rows[i].name,
			    (double)histogram_percentile(h, rows[i].part) * ns, "ns");
	bench_value(b, params, "latency-max", (double)h->max * ns, "ns");
}

static void
report(const struct generator *g, double seconds)
{
	const struct lives_stats *s = &g->lives.stats;
	const struct options *o = &g->options;
	struct bench b = {.program = "gen", .json = o->json};
	char params[128];

	snprintf(params, sizeof(params),
		 "held=%u ending=%u family=%u data=%u size=%u%s rate=%.0f",
		 o->lives.connections[LIVES_HELD], o->lives.connections[LIVES_ENDING],
		 o->lives.family, o->lives.data, o->lives.size[0].payload,
		 o->lives.sizes > 1 ? "+" : "",
		 o->lives.connections[LIVES_HELD] > 0 ? o->rate[LIVES_HELD]
						      : o->rate[LIVES_ENDING]);
	bench_value(&b, params, "segments", (double)s->received / seconds, "/s");
	bench_value(&b, params, "bits", (double)s->bytes * 8e-9 / seconds, "Gbit/s");
	if (o->lives.connections[LIVES_ENDING] > 0)
		bench_value(&b, params, "connections", (double)s->ended / seconds, "/s");
	if (o->flood > 0) {
		bench_value(&b, params, "flood", (double)s->flood_sent / seconds, "/s");
		bench_value(&b, params, "flood-out", (double)s->flood_received / seconds,
			    "/s");
	}
	bench_value(&b, params, "again", (double)s->again, "segments");
	bench_value(&b, params, "abandoned", (double)s->abandoned, "connections");
	bench_value(&b, params, "alien", (double)s->alien, "frames");
	bench_value(&b, params, "behind", behind(g), "segments");
	report_latency(&b, params, &g->lives.latency);
}

/*
 * Run the measurement and print the rows. Returns 0 if at least one segment got through.
 */
static int
measure(struct generator *g)
{
	struct lives *l = &g->lives;
	double seconds;

	if (open_held(g) != 0)
		return -1;
	pace_all(g);
	run(g, g->options.warmup);
	memset(&l->stats, 0, sizeof(l->stats));
	memset(&l->latency, 0, sizeof(l->latency));
	seconds = run(g, g->options.seconds);
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
	g->start = rte_rdtsc();
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
	if (options_read(&g.options, argc - used, argv + used) != 0)
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
