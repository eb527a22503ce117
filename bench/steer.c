/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the time to find the owner of a packet and to hand the packet over, where
 * several workers share a wire. workers.c compares two workers with one.
 */
#include "bench.h"
#include "traffic.h"

#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_thash.h>

#include <steer/handoff.h>

#define PACKETS (1u << 21) /* a round */
#define BURST 32u
#define FRAMES 256u
#define TURNS (1u << 16)

struct hashing {
	const struct steer *steer;
	struct rte_mbuf *pkts[FRAMES];
	struct flow_key keys[FRAMES];
	struct handoff *from, *to;
};

static uint64_t
run_owners(void *arg)
{
	const struct hashing *h = arg;
	uint8_t owners[BURST];
	uint32_t i;

	for (i = 0; i < PACKETS; i += BURST) {
		steer_owners(h->steer, 0, h->pkts + i % FRAMES, BURST, owners);
		bench_use(owners[0]);
	}
	return PACKETS;
}

static uint64_t
run_parse(void *arg)
{
	const struct hashing *h = arg;
	struct packet p;
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		packet_parse(h->pkts[i % FRAMES], 0, 0, 0, &p);
		bench_use(p.key.id.port[0]);
	}
	return PACKETS;
}

static uint64_t
run_key(void *arg)
{
	const struct hashing *h = arg;
	uint32_t i;

	for (i = 0; i < PACKETS; i++)
		bench_use(steer_owner_of_key(h->steer, &h->keys[i % FRAMES], 4));
	return PACKETS;
}

/* The same hash by DPDK's rte_softrss(). */
static uint64_t
run_softrss(void *arg)
{
	const struct hashing *h = arg;
	uint32_t tuple[3], i;

	for (i = 0; i < PACKETS; i++) {
		const struct flow_key *key = &h->keys[i % FRAMES];

		tuple[0] = rte_be_to_cpu_32(key->addr.v4[0]);
		tuple[1] = rte_be_to_cpu_32(key->addr.v4[1]);
		tuple[2] = (uint32_t)rte_be_to_cpu_16(key->id.port[0]) << 16 |
			   rte_be_to_cpu_16(key->id.port[1]);
		bench_use(rte_softrss(tuple, RTE_DIM(tuple), steer_rss_key));
	}
	return PACKETS;
}

/* Hand packets over a ring and back, on one core; a handoff takes half of the time. */
static uint64_t
run_ring(void *arg)
{
	const struct hashing *h = arg;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint32_t i, done;
	uint16_t n;

	for (i = 0; i < PACKETS; i += done) {
		memcpy(pkts, h->pkts + i % FRAMES, BURST * sizeof(pkts[0]));
		n = handoff_split(h->from, 0, pkts, BURST);
		handoff_flush(h->from);
		done = n + handoff_take(h->to, h->from->self, 0, pkts);
		if (done != BURST)
			abort();
	}
	return i;
}

/* A turn of a worker among 64 that hand nothing over, as with symmetric RSS. */
static uint64_t
run_turn(void *h)
{
	uint32_t i;

	for (i = 0; i < TURNS; i++) {
		handoff_flush(h);
		bench_use(handoff_ready(h, 0) | handoff_ready(h, 1));
		handoff_collect(h);
	}
	return TURNS;
}

/* The same turn without the marks of non-empty rings: every ring is read. */
static uint64_t
run_look(void *arg)
{
	struct handoff *h = arg;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	unsigned peer, side;
	uint32_t i;

	for (i = 0; i < TURNS; i++)
		for (peer = 0; peer < h->workers; peer++)
			for (side = 0; side < 2; side++)
				bench_use(handoff_take(h, peer, (uint8_t)side, pkts));
	return TURNS;
}

