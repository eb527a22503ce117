/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the time that the engine takes for a segment of an established connection,
 * from the frame to the transmit buffer, and compares it with the floor, the two cache
 * lines that it must read.
 *
 * The frames are written into the same few mbufs again and again, as a device writes into
 * the cache: the mbufs are in the cache, and only the connections are not. The case
 * "frames" measures the writing, which is subtracted in the row "engine alone". The
 * traffic is valid: both sides of each connection send data in order and acknowledge what
 * the other side has sent. If a packet is dropped, the program fails.
 */
#include "bench.h"
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <engine/engine.h>

#define PACKETS (1u << 20) /* packets in a round */
#define BURST 32u
#define RING 256u /* number of mbufs, which are used in turn */
/* bytes of the index for each connection: 8 slots in a 64-byte line, 80 % full */
#define SLOT 10u
#define NS_A_BURST 1000u /* step of the engine's clock for each burst */

/* A segment of a round: its connection, and SEQ and ACK in units of a payload. */
struct step {
	uint32_t connection;
	uint32_t seq;
	uint32_t ack;
	uint32_t seq_round; /* advance of seq, and below of ack, in a whole round */
	uint32_t ack_round;
};

struct setup {
	uint32_t connections;
	uint8_t family;
	bool checksum;
	bool timestamps;
	enum bench_order order;
};

struct state {
	struct setup setup;
	struct traffic traffic;
	struct rte_mbuf *ring[RING];
	struct step *steps;
	struct engine *engine;
	uint64_t now_ns;
	uint32_t round;
	uint32_t next; /* position in the ring of mbufs */
};

/* Write the frame of a connection into the next mbuf. */
static struct rte_mbuf *
frame_write(struct state *s, enum traffic_kind kind, uint32_t connection, uint32_t seq,
	    uint32_t ack)
{
	struct rte_mbuf *m = s->ring[s->next++ % RING];

	traffic_write(&s->traffic, m, kind, connection, seq, ack);
	return m;
}

/* Write the burst that begins at step i. Even bursts come from lan, odd ones from wan. */
static void
burst_write(struct state *s, uint32_t i, struct rte_mbuf **pkts)
{
	uint8_t side = i / BURST % 2;
	uint32_t seq = side == 0 ? TRAFFIC_ISS_LAN + 1 : TRAFFIC_ISS_WAN + 1;
	uint32_t ack = side == 0 ? TRAFFIC_ISS_WAN + 1 : TRAFFIC_ISS_LAN + 1;
	uint32_t j;

	for (j = 0; j < BURST; j++) {
		const struct step *step = &s->steps[i + j];

		pkts[j] =
			frame_write(s, TRAFFIC_DATA_LAN + side, step->connection,
				    seq + TRAFFIC_PAYLOAD * (step->seq +
							     s->round * step->seq_round),
				    ack + TRAFFIC_PAYLOAD * (step->ack +
							     s->round * step->ack_round));
	}
}

static uint64_t
run_frames(void *arg)
{
	struct state *s = arg;
	struct rte_mbuf *pkts[BURST];
	uint32_t i;

	for (i = 0; i < PACKETS; i += BURST) {
		burst_write(s, i, pkts);
		bench_use((uintptr_t)pkts[0]);
	}
	return PACKETS;
}

/*
 * Pass a burst to the engine, and empty its transmit buffers; the mbufs stay ours and are
 * not freed.
 */
static void
burst_through(struct state *s, uint16_t port, struct rte_mbuf **pkts, uint16_t n)
{
	s->now_ns += NS_A_BURST;
	engine_burst(s->engine, port, pkts, n, s->now_ns, NULL);
	engine_tx(s->engine, port ^ 1)->count = 0;
}

static uint64_t
run_engine(void *arg)
{
	struct state *s = arg;
	struct rte_mbuf *pkts[BURST];
	uint32_t i;

	for (i = 0; i < PACKETS; i += BURST) {
		burst_write(s, i, pkts);
		burst_through(s, i / BURST % 2, pkts, BURST);
	}
	s->round++;
	return PACKETS;
}

static void
open_all(struct state *s)
{
	struct rte_mbuf *m;
	uint8_t side;
	uint32_t i, k;

	for (i = 0; i < s->setup.connections; i++)
		for (k = 0; k < TRAFFIC_HANDSHAKE; k++) {
			m = s->ring[s->next++ % RING];
			side = traffic_write_handshake(&s->traffic, m, k, i);
			burst_through(s, side, &m, 1);
		}
}

/*
 * Compute all steps of a round: the order of the senders, and how much each has sent and
 * received before.
 */
static int
steps_make(struct bench *b, struct state *s, uint32_t *order)
{
	uint32_t n = s->setup.connections, i;
	uint32_t(*sent)[2] = bench_memory(b, n * sizeof(*sent));

	if (sent == NULL)
		return -1;
	bench_order(order, PACKETS, n, s->setup.order);
	for (i = 0; i < PACKETS; i++) {
		uint8_t side = i / BURST % 2;
		struct step *step = &s->steps[i];

		step->connection = order[i];
		step->seq = sent[order[i]][side]++;
		step->ack = sent[order[i]][!side];
	}
	for (i = 0; i < PACKETS; i++) {
		uint8_t side = i / BURST % 2;

		s->steps[i].seq_round = sent[order[i]][side];
		s->steps[i].ack_round = sent[order[i]][!side];
	}
	bench_memory_free(sent, n * sizeof(*sent));
	return 0;
}

