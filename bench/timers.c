/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the timers of active connections in engine_expire(): once in each time-out a
 * timer is due, the connection turns out to have had packets, and the timer is armed
 * again. wheel.c measures the wheel's part of this.
 *
 * It runs in memory. N connections with a time-out of 120 s have a segment every 60 s, in
 * random order, so that after the first time-out the timers are due in random order too.
 * The engine's clock advances by a millisecond at a time. In each millisecond its
 * segments are processed, which is not measured, and then a poll for each 64 timers,
 * which is. A round is a time-out. A timer that finds a segment 60 s old is armed for the
 * other 60 s, so a round has up to two timers for each connection.
 */
#include "bench.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <engine/engine.h>

#define TIMEOUT_MS 120000u
#define EVERY_MS 60000u /* time between two segments of a connection */
#define BURST 32u
#define MS UINT64_C(1000000)

struct state {
	struct traffic traffic;
	struct rte_mbuf *pkts[BURST];
	struct engine *engine;
	uint32_t *order; /* all connections, shuffled */
	uint32_t n;
	uint32_t next; /* position in the order of the connections */
	uint64_t now_ns;
	uint64_t cpu_ns; /* CPU time in engine_expire() */
	uint64_t polls;
	uint64_t visits;
};

static void
judge(struct state *s, uint8_t side, uint16_t n)
{
	engine_burst(s->engine, side, s->pkts, n, s->now_ns, NULL);
	engine_tx(s->engine, side ^ 1)->count = 0;
}

/*
 * Call engine_expire() as a poll loop does, with at most 64 timers in each call, and
 * measure it.
 */
static void
expire(struct state *s)
{
	uint64_t before = bench_cpu_ns();
	unsigned n;

	do
		s->visits += n = engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX);
	while (n == ENGINE_EXPIRE_MAX);
	s->cpu_ns += bench_cpu_ns() - before;
	s->polls++;
}

/* The time that reading the clock takes: the minimum of many readings. */
static uint64_t
clock_ns(void)
{
	uint64_t min = UINT64_MAX, before, i;

	for (i = 0; i < 10000; i++) {
		before = bench_cpu_ns();
		min = RTE_MIN(min, bench_cpu_ns() - before);
	}
	return min;
}

/* Send an ACK of each of the next `count` connections in order. */
static void
segments(struct state *s, uint32_t count)
{
	uint32_t i, n;

	for (; count > 0; count -= n) {
		n = RTE_MIN(count, BURST);
		for (i = 0; i < n; i++) {
			traffic_write(&s->traffic, s->pkts[i], TRAFFIC_ACK,
				      s->order[s->next], TRAFFIC_ISS_LAN + 1,
				      TRAFFIC_ISS_WAN + 1);
			s->next = s->next + 1 < s->n ? s->next + 1 : 0;
		}
		judge(s, 0, (uint16_t)n);
	}
}

/* Run a round: advance the clock by a time-out. */
static void
go_on(struct state *s)
{
	uint64_t sent = 0, due;
	uint32_t ms;

	for (ms = 1; ms <= TIMEOUT_MS; ms++) {
		s->now_ns += MS;
		due = (uint64_t)s->n * ms / EVERY_MS;
		segments(s, (uint32_t)(due - sent));
		sent = due;
		expire(s);
	}
}

static void
open_all(struct state *s)
{
	uint32_t i, j, k;
	uint8_t side = 0;

	for (i = 0; i < s->n; i += BURST) {
		for (k = 0; k < TRAFFIC_HANDSHAKE; k++) {
			for (j = 0; j < BURST; j++)
				side = traffic_write_handshake(&s->traffic, s->pkts[j], k,
							       i + j);
			judge(s, side, BURST);
		}
		/* spread the first segments evenly over EVERY_MS */
		s->now_ns += (uint64_t)EVERY_MS * MS / (s->n / BURST);
	}
}

static void
shuffle(struct state *s)
{
	struct bench_random r = {4242};
	uint32_t i, j;

	for (i = 0; i < s->n; i++) {
		j = bench_random_below(&r, i + 1);
		s->order[i] = s->order[j];
		s->order[j] = i;
	}
}

static int
measure(struct bench *b, struct state *s)
{
	double rounds[BENCH_REPEATS_MAX], ns;
	struct engine_stats stats;
	char params[64];
	unsigned round;

	snprintf(params, sizeof(params), "connections=%u timeout_s=%u", s->n,
		 TIMEOUT_MS / 1000);
	go_on(s); /* after this round the order of the timers is random */
	for (round = 0; round < b->repeats; round++) {
		s->visits = s->cpu_ns = s->polls = 0;
		go_on(s);
		rounds[round] = (double)(s->cpu_ns - s->polls * clock_ns()) /
				(double)s->visits;
	}
	ns = bench_median(rounds, b->repeats);
	bench_value(b, params, "timer that is armed again", ns, "ns");
	bench_value(b, params, "timers", (double)s->visits * 1000 / TIMEOUT_MS, "/s");
	bench_value(b, params, "share of a core",
		    ns * (double)s->visits / TIMEOUT_MS * 1e-4, "percent");
	/* a connection that is always busy has one timer in each time-out */
	bench_value(b, params, "share, always busy",
		    ns * (double)s->n / TIMEOUT_MS * 1e-4, "percent");
	engine_stats(s->engine, &stats);
	if (stats.passed == stats.packets && stats.connections == s->n)
		return 0;
	bench_note("timers: %ju of %ju packets passed, %u of %u connections are left",
		   (uintmax_t)stats.passed, (uintmax_t)stats.packets, stats.connections,
		   s->n);
	return -1;
}

static int
with_engine(struct bench *b, struct rte_mempool *pool, uint32_t n)
{
	static struct state s;
	struct engine_config config = {.track = TRACK_CONFIG_DEFAULT,
				       .max = n,
				       .wires = 1,
				       .mempool = pool};
	struct policy *policy = NULL;
	void *memory;
	int rc = -1;

	s = (struct state){.n = n / BURST * BURST, .now_ns = MS};
	config.track.tcp_timeout_established = TIMEOUT_MS;
	memset(config.secret, 0xa5, sizeof(config.secret));
	traffic_init(&s.traffic, 4, false, 0);
	memory = bench_memory(b, engine_bytes(&config));
	s.order = bench_memory(b, s.n * sizeof(*s.order));
	if (memory != NULL && s.order != NULL && policy_accept_all(&policy) == 0 &&
	    rte_pktmbuf_alloc_bulk(pool, s.pkts, BURST) == 0 &&
	    engine_init(memory, &config, policy, NULL, s.now_ns, &s.engine) == 0) {
		shuffle(&s);
		open_all(&s);
		rc = measure(b, &s);
		rte_pktmbuf_free_bulk(s.pkts, BURST);
	}
	policy_free(policy);
	bench_memory_free(memory, engine_bytes(&config));
	bench_memory_free(s.order, s.n * sizeof(*s.order));
	return rc;
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {100000, 1000000, 10000000};
	struct rte_mempool *pool;
	struct bench b;
	unsigned i;
	int rc = bench_start(&b, argc, argv, "timers", 1000000);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 1023, 0, 0, 512, 0);
	if (pool == NULL)
		return EXIT_FAILURE;
	for (i = 0; i < RTE_DIM(sizes) && sizes[i] <= b.connections; i++)
		if (with_engine(&b, pool, sizes[i]) != 0)
			return EXIT_FAILURE;
	return bench_end(&b);
}
