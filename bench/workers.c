/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compares two workers on a wire with one. In one case the device brings each packet to
 * its owner (symmetric RSS). In another each worker reads the only queue of one port, and
 * hands half of the packets over. The upper limit on this machine is two workers that
 * share nothing.
 *
 * Each worker is a thread on a core of its own, with its own engine. The packets are ACKs
 * without data of established connections, 64 bytes long, from both sides. Writing and
 * freeing the frames is included in the time, like the work of a driver. The time is the
 * CPU time of the thread that used most, so other processes on the core do not count.
 *
 * In the case "two, nothing shared" each worker has its own buffers, rules and templates
 * of frames, and there is no steering. What this case lacks to twice one worker is due to
 * the machine (shared caches and memory, lower clock with two busy cores, hyper-threads).
 * What the other cases lack to it is due to sluice.
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

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include <steer/handoff.h>

#define PACKETS (1u << 21) /* packets in a round, of all workers together */
#define BURST 32u
#define MBUFS 16383u
#define NS_A_BURST 1000u
#define CONNECTIONS 100000u

enum mode {
	MODE_ONE,
	MODE_APART,
	MODE_RSS,
	MODE_HANDOFF,
	MODES,
};

static const char *const mode_names[MODES] = {
	[MODE_ONE] = "one worker",
	[MODE_APART] = "two, nothing shared",
	[MODE_RSS] = "two, symmetric RSS",
	[MODE_HANDOFF] = "two, software handoff",
};

/*
 * Aligned to two cache lines, because a core may prefetch the line next to the one that
 * it reads. Only this worker writes to it.
 */
struct worker {
	struct world *world;
	unsigned number;
	struct engine *engine;
	struct handoff *handoff; /* NULL: there is one worker */
	struct traffic *traffic;
	struct rte_mempool *pool;
	struct policy *policy;
	void *memory;
	uint32_t *list; /* connections with packets that arrive at this worker */
	uint32_t count;
	uint64_t packets; /* to be received in a round */
	uint64_t cpu_ns;
	uint64_t now_ns;
	pthread_t thread;
} __attribute__((aligned(2 * RTE_CACHE_LINE_SIZE)));

struct world {
	enum mode mode;
	uint32_t connections;
	struct engine_config config;
	struct steer steer;
	struct worker workers[2];
	unsigned worker_count;
	pthread_barrier_t start;
	/* number of workers that have not received all their packets */
	atomic_uint receiving;
};

static void
write_burst(struct worker *me, uint8_t side, uint64_t first, struct rte_mbuf **pkts)
{
	uint32_t i;

	if (rte_pktmbuf_alloc_bulk(me->pool, pkts, BURST) != 0)
		abort();
	for (i = 0; i < BURST; i++)
		traffic_write(me->traffic, pkts[i],
			      side == 0 ? TRAFFIC_ACK : TRAFFIC_ACK_WAN,
			      me->list[(first + i) % me->count],
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

	handoff_flush(me->handoff);
	for (side = 0; side < 2; side++) {
		if (handoff_ready(me->handoff, side) == 0)
			continue;
		n = handoff_take(me->handoff, !me->number, side, pkts);
		if (n != 0)
			judge(me, side, pkts, n);
		taken += n;
	}
	return taken;
}

/*
 * Sleep until the rings have room, which is not CPU time: the other worker may not be
 * running at the moment.
 */
static void
wait_for_room(struct worker *me)
{
	unsigned side;

	for (side = 0; side < 2; side++)
		while (rte_ring_free_count(me->handoff->link[!me->number][side].to) <
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

	if (me->world->mode == MODE_HANDOFF)
		wait_for_room(me);

	write_burst(me, side, first, pkts);
	if (me->handoff != NULL)
		n = handoff_split(me->handoff, side, pkts, n);
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
			w->mode == MODE_HANDOFF ? (uint8_t)me->number
						: (uint8_t)(i / BURST & 1),
			i);
		/*
		 * exchange packets once in a turn, which has a burst of each port that
		 * this worker reads
		 */
		if (w->mode == MODE_HANDOFF || (me->handoff != NULL && i / BURST & 1))
			exchange(me);
	}
	if (me->handoff == NULL)
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

	if (rte_thread_register() != 0) { /* an lcore id is needed for a mempool cache */
		bench_note("a worker is no lcore: %s", rte_strerror(rte_errno));
		abort();
	}
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

/* Run a round. Returns the nanoseconds for each packet. */
static double
round_ns(struct bench *b, struct world *w)
{
	uint64_t longest = 0, wall = bench_now_ns();
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
	b->wall_ns += bench_now_ns() - wall;
	b->cpu_ns += longest;
	return (double)longest / PACKETS;
}

/* Open a connection in its owner's engine, by a handshake. */
static void
open_connection(struct worker *owner, uint32_t connection)
{
	uint32_t k;

	for (k = 0; k < TRAFFIC_HANDSHAKE; k++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(owner->pool);
		uint8_t side = traffic_write_handshake(owner->traffic, m, k, connection);

		judge(owner, side, &m, 1);
	}
}

static uint8_t
owner_of(struct world *w, uint32_t connection)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->workers[0].pool);
	uint8_t owner;

	traffic_write(w->workers[0].traffic, m, TRAFFIC_ACK, connection, 0, 0);
	steer_owners(&w->steer, 0, &m, 1, &owner);
	rte_pktmbuf_free(m);
	return owner;
}

