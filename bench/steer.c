/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several workers on a wire: what does it cost to find a packet's owner, and to hand it over?
 * What are two workers against one, when the device brings each packet to its owner
 * (symmetric RSS), and when each reads one port's only queue and hands half over?
 *
 * The workers are threads with an engine each, on a core each. Their packets are empty
 * acknowledgments of established connections, 64 bytes, both sides; writing the frames and
 * freeing them is in the time, as a driver's work would be. Time is that of the thread
 * that was on its processor longest, so a neighbour's turn does not count.
 */
#include "bench.h"
#include "traffic.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_thash.h>

#include <steer/handover.h>

#define PACKETS (1u << 21) /* a round, all workers together */
#define BURST 32u
#define FRAMES 256u /* of the hashing cases */
#define NS_A_BURST 1000u
#define CONNECTIONS 100000u

enum mode {
	MODE_ONE,
	MODE_RSS,
	MODE_HANDOVER,
	MODES,
};

static const char *const mode_names[MODES] = {
	[MODE_ONE] = "one worker",
	[MODE_RSS] = "two, symmetric RSS",
	[MODE_HANDOVER] = "two, software hand-over",
};

struct worker {
	struct world *world;
	unsigned number;
	struct engine *engine;
	struct handover *handover; /* NULL: alone */
	void *memory;
	uint32_t *list; /* connections whose packets arrive here */
	uint32_t count;
	uint64_t packets; /* to be received in a round */
	uint64_t cpu_ns;
	uint64_t now_ns;
	pthread_t thread;
};

struct world {
	enum mode mode;
	uint32_t connections;
	struct traffic traffic;
	struct rte_mempool *pool;
	struct policy *policy;
	struct engine_config config;
	struct steer steer;
	struct worker workers[2];
	unsigned worker_count;
	pthread_barrier_t start;
	atomic_uint receiving; /* workers that have not received all */
};

/* ---- owners and rings, alone ---- */

struct hashing {
	const struct steer *steer;
	struct rte_mbuf *pkts[FRAMES];
	struct flow_key keys[FRAMES];
	struct handover *from, *to;
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

/* The same hash by DPDK, bit by bit. */
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

/* Over a ring and back, on one core: half the time is one hand-over. */
static uint64_t
run_ring(void *arg)
{
	const struct hashing *h = arg;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint32_t i, done;
	uint16_t n;

	for (i = 0; i < PACKETS; i += done) {
		memcpy(pkts, h->pkts + i % FRAMES, BURST * sizeof(pkts[0]));
		n = handover_split(h->from, 0, pkts, BURST);
		handover_flush(h->from);
		done = n + handover_take(h->to, h->from->self, 0, pkts);
		if (done != BURST)
			abort();
	}
	return i;
}

/* ---- workers ---- */

static void
write_burst(struct world *w, uint8_t side, const uint32_t *list, uint32_t count,
	    uint64_t first, struct rte_mbuf **pkts)
{
	uint32_t i;

	if (rte_pktmbuf_alloc_bulk(w->pool, pkts, BURST) != 0)
		abort();
	for (i = 0; i < BURST; i++)
		traffic_write(&w->traffic, pkts[i],
			      side == 0 ? TRAFFIC_ACK : TRAFFIC_ACK_WAN,
			      list[(first + i) % count],
			      side == 0 ? TRAFFIC_ISS_LAN + 1 : TRAFFIC_ISS_WAN + 1,
			      side == 0 ? TRAFFIC_ISS_WAN + 1 : TRAFFIC_ISS_LAN + 1);
}

static void
judge(struct worker *me, uint8_t side, struct rte_mbuf **pkts, uint16_t n)
{
	struct engine_tx *tx = engine_tx(me->engine, side ^ 1);

	me->now_ns += NS_A_BURST;
	engine_burst(me->engine, side, pkts, n, me->now_ns, NULL);
	rte_pktmbuf_free_bulk(tx->pkts, tx->count);
	tx->count = 0;
}

static unsigned
exchange(struct worker *me)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	unsigned taken = 0;
	uint16_t n;
	uint8_t side;

	handover_flush(me->handover);
	for (side = 0; side < 2; side++) {
		n = handover_take(me->handover, !me->number, side, pkts);
		if (n != 0)
			judge(me, side, pkts, n);
		taken += n;
	}
	return taken;
}

/* Asleep, which is not counted: the other worker may have lost its processor for a while. */
static void
wait_for_room(struct worker *me)
{
	unsigned side;

	for (side = 0; side < 2; side++)
		while (rte_ring_free_count(me->handover->lane[!me->number][side].to) <
		       2 * BURST) {
			exchange(me);
			usleep(20);
		}
}