static void
measure_turns(struct bench *b)
{
	static const int sockets[STEER_MAX_WORKERS];
	static const uint8_t secret[KEY_SECRET_BYTES];
	static struct handoff *group[STEER_MAX_WORKERS];
	static struct steer steer;
	const uint8_t each[2] = {STEER_ANY, STEER_ANY};
	struct bench_case cases[] = {
		{.name = "turn, marks", .run = run_turn},
		{.name = "turn, every ring", .run = run_look},
	};
	unsigned i;

	steer_init_toeplitz(&steer, 0, STEER_MAX_WORKERS, STEER_RSS_TABLE, secret);
	for (i = 0; i < STEER_MAX_WORKERS; i++) {
		group[i] = rte_zmalloc(NULL, sizeof(struct handoff), RTE_CACHE_LINE_SIZE);
		if (group[i] == NULL)
			abort();
	}
	if (handoff_init(group, &steer, sockets, each) != 0)
		abort();
	cases[0].arg = cases[1].arg = group[0];
	bench_run(b, "workers=64", cases, RTE_DIM(cases));
	for (i = 0; i < STEER_MAX_WORKERS; i++)
		handoff_free(group[i]);
	for (i = 0; i < STEER_MAX_WORKERS; i++)
		rte_free(group[i]);
}

static void
measure_hashing(struct bench *b, struct rte_mempool *pool)
{
	static struct steer keyed, toeplitz, other;
	static struct hashing hk, ht, ring;
	static struct handoff *group[2];
	const uint8_t each[2] = {STEER_ANY, STEER_ANY};
	const int sockets[2] = {0, 0};
	struct bench_case cases[] = {
		{.name = "frame to owner, keyed", .run = run_owners, .arg = &hk},
		{.name = "frame to owner, Toeplitz", .run = run_owners, .arg = &ht},
		{.name = "packet_parse() to a key", .run = run_parse, .arg = &hk},
		{.name = "key to owner, keyed", .run = run_key, .arg = &hk},
		{.name = "key to owner, Toeplitz", .run = run_key, .arg = &ht},
		{.name = "key by rte_softrss()", .run = run_softrss, .arg = &hk},
		{.name = "split, over a ring, taken", .run = run_ring, .arg = &ring},
	};
	uint8_t secret[KEY_SECRET_BYTES] = {1};
	struct traffic traffic;
	struct packet p;
	unsigned i;

	traffic_init(&traffic, 4, false, 0);
	steer_init_keyed(&keyed, 0, 2, secret);
	steer_init_toeplitz(&toeplitz, 0, 2, 128, secret);
	hk.steer = &keyed;
	ht.steer = &toeplitz;
	for (i = 0; i < 2; i++)
		group[i] = rte_zmalloc(NULL, sizeof(struct handoff), 64);
	/*
	 * a table in which worker 1 owns everything, so that worker 0 hands all packets
	 * over
	 */
	steer_init_toeplitz(&other, 0, 2, 128, secret);
	memset(other.table, 1, sizeof(other.table));
	if (group[0] == NULL || group[1] == NULL ||
	    handoff_init(group, &other, sockets, each) != 0)
		abort();
	ring.from = group[0];
	ring.to = group[1];
	for (i = 0; i < FRAMES; i++) {
		hk.pkts[i] = rte_pktmbuf_alloc(pool);
		traffic_write(&traffic, hk.pkts[i], TRAFFIC_ACK, i * 77, 1, 1);
		packet_parse(hk.pkts[i], 0, 0, 0, &p);
		hk.keys[i] = ht.keys[i] = p.key;
		ht.pkts[i] = ring.pkts[i] = hk.pkts[i];
	}
	bench_run(b, "bytes=64", cases, RTE_DIM(cases));
	rte_pktmbuf_free_bulk(hk.pkts, FRAMES);
	for (i = 0; i < 2; i++) {
		handoff_free(group[i]);
		rte_free(group[i]);
	}
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	struct bench b;
	int rc = bench_start(&b, argc, argv, "steer", 1);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 64) != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 2 * FRAMES - 1, 0, 0, 256, 0);
	if (pool == NULL)
		return EXIT_FAILURE;
	measure_hashing(&b, pool);
	measure_turns(&b);
	rte_mempool_free(pool);
	return bench_end(&b);
}
