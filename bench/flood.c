/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures how much throughput established connections lose during a flood of unanswered
 * SYNs.
 *
 * One engine runs in memory and is always busy: 100,000 connections send segments in
 * bursts of 32, and SYNs arrive between the bursts at a rate per second of the worker's
 * time, each from another address and port. The SYNs themselves take time of the worker,
 * so there are two figures:
 *
 *   of its rate        established segments per second with the flood, divided by those
 *                      without it: what a worker without spare time loses
 *   of the rest        the same, divided by the segments that fit into the time that the
 *                      flood, measured alone, leaves: what mixing the two costs (caches,
 *                      bursts of more than one kind, lookups that are repeated)
 *
 * In the case *expire*, SYNs expire after 50 ms in SYN_SENT, in a table with room. In the
 * case *evict*, the flood has filled the table, and each SYN has to evict another one, or
 * finds no place. If an established segment is dropped, the program fails. Frames are
 * written as in engine.c, and the time for that is subtracted.
 */
#include "bench.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <engine/engine.h>

#define CONNECTIONS 100000u
#define PACKETS (1u << 20) /* a round */
#define BURST 32u
#define NS_A_BURST 1000u /* of the engine's clock, without a flood */
#define SYN_SENT_MS 50u
#define SYN_SENT_FULL_MS 60000u
#define FLOOD_FIRST (TRAFFIC_CONNECTIONS / 2)

struct state {
	struct traffic traffic;
	struct rte_mbuf *pkts[BURST];
	struct engine *engine;
	uint32_t *order; /* the established connections of a round's packets */
	uint64_t now_ns;
	double rate;  /* SYNs per second */
	bool full;    /* the flood has filled the table */
	double share; /* share of the packets that are SYNs */
	/* number of SYNs that are due but not sent yet */
	double owed;
	/* nanoseconds by which the engine's clock advances for a burst */
	double clock;
	/* time for a segment and for a SYN, writing of frames included */
	double established_ns, syn_ns;
	uint32_t flood; /* number of SYNs sent so far */
	uint32_t next;  /* position in the order of the connections */
};

/* ---- packets ---- */

static void
write_syn(struct state *s, struct rte_mbuf *m)
{
	traffic_write(&s->traffic, m, TRAFFIC_SYN, FLOOD_FIRST + s->flood++ % FLOOD_FIRST,
		      TRAFFIC_ISS_LAN, 0);
}

static void
write_established(struct state *s, struct rte_mbuf *m, uint8_t side)
{
	traffic_write(&s->traffic, m, side == 0 ? TRAFFIC_ACK : TRAFFIC_ACK_WAN,
		      s->order[s->next++ % PACKETS],
		      side == 0 ? TRAFFIC_ISS_LAN + 1 : TRAFFIC_ISS_WAN + 1,
		      side == 0 ? TRAFFIC_ISS_WAN + 1 : TRAFFIC_ISS_LAN + 1);
}

/*
 * Write a burst. All SYNs come from lan, so lan's bursts have twice the share of SYNs;
 * those that do not fit are sent with a later burst.
 */
static void
write_burst(struct state *s, uint8_t side, double share)
{
	uint32_t i;

	for (i = 0; i < BURST; i++) {
		s->owed += share;
		if (side == 0 && s->owed >= 1) {
			s->owed--;
			write_syn(s, s->pkts[i]);
		} else {
			write_established(s, s->pkts[i], side);
		}
	}
}

static void
judge(struct state *s, uint8_t side)
{
	s->now_ns += (uint64_t)s->clock;
	engine_burst(s->engine, side, s->pkts, BURST, s->now_ns, NULL);
	engine_tx(s->engine, side ^ 1)->count = 0;
	engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX);
}

static uint64_t
round_of(struct state *s, double share, bool engine)
{
	uint32_t i;
	uint8_t side;

	for (i = 0; i < PACKETS; i += BURST) {
		/* share 1: only SYNs, which all come from lan */
		side = share < 1 ? i / BURST & 1 : 0;
		write_burst(s, side, share);
		if (engine)
			judge(s, side);
		else
			bench_use((uintptr_t)s->pkts[0]);
	}
	return PACKETS;
}

/* ---- cases ---- */

static uint64_t
run_frames(void *s)
{
	return round_of(s, 0, false);
}

static uint64_t
run_established(void *s)
{
	return round_of(s, 0, true);
}

static uint64_t
run_mixed_frames(void *arg)
{
	struct state *s = arg;

	return round_of(s, s->share, false);
}

static uint64_t
run_mixed(void *arg)
{
	struct state *s = arg;

	return round_of(s, s->share, true);
}