/* Create what the workers of a wire share, or an engine for each. */
static int
worker_share(struct world *w, struct worker *me)
{
	struct worker *first = &w->workers[0];
	char name[32];

	if (me != first && w->mode != MODE_APART) {
		me->traffic = first->traffic;
		me->pool = first->pool;
		me->policy = first->policy;
		return 0;
	}
	snprintf(name, sizeof(name), "bench_%d_%u", w->mode, me->number);
	me->traffic = rte_zmalloc(NULL, sizeof(*me->traffic), RTE_CACHE_LINE_SIZE);
	me->pool = rte_pktmbuf_pool_create(name, MBUFS, 256, 0, 256, 0);
	if (me->traffic == NULL || me->pool == NULL ||
	    policy_accept_all(&me->policy) != 0)
		return -1;
	traffic_init(me->traffic, 4, false, 0);
	return 0;
}

static int
worker_make(struct bench *b, struct world *w, unsigned number)
{
	struct worker *me = &w->workers[number];

	me->world = w;
	me->number = number;
	me->packets = PACKETS / w->worker_count;
	if (worker_share(w, me) != 0)
		return -1;
	w->config.mempool = me->pool;
	me->memory = bench_memory(b, engine_bytes(&w->config));
	me->list = bench_memory(b, w->connections * sizeof(*me->list));
	if (me->memory == NULL || me->list == NULL ||
	    engine_init(me->memory, &w->config, me->policy, NULL, 1, &me->engine) != 0)
		return -1;
	if (w->mode != MODE_RSS && w->mode != MODE_HANDOFF)
		return 0;
	me->handoff = rte_zmalloc(NULL, sizeof(struct handoff), RTE_CACHE_LINE_SIZE);
	if (me->handoff == NULL)
		return -1;
	me->handoff->engine = me->engine;
	return 0;
}

static void
steer_make(struct world *w)
{
	uint8_t secret[KEY_SECRET_BYTES];

	memset(secret, 0x3c, sizeof(secret));
	if (w->mode == MODE_HANDOFF)
		steer_init_keyed(&w->steer, (uint16_t)w->mode, w->worker_count, secret);
	else
		steer_init_toeplitz(&w->steer, (uint16_t)w->mode, w->worker_count, 128,
				    secret);
}

/* Open all connections at their owners, and record where their packets arrive. */
static void
connections_make(struct world *w)
{
	struct worker *at;
	uint32_t i;
	uint8_t owner;

	for (i = 0; i < w->connections; i++) {
		owner = owner_of(w, i);
		open_connection(&w->workers[owner], i);
		/* with one queue for each port, its packets all arrive at one worker */
		at = &w->workers[w->mode == MODE_HANDOFF ? 0 : owner];
		at->list[at->count++] = i;
	}
	if (w->mode != MODE_HANDOFF)
		return;
	memcpy(w->workers[1].list, w->workers[0].list, w->connections * sizeof(uint32_t));
	w->workers[1].count = w->workers[0].count;
}

