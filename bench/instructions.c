/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts the instructions that the engine needs for a packet. There are fixed workloads,
 * each in a function work_*. bench/check runs this program under callgrind, which counts
 * only in these functions, and compares with the committed figures. The program prints
 * the number of operations of each function. The counts depend on the compiler and its
 * options, hardly on the machine, and not on other programs.
 *
 *	open         a connection's handshake: SYN, SYN+ACK, ACK
 *	established  a data segment, both sides in turn, checksums verified by the device
 *	verified     the same with checksums verified by us
 *	miss         an ACK of no connection
 *	close        FIN, ACK, FIN, ACK
 *	expire       the end of TIME_WAIT
 */
#include "bench.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <base/ticks.h>
#include <engine/engine.h>

#define CONNECTIONS 1024u
#define BURST 32u
#define ROUNDS 4u /* data segments of each side */
#define PACKETS (2 * ROUNDS * CONNECTIONS)
#define POOL (PACKETS + 1024u)
#define NS_A_BURST 1000u
#define PAST_TIME_WAIT_NS (200ull * 1000000000u)

struct work {
	struct engine *engine;
	struct traffic traffic;
	struct rte_mempool *pool;
	struct rte_mbuf *pkts[PACKETS];
	uint8_t side[PACKETS / BURST]; /* side that the burst comes from */
	uint32_t n;
	uint64_t now_ns;
};

/* Pass all written packets to the engine, and empty its transmit buffers. */
static inline __attribute__((always_inline)) void
through(struct work *w)
{
	uint32_t i;

	for (i = 0; i < w->n; i += BURST) {
		uint8_t side = w->side[i / BURST];

		w->now_ns += NS_A_BURST;
		engine_burst(w->engine, side, &w->pkts[i], BURST, w->now_ns, NULL);
		engine_tx(w->engine, side ^ 1)->count = 0;
	}
}

/* Define a function in which callgrind counts; it finds them by their names. */
#define WORK(name)                                                                       \
	__attribute__((noinline, used)) static void work_##name(struct work *w)          \
	{                                                                                \
		through(w);                                                              \
	}
WORK(open)
WORK(established)
WORK(verified)
WORK(miss)
WORK(close)

__attribute__((noinline, used)) static void
work_expire(struct work *w)
{
	while (engine_expire(w->engine, w->now_ns, ENGINE_EXPIRE_MAX) > 0)
		;
}

/* Write a segment of each connection, in whole bursts. */
static void
add(struct work *w, enum traffic_kind kind, uint32_t seq, uint32_t ack)
{
	uint32_t i;

	for (i = 0; i < CONNECTIONS; i++) {
		if (i % BURST == 0)
			w->side[w->n / BURST] = traffic_side(kind);
		traffic_write(&w->traffic, w->pkts[w->n++], kind, i, seq, ack);
	}
}

static void
write_data(struct work *w, uint32_t round)
{
	uint32_t lan, wan, i;

	w->n = 0;
	for (i = round * ROUNDS; i < (round + 1) * ROUNDS; i++) {
		lan = TRAFFIC_ISS_LAN + 1 + i * TRAFFIC_PAYLOAD;
		wan = TRAFFIC_ISS_WAN + 1 + i * TRAFFIC_PAYLOAD;
		add(w, TRAFFIC_DATA_LAN, lan, wan);
		add(w, TRAFFIC_DATA_WAN, wan, lan + TRAFFIC_PAYLOAD);
	}
}

static void
write_open(struct work *w)
{
	w->n = 0;
	add(w, TRAFFIC_SYN, TRAFFIC_ISS_LAN, 0);
	add(w, TRAFFIC_SYN_ACK, TRAFFIC_ISS_WAN, TRAFFIC_ISS_LAN + 1);
	add(w, TRAFFIC_ACK, TRAFFIC_ISS_LAN + 1, TRAFFIC_ISS_WAN + 1);
}

