/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the time that a connection takes from SYN to the end of TIME_WAIT; that of a
 * SYN without an answer, from insertion to expiry; and the longest poll when all
 * connections expire at once.
 *
 * It runs in memory: frames are written into a few mbufs before each burst. The case
 * "frames" measures the writing, which is subtracted in the rows "alone". The clock
 * advances by a fixed step for each burst, so that the number of connections in the table
 * is the rate times the time-out; the parameters state it. A poll is a burst and an
 * engine_expire().
 */
#include "bench.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <base/ticks.h>
#include <engine/engine.h>

#define BURST 32u
#define COHORTS 4096u           /* groups of BURST connections in a round */
#define COHORT_NS 16000u        /* 2 M connections a second */
#define LINGER_MS 50u           /* TIME_WAIT, SYN_SENT; shorter than a round */
#define ROOM (1u << 20)         /* connections of the table */
#define EXPIRE_NS 2000000000ull /* longer than every time-out of this program */

struct state {
	struct traffic traffic;
	struct rte_mbuf *pkts[BURST];
	struct engine *engine;
	uint64_t now_ns;
	uint32_t next; /* number of the next connection to open */
};

/* The packets of a connection, in order. */
static const struct life {
	uint8_t kind;
	uint8_t seq, ack; /* relative to the ISS of its sender and of its receiver */
} life[] = {
	{TRAFFIC_SYN, 0, 0},
	{TRAFFIC_SYN_ACK, 0, 1},
	{TRAFFIC_ACK, 1, 1},
	{TRAFFIC_DATA_LAN, 1, 1},
	{TRAFFIC_DATA_WAN, 1, 1 + TRAFFIC_PAYLOAD},
	{TRAFFIC_FIN_LAN, 1 + TRAFFIC_PAYLOAD, 1 + TRAFFIC_PAYLOAD},
	{TRAFFIC_FIN_WAN, 1 + TRAFFIC_PAYLOAD, 2 + TRAFFIC_PAYLOAD},
	{TRAFFIC_ACK, 2 + TRAFFIC_PAYLOAD, 2 + TRAFFIC_PAYLOAD},
};

static void
burst_write(struct state *s, const struct life *l, uint32_t first)
{
	uint8_t side = traffic_side(l->kind);
	uint32_t seq = (side == 0 ? TRAFFIC_ISS_LAN : TRAFFIC_ISS_WAN) + l->seq;
	uint32_t ack = (side == 0 ? TRAFFIC_ISS_WAN : TRAFFIC_ISS_LAN) + l->ack;
	uint32_t i;

	for (i = 0; i < BURST; i++)
		traffic_write(&s->traffic, s->pkts[i], l->kind, first + i, seq,
			      l->kind == TRAFFIC_SYN ? 0 : ack);
}

static void
poll_once(struct state *s, uint8_t side)
{
	engine_burst(s->engine, side, s->pkts, BURST, s->now_ns, NULL);
	engine_tx(s->engine, side ^ 1)->count = 0;
	engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX);
}

/* Write the first n packets of each connection. engine: also pass them to the engine. */
static uint64_t
run_lives(struct state *s, unsigned n, bool engine)
{
	uint32_t cohort, first = s->next;
	unsigned i;

	for (cohort = 0; cohort < COHORTS; cohort++, first += BURST)
		for (i = 0; i < n; i++) {
			burst_write(s, &life[i], first);
			if (!engine)
				continue;
			s->now_ns += COHORT_NS / n;
			poll_once(s, traffic_side(life[i].kind));
		}
	if (engine)
		s->next = first % (TRAFFIC_CONNECTIONS / 2);
	return (uint64_t)COHORTS * BURST;
}

static uint64_t
run_frames(void *s)
{
	return run_lives(s, RTE_DIM(life), false);
}

static uint64_t
run_connections(void *s)
{
	return run_lives(s, RTE_DIM(life), true);
}

static uint64_t
run_syn_frames(void *s)
{
	return run_lives(s, 1, false);
}

static uint64_t
run_syns(void *s)
{
	return run_lives(s, 1, true);
}

static void
expire_all(struct state *s)
{
	s->now_ns += EXPIRE_NS;
	while (engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX) != 0)
		;
}

static void
fill(struct state *s, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i += BURST) {
		burst_write(s, &life[0], i);
		engine_burst(s->engine, 0, s->pkts, BURST, s->now_ns, NULL);
		engine_tx(s->engine, 1)->count = 0;
	}
	s->now_ns += EXPIRE_NS;
}