/*
 * Print the engine's time without that of writing frames, from the medians, and its ratio
 * to the floor.
 */
static void
report_alone(struct bench *b, const char *params, const struct bench_case *cases)
{
	double ns = cases[2].median - cases[1].median;

	bench_value(b, params, "engine alone", ns, "ns");
	bench_value(b, params, "engine alone to floor", ns / cases[0].median, "times");
}

static void
measure(struct bench *b, struct state *s, uint32_t *order)
{
	uint32_t n = s->setup.connections;
	size_t index_bytes = (size_t)n * SLOT + BENCH_LINE,
	       slab_bytes = (size_t)n * 2 * BENCH_LINE;
	struct bench_floor floor = {
		.first = bench_memory(b, index_bytes),
		.first_stride = SLOT,
		.first_order = order,
		.second = bench_memory(b, slab_bytes),
		.second_stride = 2 * BENCH_LINE,
		.second_order = order,
		.write = true,
		.count = PACKETS,
	};
	struct bench_case cases[] = {
		{.name = "two lines, one written", .run = bench_floor_run, .arg = &floor},
		{.name = "frames", .run = run_frames, .arg = s},
		{.name = "frames and engine", .run = run_engine, .arg = s},
	};
	char params[96];

	snprintf(params, sizeof(params), "n=%u ip=%u sum=%d ts=%d %s", n, s->setup.family,
		 s->setup.checksum, s->setup.timestamps,
		 s->setup.order == BENCH_ZIPF ? "order=zipf" : "order=uniform");
	if (floor.first != NULL && floor.second != NULL) {
		bench_run(b, params, cases, 3);
		report_alone(b, params, cases);
	}
	bench_memory_free(floor.first, index_bytes);
	bench_memory_free(floor.second, slab_bytes);
}

static bool
all_passed(const struct state *s)
{
	struct engine_stats stats;
	unsigned reason;

	engine_stats(s->engine, &stats);
	for (reason = 0; reason < REASON_COUNT; reason++)
		if (stats.drops[reason] != 0)
			bench_note("dropped, %s: %llu", reason_name(reason),
				   (unsigned long long)stats.drops[reason]);
	return stats.passed == stats.packets;
}

static int
with_engine(struct bench *b, struct state *s, struct rte_mempool *pool)
{
	struct engine_config config = {
		.track = TRACK_CONFIG_DEFAULT,
		.max = s->setup.family == 4 ? s->setup.connections : 0,
		.max6 = s->setup.family == 6 ? s->setup.connections : 0,
		.wires = 1,
		.bypass = ENGINE_BYPASS_DEFAULT,
		.verify_checksums = s->setup.checksum,
		.mempool = pool,
	};
	size_t bytes = engine_bytes(&config);
	uint32_t *order = bench_memory(b, PACKETS * sizeof(*order));
	void *memory = bench_memory(b, bytes);
	struct policy *policy = NULL;
	int rc = -1;

	memset(config.secret, 0xa5, sizeof(config.secret));
	traffic_init(&s->traffic, s->setup.family, s->setup.timestamps, TRAFFIC_PAYLOAD);
	s->round = 0;
	if (memory != NULL && order != NULL && policy_accept_all(&policy) == 0 &&
	    engine_init(memory, &config, policy, NULL, s->now_ns, &s->engine) == 0) {
		open_all(s);
		if (steps_make(b, s, order) == 0) {
			measure(b, s, order);
			rc = all_passed(s) ? 0 : -1;
		}
	}
	policy_free(policy);
	bench_memory_free(memory, bytes);
	bench_memory_free(order, PACKETS * sizeof(*order));
	return rc;
}

/* For a plot: measure IPv4 without options for each power of ten of connections. */
static int
measure_sweep(struct bench *b, struct state *s, struct rte_mempool *pool)
{
	uint32_t n;

	for (n = 1; n <= RTE_MIN(b->connections, 10000000u); n *= 10) {
		s->setup = (struct setup){.connections = n,
					  .family = 4,
					  .order = BENCH_UNIFORM};
		if (with_engine(b, s, pool) != 0)
			return -1;
	}
	return 0;
}

static int
measure_all(struct bench *b, struct state *s, struct rte_mempool *pool)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000, 10000000};
	unsigned i, variant;
	int rc = 0;

	/* bits of variant: IPv6, checksums, Zipf; 8 is IPv4 with timestamps */
	for (i = 0; i < RTE_DIM(sizes) && sizes[i] <= b->connections; i++)
		for (variant = 0; variant <= 8; variant++) {
			s->setup = (struct setup){
				.connections = sizes[i],
				.family = variant & 1 ? 6 : 4,
				.checksum = (variant & 2) != 0,
				.order = variant & 4 ? BENCH_ZIPF : BENCH_UNIFORM,
				.timestamps = variant == 8,
			};
			if (with_engine(b, s, pool) != 0)
				rc = -1;
		}
	return rc;
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	struct state s = {0};
	struct bench b;
	int rc = bench_start(&b, argc, argv, "engine", 1000000);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 1023, 0, 0, 512, 0);
	s.steps = bench_memory(&b, PACKETS * sizeof(*s.steps));
	if (pool == NULL || s.steps == NULL ||
	    rte_pktmbuf_alloc_bulk(pool, s.ring, RING) != 0)
		return EXIT_FAILURE;
	rc = b.sweep ? measure_sweep(&b, &s, pool) : measure_all(&b, &s, pool);
	return rc == 0 ? bench_end(&b) : EXIT_FAILURE;
}