static void
receive(struct worker *me, uint8_t side, uint64_t first)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint16_t n = BURST;

	if (me->handover != NULL)
		wait_for_room(me);

	write_burst(me->world, side, me->list, me->count, first, pkts);
	if (me->handover != NULL)
		n = handover_split(me->handover, side, pkts, n);
	if (n != 0)
		judge(me, side, pkts, n);
}

static void
round_of(struct worker *me)
{
	struct world *w = me->world;
	uint64_t i;

	for (i = 0; i < me->packets; i += BURST) {
		receive(me,
			w->mode == MODE_HANDOVER ? (uint8_t)me->number
						 : (uint8_t)(i / BURST & 1),
			i);
		if (me->handover != NULL)
			exchange(me);
	}
	if (me->handover == NULL)
		return;
	atomic_fetch_sub(&w->receiving, 1);
	while (atomic_load(&w->receiving) != 0)
		if (exchange(me) == 0)
			usleep(20);
	while (exchange(me) != 0)
		;
}

static void *
worker_thread(void *arg)
{
	struct worker *me = arg;
	uint64_t begin;
	cpu_set_t cpus;

	rte_thread_register();
	CPU_ZERO(&cpus);
	CPU_SET((int)me->number, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	pthread_barrier_wait(&me->world->start);
	begin = bench_cpu_ns();
	round_of(me);
	me->cpu_ns = bench_cpu_ns() - begin;
	rte_thread_unregister();
	return NULL;
}

/* Nanoseconds a packet of a round. */
static double
round_ns(struct world *w)
{
	uint64_t longest = 0;
	unsigned i;

	w->receiving = w->worker_count;
	pthread_barrier_init(&w->start, NULL, w->worker_count);
	for (i = 0; i < w->worker_count; i++)
		pthread_create(&w->workers[i].thread, NULL, worker_thread,
			       &w->workers[i]);
	for (i = 0; i < w->worker_count; i++) {
		pthread_join(w->workers[i].thread, NULL);
		longest = RTE_MAX(longest, w->workers[i].cpu_ns);
	}
	pthread_barrier_destroy(&w->start);
	return (double)longest / PACKETS;
}

/* The three segments of a handshake, at the owner. */
static void
open_connection(struct world *w, struct worker *owner, uint32_t connection)
{
	static const enum traffic_kind kinds[] = {TRAFFIC_SYN, TRAFFIC_SYN_ACK,
						  TRAFFIC_ACK};
	uint32_t k;

	for (k = 0; k < 3; k++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);

		traffic_write(&w->traffic, m, kinds[k], connection,
			      k == 1 ? TRAFFIC_ISS_WAN : TRAFFIC_ISS_LAN + (k == 2),
			      k == 0   ? 0
			      : k == 1 ? TRAFFIC_ISS_LAN + 1
				       : TRAFFIC_ISS_WAN + 1);
		judge(owner, k == 1, &m, 1);
	}
}

static uint8_t
owner_of(struct world *w, uint32_t connection)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	uint8_t owner;

	traffic_write(&w->traffic, m, TRAFFIC_ACK, connection, 0, 0);
	steer_owners(&w->steer, 0, &m, 1, &owner);
	rte_pktmbuf_free(m);
	return owner;
}

static int
worker_make(struct bench *b, struct world *w, unsigned number)
{
	struct worker *me = &w->workers[number];

	me->world = w;
	me->number = number;
	me->packets = PACKETS / w->worker_count;
	me->memory = bench_memory(b, engine_bytes(&w->config));
	me->list = bench_memory(b, w->connections * sizeof(*me->list));
	if (me->memory == NULL || me->list == NULL ||
	    engine_init(me->memory, &w->config, w->policy, NULL, 1, &me->engine) != 0)
		return -1;
	if (w->worker_count == 1)
		return 0;
	me->handover = rte_zmalloc(NULL, sizeof(struct handover), 64);
	if (me->handover == NULL)
		return -1;
	me->handover->engine = me->engine;
	return 0;
}

static int
world_make(struct bench *b, struct world *w, enum mode mode, uint32_t connections,
	   struct rte_mempool *pool)
{
	const uint8_t each[2] = {STEER_ANY, STEER_ANY};
	const int sockets[2] = {0, 0};
	uint8_t secret[KEY_SECRET_BYTES];
	struct handover *group[2];
	uint32_t i, owner;