static uint64_t
run_syn_frames(void *s)
{
	return round_of(s, 1, false);
}

static uint64_t
run_syns(void *s)
{
	return round_of(s, 1, true);
}

/*
 * Set the step of the engine's clock so that bursts with this share of SYNs give the
 * wanted rate.
 */
static void
set_clock(struct state *s, double share)
{
	s->owed = 0;
	s->clock = share > 0 ? BURST * share * 1e9 / s->rate : NS_A_BURST;
}

/* Advance the engine's clock by ms, and let connections expire. */
static void
let_expire(struct state *s, uint32_t ms)
{
	s->now_ns += ms * UINT64_C(1000000);
	while (engine_expire(s->engine, s->now_ns, ENGINE_EXPIRE_MAX) != 0)
		;
}

/*
 * Prepare a case with established segments: remove the SYNs of an earlier case, unless
 * the flood is to have filled the table.
 */
static void
prepare_established(void *arg)
{
	struct state *s = arg;

	set_clock(s, 0);
	if (!s->full)
		let_expire(s, 2 * SYN_SENT_MS);
}

/*
 * Prepare a case with SYNs: fill the table with as many SYNs as arrive within the
 * time-out of SYN_SENT, so that one expires for each that arrives.
 */
static void
prepare_syns(void *arg)
{
	struct state *s = arg;
	uint64_t end = s->now_ns + 2 * SYN_SENT_MS * UINT64_C(1000000);

	set_clock(s, 1);
	while (!s->full && s->now_ns < end) {
		write_burst(s, 0, 1);
		judge(s, 0);
	}
}

static void
prepare_mixed(void *arg)
{
	struct state *s = arg;

	prepare_syns(s);
	set_clock(s, s->share);
}

/* ---- measuring ---- */

/*
 * Return the share of SYNs among the packets that makes `rate` SYNs in a second in which
 * the worker is always busy.
 */
static double
share_of(double rate, double established_ns, double syn_ns)
{
	return rate * 1e-9 * established_ns /
	       (1 + rate * 1e-9 * (established_ns - syn_ns));
}

enum {
	FRAMES,
	ESTABLISHED,
	SYN_FRAMES,
	SYNS,
	MIXED_FRAMES,
	MIXED,
	CASES,
};