static int
world_make(struct bench *b, struct world *w, enum mode mode, uint32_t connections)
{
	const uint8_t each[2] = {STEER_ANY, STEER_ANY};
	const int sockets[2] = {0, 0};
	struct handoff *group[2];
	uint32_t i;

	w->mode = mode;
	w->connections = connections;
	w->worker_count = mode == MODE_ONE ? 1 : 2;
	w->config = (struct engine_config){.track = TRACK_CONFIG_DEFAULT,
					   .max = connections,
					   .wires = 1};
	memset(w->config.secret, 0xa5, sizeof(w->config.secret));
	steer_make(w);
	group[0] = NULL;
	for (i = 0; i < w->worker_count; i++) {
		if (worker_make(b, w, i) != 0)
			return -1;
		group[i] = w->workers[i].handoff;
	}
	if (group[0] != NULL && handoff_init(group, &w->steer, sockets, each) != 0)
		return -1;
	connections_make(w);
	return 0;
}

static void
world_free(struct world *w)
{
	struct worker *me;
	unsigned i;

	for (i = 0; i < w->worker_count; i++) {
		if (w->workers[i].handoff != NULL)
			handoff_free(w->workers[i].handoff);
		rte_free(w->workers[i].handoff);
	}
	/* in descending order: worker 0 owns what is shared */
	for (i = w->worker_count; i-- > 0;) {
		me = &w->workers[i];
		bench_memory_free(me->memory, engine_bytes(&w->config));
		bench_memory_free(me->list, w->connections * sizeof(uint32_t));
		if (i != 0 && w->mode != MODE_APART)
			continue;
		rte_mempool_free(me->pool);
		rte_free(me->traffic);
		policy_free(me->policy);
	}
}

/* Return whether no packet was dropped in any round. */
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

/* Return the percentage of the packets that were handed over. */
static double
handed_over(const struct world *w)
{
	struct engine_stats stats;
	uint64_t over = 0, all = 0;
	unsigned i;

	for (i = 0; i < w->worker_count; i++) {
		engine_stats(w->workers[i].engine, &stats);
		all += stats.packets;
		over += w->workers[i].handoff->handed_over;
	}
	return 100.0 * (double)over / (double)all;
}

static int
report(struct bench *b, const struct world *w, double *ns, double *ratio)
{
	const char *name = mode_names[w->mode];
	char params[64];

	snprintf(params, sizeof(params), "connections=%u", w->connections);
	bench_value(b, params, name, median(ns, b->repeats), "ns");
	bench_value(b, params, name, median(ratio, b->repeats), "times one worker");
	if (w->workers[0].handoff != NULL)
		bench_value(b, params, name, handed_over(w), "percent handed over");
	return all_passed(w) ? 0 : -1;
}

static int
measure_workers(struct bench *b)
{
	static struct world worlds[MODES];
	double ns[MODES][BENCH_REPEATS_MAX], ratio[MODES][BENCH_REPEATS_MAX];
	uint32_t connections = RTE_MIN(b->connections, CONNECTIONS);
	unsigned round, mode;
	int rc = 0;

	for (mode = 0; mode < MODES; mode++) {
		if (world_make(b, &worlds[mode], mode, connections) != 0)
			return -1;
		round_ns(b, &worlds[mode]);
	}
	for (round = 0; round < b->repeats; round++)
		for (mode = 0; mode < MODES; mode++) {
			ns[mode][round] = round_ns(b, &worlds[mode]);
			ratio[mode][round] = ns[MODE_ONE][round] / ns[mode][round];
		}
	for (mode = 0; mode < MODES; mode++) {
		if (report(b, &worlds[mode], ns[mode], ratio[mode]) != 0)
			rc = -1;
		world_free(&worlds[mode]);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct bench b;
	int rc = bench_start(&b, argc, argv, "workers", CONNECTIONS);

	if (rc != BENCH_GO_ON)
		return rc;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		bench_note("workers: left out, there is one processor");
		return EXIT_SUCCESS;
	}
	if (bench_eal(&b, 256) != 0 || measure_workers(&b) != 0)
		return EXIT_FAILURE;
	return bench_end(&b);
}