static void
write_close(struct work *w, uint32_t rounds)
{
	uint32_t lan = TRAFFIC_ISS_LAN + 1 + rounds * ROUNDS * TRAFFIC_PAYLOAD,
		 wan = TRAFFIC_ISS_WAN + 1 + rounds * ROUNDS * TRAFFIC_PAYLOAD;

	w->n = 0;
	add(w, TRAFFIC_FIN_LAN, lan, wan);
	add(w, TRAFFIC_ACK_WAN, wan, lan + 1);
	add(w, TRAFFIC_FIN_WAN, wan, lan + 1);
	add(w, TRAFFIC_ACK, lan + 1, wan + 1);
}

/* Set in all mbufs whether the device has verified the checksums. */
static void
mark(struct work *w, bool verified)
{
	uint32_t i;

	for (i = 0; i < RTE_DIM(w->pkts); i++)
		w->pkts[i]->ol_flags = verified ? RTE_MBUF_F_RX_IP_CKSUM_GOOD |
							  RTE_MBUF_F_RX_L4_CKSUM_GOOD
						: 0;
}

static uint64_t
counted(const struct work *w, bool dropped)
{
	struct engine_stats stats;

	engine_stats(w->engine, &stats);
	return dropped ? stats.packets - stats.passed : stats.passed;
}

/*
 * Run a workload and print its number of operations. Returns -1 if not all packets
 * passed, or with `dropped`, were dropped.
 */
static int
run(struct work *w, const char *name, void (*work)(struct work *), uint32_t operations,
    bool dropped)
{
	uint64_t before = counted(w, dropped);

	work(w);
	if (counted(w, dropped) - before != w->n) {
		bench_note("%s: %u of %u packets %s", name,
			   (unsigned)(counted(w, dropped) - before), w->n,
			   dropped ? "dropped" : "passed");
		return -1;
	}
	printf("%s %u\n", name, operations);
	return 0;
}

static int
run_all(struct work *w)
{
	struct engine_stats stats;
	int rc = 0;

	mark(w, true);
	write_open(w);
	rc |= run(w, "open", work_open, CONNECTIONS, false);
	write_data(w, 0);
	rc |= run(w, "established", work_established, w->n, false);
	mark(w, false);
	write_data(w, 1);
	rc |= run(w, "verified", work_verified, w->n, false);
	mark(w, true);
	write_close(w, 2);
	rc |= run(w, "close", work_close, CONNECTIONS, false);
	w->n = 0;
	w->now_ns += PAST_TIME_WAIT_NS;
	rc |= run(w, "expire", work_expire, CONNECTIONS, false);
	engine_stats(w->engine, &stats);
	if (stats.connections != 0)
		rc = -1;
	add(w, TRAFFIC_ACK, 1, 1); /* last, because dropped mbufs are freed */
	rc |= run(w, "miss", work_miss, w->n, true);
	return rc;
}

static int
start(struct work *w, struct bench *b)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = CONNECTIONS,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = true,
	};
	struct policy *policy = NULL;
	void *memory;

	w->pool = rte_pktmbuf_pool_create("bench", POOL, 0, 0, 512, 0);
	config.mempool = w->pool;
	memory = bench_memory(b, engine_bytes(&config));
	if (w->pool == NULL || memory == NULL ||
	    rte_pktmbuf_alloc_bulk(w->pool, w->pkts, RTE_DIM(w->pkts)) != 0 ||
	    policy_accept_all(&policy) != 0)
		return -1;
	memset(config.secret, 0xa5, sizeof(config.secret));
	traffic_init(&w->traffic, 4, false, TRAFFIC_PAYLOAD);
	return engine_init(memory, &config, policy, NULL, w->now_ns, &w->engine);
}

int
main(int argc, char **argv)
{
	static struct work w;
	struct bench b;
	int rc = bench_start(&b, argc, argv, "instructions", CONNECTIONS);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0 || start(&w, &b) != 0)
		return EXIT_FAILURE;
	return run_all(&w) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