/* Return the nanoseconds for each packet in a round, without writing frames. */
static double
alone(const struct bench_case *cases, unsigned which, unsigned round)
{
	return cases[which].ns[round] - cases[which - 1].ns[round];
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(struct bench *b, const char *params, const char *name, double *rounds,
       const char *unit)
{
	qsort(rounds, b->repeats, sizeof(rounds[0]), compare_doubles);
	bench_value(b, params, name, rounds[b->repeats / 2], unit);
}

/*
 * Print the figures, computed for each round, since the speed of a busy machine changes
 * between rounds.
 */
static void
report_mix(struct bench *b, const char *params, const struct bench_case *cases,
	   double share)
{
	double syns[BENCH_REPEATS_MAX], rate[BENCH_REPEATS_MAX], left[BENCH_REPEATS_MAX];
	double established, syn, mixed;
	unsigned i;

	for (i = 0; i < b->repeats; i++) {
		established = alone(cases, ESTABLISHED, i);
		syn = alone(cases, SYNS, i);
		mixed = alone(cases, MIXED, i);
		syns[i] = 1e3 * share / mixed;
		rate[i] = 100 * (1 - share) * established / mixed;
		left[i] = 100 * (1 - share) * established / (mixed - share * syn);
	}
	report(b, params, "SYNs", syns, "M/s");
	report(b, params, "established, of its rate", rate, "percent");
	report(b, params, "established, of the rest", left, "percent");
}

/*
 * Measure one rate of the flood. Rates that would take all of the worker's time are left
 * out.
 */
static void
measure_rate(struct bench *b, struct state *s, double rate)
{
	struct bench_case cases[CASES] = {
		[FRAMES] = {.name = "frames", .run = run_frames, .arg = s},
		[ESTABLISHED] = {.name = "frames, established",
				 .prepare = prepare_established,
				 .run = run_established,
				 .arg = s},
		[SYN_FRAMES] = {.name = "SYN frames", .run = run_syn_frames, .arg = s},
		[SYNS] = {.name = "SYN frames, SYNs",
			  .prepare = prepare_syns,
			  .run = run_syns,
			  .arg = s},
		[MIXED_FRAMES] = {.name = "mixed frames",
				  .run = run_mixed_frames,
				  .arg = s},
		[MIXED] = {.name = "mixed frames, both",
			   .prepare = prepare_mixed,
			   .run = run_mixed,
			   .arg = s},
	};
	char params[64];

	snprintf(params, sizeof(params), "flood=%.0f table=%s", rate,
		 s->full ? "full" : "room");
	if (rate * 1e-9 * s->syn_ns >= 0.9) {
		bench_note("%s: a worker cannot take it", params);
		return;
	}
	s->rate = rate;
	s->share = share_of(rate, s->established_ns, s->syn_ns);
	bench_run(b, params, cases, CASES);
	report_mix(b, params, cases, s->share);
}

/*
 * Measure roughly what an established segment and a SYN take; the shares of SYNs are
 * computed from that.
 */
static void
calibrate(struct state *s)
{
	uint64_t before;

	s->rate = 1e6;
	prepare_established(s);
	run_established(s);
	before = bench_cpu_ns();
	run_established(s);
	s->established_ns = (double)(bench_cpu_ns() - before) / PACKETS;
	prepare_syns(s);
	before = bench_cpu_ns();
	run_syns(s);
	s->syn_ns = (double)(bench_cpu_ns() - before) / PACKETS;
}

static void
measure(struct bench *b, struct state *s)
{
	static const double rates[] = {0.25e6, 1e6, 2e6, 4e6};
	unsigned i;

	calibrate(s);
	for (i = 0; i < RTE_DIM(rates); i++)
		measure_rate(b, s, rates[i]);
}

/* Check that no packet was dropped except SYNs that found no place in a full table. */
static int
check(const struct state *s)
{
	struct engine_stats stats;
	uint64_t refused;

	engine_stats(s->engine, &stats);
	refused = stats.drops[REASON_TABLE_FULL] + stats.drops[REASON_TABLE_CROWDED];
	if (stats.passed + refused == stats.packets && (s->full || refused == 0) &&
	    stats.connections >= CONNECTIONS) {
		bench_note("flood, table %s: %ju of %u SYNs found no place",
			   s->full ? "full" : "with room", (uintmax_t)refused, s->flood);
		return 0;
	}
	bench_note("flood: %ju of %ju packets passed, %u connections are there",
		   (uintmax_t)stats.passed, (uintmax_t)stats.packets, stats.connections);
	return -1;
}

static void
open_all(struct state *s)
{
	uint32_t i, j, k;
	uint8_t side = 0;

	set_clock(s, 0);
	for (i = 0; i < CONNECTIONS; i += BURST)
		for (k = 0; k < TRAFFIC_HANDSHAKE; k++) {
			for (j = 0; j < BURST; j++)
				side = traffic_write_handshake(&s->traffic, s->pkts[j], k,
							       i + j);
			judge(s, side);
		}
}

static int
with_engine(struct bench *b, struct state *s, struct rte_mempool *pool)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = s->full ? 1u << 19 : 1u << 20,
		.wires = 1,
		.mempool = pool,
	};
	struct policy *policy = NULL;
	void *memory;
	uint32_t i;
	int rc = -1;

	config.track.tcp_timeout_syn_sent = s->full ? SYN_SENT_FULL_MS : SYN_SENT_MS;
	memset(config.secret, 0xa5, sizeof(config.secret));
	memory = bench_memory(b, engine_bytes(&config));
	if (memory != NULL && policy_accept_all(&policy) == 0 &&
	    engine_init(memory, &config, policy, NULL, s->now_ns, &s->engine) == 0) {
		open_all(s);
		s->rate = 1e6;
		set_clock(s, 1);
		for (i = 0; s->full && i < config.max; i += BURST) {
			write_burst(s, 0, 1);
			judge(s, 0);
		}
		measure(b, s);
		rc = check(s);
	}
	policy_free(policy);
	bench_memory_free(memory, engine_bytes(&config));
	return rc;
}

int
main(int argc, char **argv)
{
	struct state s = {0};
	struct rte_mempool *pool;
	struct bench b;
	int rc = bench_start(&b, argc, argv, "flood", CONNECTIONS);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 1023, 0, 0, 512, 0);
	s.order = bench_memory(&b, PACKETS * sizeof(*s.order));
	if (pool == NULL || s.order == NULL ||
	    rte_pktmbuf_alloc_bulk(pool, s.pkts, BURST) != 0)
		return EXIT_FAILURE;
	bench_order(s.order, PACKETS, CONNECTIONS, BENCH_UNIFORM);
	traffic_init(&s.traffic, 4, false, TRAFFIC_PAYLOAD);
	if (with_engine(&b, &s, pool) != 0)
		return EXIT_FAILURE;
	s.full = true;
	if (with_engine(&b, &s, pool) != 0)
		return EXIT_FAILURE;
	return bench_end(&b);
}