/*
 * Let all connections of a full table expire in polls of ENGINE_EXPIRE_MAX, and measure
 * each poll. The polls of each round do the same work in the same order. The fastest
 * round of a poll counts: costs of our code recur in every round, interrupts do not.
 */
static int
measure_mass_expiry(struct bench *b, struct state *s, uint32_t n)
{
	uint64_t *poll = calloc(n / ENGINE_EXPIRE_MAX + 2, sizeof(*poll));
	uint64_t longest = 0, all = 0, before, ns;
	uint32_t round, done, i;
	char params[64];

	if (poll == NULL)
		return -1;
	for (round = 0; round < b->repeats; round++) {
		fill(s, n);
		i = 0;
		do {
			before = bench_cpu_ns();
			done = engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX);
			ns = bench_cpu_ns() - before;
			poll[i] = round == 0 ? ns : RTE_MIN(poll[i], ns);
			all += ns;
		} while (done != 0 && i++ < n / ENGINE_EXPIRE_MAX);
	}
	for (i = 0; i < n / ENGINE_EXPIRE_MAX + 1; i++)
		longest = RTE_MAX(longest, poll[i]);
	free(poll);
	snprintf(params, sizeof(params), "n=%u expire=%u", n, ENGINE_EXPIRE_MAX);
	bench_value(b, params, "mass expiry", (double)all / n / b->repeats, "ns");
	bench_value(b, params, "mass expiry, longest poll", (double)longest / 1000, "us");
	return 0;
}

static int
measure(struct bench *b, struct state *s, uint32_t n)
{
	struct bench_case lives[] = {
		{.name = "frames", .run = run_frames, .arg = s},
		{.name = "frames, life of 8 packets", .run = run_connections, .arg = s},
	};
	struct bench_case flood[] = {
		{.name = "SYN frames", .run = run_syn_frames, .arg = s},
		{.name = "SYN frames, in and out", .run = run_syns, .arg = s},
	};
	char params[64];
	double ns;

	snprintf(params, sizeof(params), "time_wait_ms=%u", LINGER_MS);
	bench_run(b, params, lives, 2);
	ns = lives[1].median - lives[0].median;
	bench_value(b, params, "connection alone", ns, "ns");
	bench_value(b, params, "connections", 1000 / ns, "M/s");
	expire_all(s);
	snprintf(params, sizeof(params), "syn_sent_ms=%u", LINGER_MS);
	bench_run(b, params, flood, 2);
	ns = flood[1].median - flood[0].median;
	bench_value(b, params, "unanswered SYN alone", ns, "ns");
	bench_value(b, params, "unanswered SYNs", 1000 / ns, "M/s");
	expire_all(s);
	return measure_mass_expiry(b, s, n);
}

static int
check(const struct state *s)
{
	struct engine_stats stats;

	engine_stats(s->engine, &stats);
	if (stats.passed == stats.packets && stats.created == stats.removed)
		return 0;
	bench_note("conns: %llu of %llu packets passed, %llu of %llu connections removed",
		   (unsigned long long)stats.passed, (unsigned long long)stats.packets,
		   (unsigned long long)stats.removed, (unsigned long long)stats.created);
	return -1;
}

int
main(int argc, char **argv)
{
	struct engine_config config = {.track = TRACK_CONFIG_DEFAULT,
				       .wires = 1,
				       .bypass = ENGINE_BYPASS_DEFAULT};
	struct policy *policy = NULL;
	struct state s = {0};
	struct bench b;
	void *memory;
	int rc = bench_start(&b, argc, argv, "conns", ROOM);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0)
		return EXIT_FAILURE;
	config.max = RTE_MAX(b.connections, ROOM);
	config.track.tcp_timeout_time_wait = LINGER_MS;
	config.track.tcp_timeout_syn_sent = LINGER_MS;
	config.mempool = rte_pktmbuf_pool_create("bench", 1023, 0, 0, 512, 0);
	memset(config.secret, 0xa5, sizeof(config.secret));
	memory = bench_memory(&b, engine_bytes(&config));
	traffic_init(&s.traffic, 4, false, TRAFFIC_PAYLOAD);
	if (config.mempool == NULL || memory == NULL || policy_accept_all(&policy) != 0 ||
	    rte_pktmbuf_alloc_bulk(config.mempool, s.pkts, BURST) != 0 ||
	    engine_init(memory, &config, policy, NULL, s.now_ns, &s.engine) != 0)
		return EXIT_FAILURE;
	rc = measure(&b, &s, b.connections / ENGINE_EXPIRE_MAX * ENGINE_EXPIRE_MAX);
	if (rc == 0)
		rc = check(&s);
	policy_free(policy);
	return rc == 0 ? bench_end(&b) : EXIT_FAILURE;
}