	memset(secret, 0x3c, sizeof(secret));
	w->mode = mode;
	w->connections = connections;
	w->pool = pool;
	w->worker_count = mode == MODE_ONE ? 1 : 2;
	w->config = (struct engine_config){.track = TRACK_CONFIG_DEFAULT,
					   .max = connections,
					   .wires = 1,
					   .mempool = pool};
	memset(w->config.secret, 0xa5, sizeof(w->config.secret));
	traffic_init(&w->traffic, 4, false, 0);
	/* the number of the wire is in the names of the rings: each world has its own */
	if (mode == MODE_RSS)
		steer_init_toeplitz(&w->steer, (uint16_t)mode, w->worker_count, 128,
				    secret);
	else
		steer_init_keyed(&w->steer, (uint16_t)mode, w->worker_count, secret);
	if (policy_accept_all(&w->policy) != 0)
		return -1;
	for (i = 0; i < w->worker_count; i++) {
		if (worker_make(b, w, i) != 0)
			return -1;
		group[i] = w->workers[i].handover;
	}
	if (w->worker_count > 1 && handover_init(group, &w->steer, sockets, each) != 0)
		return -1;
	for (i = 0; i < connections; i++) {
		owner = owner_of(w, i);
		open_connection(w, &w->workers[owner], i);
		/* with one queue a port all of its packets arrive at its worker */
		if (mode != MODE_HANDOVER)
			w->workers[owner].list[w->workers[owner].count++] = i;
		else
			w->workers[0].list[w->workers[0].count++] = i;
	}
	if (mode == MODE_HANDOVER) {
		memcpy(w->workers[1].list, w->workers[0].list,
		       connections * sizeof(uint32_t));
		w->workers[1].count = w->workers[0].count;
	}
	return 0;
}

static void
world_free(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->worker_count; i++) {
		if (w->workers[i].handover != NULL)
			handover_free(w->workers[i].handover);
		rte_free(w->workers[i].handover);
		bench_memory_free(w->workers[i].memory, engine_bytes(&w->config));
		bench_memory_free(w->workers[i].list, w->connections * sizeof(uint32_t));
	}
	policy_free(w->policy);
}

/* Whether nothing was dropped in all the rounds. */
static bool
all_passed(const struct world *w)
{
	struct engine_stats stats;
	uint64_t lost = 0;
	unsigned i, reason;

	for (i = 0; i < w->worker_count; i++) {
		engine_stats(w->workers[i].engine, &stats);
		for (reason = 0; reason < REASON_COUNT; reason++)
			if (stats.drops[reason] != 0) {
				lost += stats.drops[reason];
				bench_note("%s: dropped, %s: %ju", mode_names[w->mode],
					   reason_name(reason),
					   (uintmax_t)stats.drops[reason]);
			}
	}
	return lost == 0;
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return values[n / 2];
}

static int
measure_workers(struct bench *b, struct rte_mempool *pool)
{
	static struct world worlds[MODES];
	double ns[MODES][BENCH_REPEATS_MAX], ratio[MODES][BENCH_REPEATS_MAX];
	uint32_t connections = RTE_MIN(b->connections, CONNECTIONS);
	unsigned round, mode;
	char params[64];
	int rc = 0;

	snprintf(params, sizeof(params), "connections=%u", connections);
	for (mode = 0; mode < MODES; mode++) {
		if (world_make(b, &worlds[mode], mode, connections, pool) != 0)
			return -1;
		round_ns(&worlds[mode]);
	}
	for (round = 0; round < b->repeats; round++)
		for (mode = 0; mode < MODES; mode++) {
			ns[mode][round] = round_ns(&worlds[mode]);
			ratio[mode][round] = ns[MODE_ONE][round] / ns[mode][round];
		}
	for (mode = 0; mode < MODES; mode++) {
		bench_value(b, params, mode_names[mode], median(ns[mode], b->repeats),
			    "ns");
		bench_value(b, params, mode_names[mode], median(ratio[mode], b->repeats),
			    "times one worker");
		rc |= all_passed(&worlds[mode]) ? 0 : -1;
		world_free(&worlds[mode]);
	}
	return rc;
}

static void
measure_hashing(struct bench *b, struct rte_mempool *pool)
{
	static struct steer keyed, toeplitz, other;
	static struct hashing hk, ht, ring;
	static struct handover *group[2];
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
		group[i] = rte_zmalloc(NULL, sizeof(struct handover), 64);
	/* all belong to worker 1 of the two: a hash that knows one worker, and says the other */
	steer_init_toeplitz(&other, 0, 2, 128, secret);
	memset(other.table, 1, sizeof(other.table));
	if (group[0] == NULL || group[1] == NULL ||
	    handover_init(group, &other, sockets, each) != 0)
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
		handover_free(group[i]);
		rte_free(group[i]);
	}
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	struct bench b;
	int rc = bench_start(&b, argc, argv, "steer", CONNECTIONS);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 128) != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("bench", 16383, 256, 0, 256, 0);
	if (pool == NULL)
		return EXIT_FAILURE;
	measure_hashing(&b, pool);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		bench_note("one processor: two workers are left out");
	else if (measure_workers(&b, pool) != 0)
		return EXIT_FAILURE;
	rte_mempool_free(pool);
	return bench_end(&b);
}
