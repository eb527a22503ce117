/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the connection table at 80 % load: lookups of a burst in stages, insertions
 * and removals. It is compared with DPDK's rte_hash, and with the floor: the two cache
 * lines that a hit must read (a miss: one), in the table's own memory and in the same
 * order.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>

#include <flow/table.h>

#define LOOKUPS (1u << 20)
#define BURST_MAX 64u
#define RTE_HASH_MIN 8u /* smallest rte_hash that can be created */

/* An IPv4 key without the unused bytes of struct flow_key. */
struct key {
	uint8_t bytes[KEY4_BYTES];
};

struct work {
	struct flow_table table __attribute__((aligned(64)));
	void *memory;
	size_t bytes;
	struct flow_config config;
	struct rte_hash *hash;
	uint32_t n;
	uint32_t *shuffled; /* 0 to n - 1 in some order */
	uint32_t *order;    /* LOOKUPS connections */
	struct key *keys;   /* LOOKUPS of them, as looked up */
	uint32_t *primary;  /* bucket of each, for the floor */
	struct bench_floor floor;
	uint64_t expected; /* lookups that hit */
};

/* A way to look up connections that is measured. */
struct way {
	struct work *work;
	unsigned burst;
};

static const struct flow_key *
as_flow_key(const struct key *key)
{
	return (const struct flow_key *)(const void *)key;
}

/* Return the key of connection n: from one of 65,536 clients to one of some servers. */
static struct key
key_of(uint32_t n)
{
	struct flow_key wide = {.id = {.network = FLOW_TCP}};
	struct key key;

	wide.id.port[0] = rte_cpu_to_be_16((uint16_t)(1024 + (n >> 16) * 7));
	wide.id.port[1] = RTE_BE16(443);
	wide.addr.v4[0] = rte_cpu_to_be_32(0x0a000000 + (n & 0xffff));
	wide.addr.v4[1] = rte_cpu_to_be_32(0xc0000200 + (n >> 4 & 0xff));
	memcpy(&key, &wide, sizeof(key));
	return key;
}

static uint64_t
hash_of(const struct work *w, const struct key *key)
{
	return flow_table_hash(&w->table, as_flow_key(key));
}

static void
check(const struct work *w, const char *who, uint64_t found, uint64_t expected)
{
	if (found == expected)
		return;
	bench_note("%s: %u connections: %ju instead of %ju: no figure counts", who, w->n,
		   (uintmax_t)found, (uintmax_t)expected);
	exit(EXIT_FAILURE);
}

static uint64_t
lookup_flow(void *arg)
{
	const struct way *way = arg;
	const struct work *w = way->work;
	const struct flow_table *t = &w->table;
	const struct key *keys;
	uint64_t hash[BURST_MAX], found = 0;
	uint32_t candidate[BURST_MAX], i, j, burst = way->burst;

	for (i = 0; i + burst <= LOOKUPS; i += burst) {
		keys = w->keys + i;
		for (j = 0; j < burst; j++) {
			hash[j] = flow_table_hash(t, as_flow_key(&keys[j]));
			flow_prefetch_bucket(t, hash[j]);
		}
		for (j = 0; j < burst; j++)
			candidate[j] = flow_probe(t, hash[j]);
		for (j = 0; j < burst; j++)
			candidate[j] = flow_probe_second(t, hash[j], candidate[j]);
		for (j = 0; j < burst; j++)
			found += flow_find(t, as_flow_key(&keys[j]), hash[j],
					   candidate[j]) != FLOW_NONE;
	}
	check(w, "table", found, w->expected);
	return i;
}

static uint64_t
lookup_rte_hash(void *arg)
{
	const struct way *way = arg;
	const struct work *w = way->work;
	const void *keys[BURST_MAX];
	int32_t positions[BURST_MAX];
	uint32_t i, j, burst = way->burst;
	uint64_t found = 0;

	for (i = 0; i + burst <= LOOKUPS; i += burst) {
		for (j = 0; j < burst; j++)
			keys[j] = &w->keys[i + j];
		rte_hash_lookup_bulk(w->hash, keys, burst, positions);
		for (j = 0; j < burst; j++)
			found += positions[j] >= 0;
	}
	check(w, "rte_hash", found, w->expected);
	return i;
}

static void
empty_flow(void *arg)
{
	struct work *w = ((struct way *)arg)->work;

	memset(w->memory, 0, w->bytes);
	if (flow_table_init(&w->table, w->memory, &w->config) != 0)
		abort();
}

static void
empty_rte_hash(void *arg)
{
	rte_hash_reset(((struct way *)arg)->work->hash);
}

/* Insert connections first to first + n - 1, a burst at a time. */
static uint64_t
insert_some(struct work *w, uint32_t first, uint32_t n, uint32_t burst)
{
	struct key keys[BURST_MAX];
	uint64_t hash[BURST_MAX], failed = 0;
	uint32_t i, j, m;

	for (i = 0; i < n; i += m) {
		m = RTE_MIN(burst, n - i);
		for (j = 0; j < m; j++) {
			keys[j] = key_of(first + i + j);
			hash[j] = hash_of(w, &keys[j]);
			flow_prefetch_bucket(&w->table, hash[j]);
		}
		for (j = 0; j < m; j++)
			failed += flow_insert(&w->table, as_flow_key(&keys[j]),
					      hash[j]) == FLOW_NONE;
	}
	check(w, "table: inserts that failed", failed, 0);
	return n;
}

static uint64_t
insert_flow(void *arg)
{
	struct way *way = arg;

	return insert_some(way->work, 0, way->work->n, way->burst);
}

static uint64_t
insert_rte_hash(void *arg)
{
	struct work *w = ((struct way *)arg)->work;
	uint64_t failed = 0;
	struct key key;
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		key = key_of(i);
		failed += rte_hash_add_key(w->hash, &key) < 0;
	}
	check(w, "rte_hash: inserts that failed", failed, 0);
	return w->n;
}

static void
fill_flow(void *arg)
{
	empty_flow(arg);
	insert_flow(arg);
}

static void
fill_rte_hash(void *arg)
{
	empty_rte_hash(arg);
	insert_rte_hash(arg);
}

static uint64_t
remove_flow(void *arg)
{
	const struct way *way = arg;
	struct work *w = way->work;
	uint32_t i, j, m;

	for (i = 0; i < w->n; i += m) {
		m = RTE_MIN(way->burst, w->n - i);
		for (j = i; m > 1 && j < i + m; j++)
			flow_prefetch_whole(&w->table, w->shuffled[j]);
		for (j = i; m > 1 && j < i + m; j++)
			flow_prefetch_primary(&w->table, w->shuffled[j]);
		for (j = i; j < i + m; j++)
			flow_remove(&w->table, w->shuffled[j]);
	}
	check(w, "table: left over", w->table.count, 0);
	return w->n;
}

static uint64_t
remove_rte_hash(void *arg)
{
	struct work *w = ((struct way *)arg)->work;
	uint64_t failed = 0;
	struct key key;
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		key = key_of(w->shuffled[i]);
		failed += rte_hash_del_key(w->hash, &key) < 0;
	}
	check(w, "rte_hash: not there", failed, 0);
	return w->n;
}

/*
 * Prepare lookups that hit, in w->order, or lookups of numbers from `first` on, which
 * miss.
 */
static void
look_for(struct work *w, bool hits, uint32_t first)
{
	uint32_t i;

	for (i = 0; i < LOOKUPS; i++) {
		w->keys[i] = key_of(hits ? w->order[i] : first + i);
		w->primary[i] = flow_primary(&w->table, hash_of(w, &w->keys[i]));
	}
	w->expected = hits ? LOOKUPS : 0;
	w->floor = (struct bench_floor){
		.first = (char *)w->table.buckets,
		.first_stride = sizeof(struct flow_bucket),
		.first_order = w->primary,
		.second = hits ? w->table.slab : NULL,
		.second_stride = w->table.stride,
		.second_order = w->order,
		.count = LOOKUPS,
	};
}

static void
measure_lookups(struct bench *b, struct work *w, const char *what)
{
	struct way by32 = {w, 32}, by64 = {w, 64};
	struct bench_floor written = w->floor;
	struct bench_case cases[] = {
		{.name = w->floor.second != NULL ? "floor, two lines" : "floor, one line",
		 .run = bench_floor_run,
		 .arg = &w->floor},
		{.name = "table, bursts of 32", .run = lookup_flow, .arg = &by32},
		{.name = "table, bursts of 64", .run = lookup_flow, .arg = &by64},
		{.name = "rte_hash, bulks of 32", .run = lookup_rte_hash, .arg = &by32},
		{.name = "rte_hash, bulks of 64", .run = lookup_rte_hash, .arg = &by64},
		{.name = "floor, one of two written",
		 .run = bench_floor_run,
		 .arg = &written},
	};
	char params[96];

	/* write a member that lookups do not read */
	written.write = true;
	written.write_offset = offsetof(struct track_hot, last);
	snprintf(params, sizeof(params), "connections=%u lookups=%s", w->n, what);
	bench_run(b, params, cases, w->floor.second != NULL ? 6 : 5);
}

static void
measure_changes(struct bench *b, struct work *w)
{
	struct way by1 = {w, 1}, by32 = {w, 32};
	struct bench_case inserts[] = {
		{.name = "table, bursts of 32",
		 .prepare = empty_flow,
		 .run = insert_flow,
		 .arg = &by32},
		{.name = "table, one by one",
		 .prepare = empty_flow,
		 .run = insert_flow,
		 .arg = &by1},
		{.name = "rte_hash, one by one",
		 .prepare = empty_rte_hash,
		 .run = insert_rte_hash,
		 .arg = &by1},
	};
	struct bench_case removals[] = {
		{.name = "table, bursts of 32",
		 .prepare = fill_flow,
		 .run = remove_flow,
		 .arg = &by32},
		{.name = "table, one by one",
		 .prepare = fill_flow,
		 .run = remove_flow,
		 .arg = &by1},
		{.name = "rte_hash, one by one",
		 .prepare = fill_rte_hash,
		 .run = remove_rte_hash,
		 .arg = &by32},
	};
	char params[96];

	snprintf(params, sizeof(params), "connections=%u inserts=all", w->n);
	bench_run(b, params, inserts, 3);
	snprintf(params, sizeof(params), "connections=%u removals=all", w->n);
	bench_run(b, params, removals, 3);
}

static struct rte_hash *
make_rte_hash(uint32_t n)
{
	struct rte_hash_parameters params = {
		.name = "bench",
		.entries = RTE_MAX(n + n / 4, RTE_HASH_MIN),
		.key_len = KEY4_BYTES,
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
	};

	return rte_hash_create(&params);
}

static void
shuffle(uint32_t *numbers, uint32_t n)
{
	struct bench_random r = {99};
	uint32_t i, j, swap;

	for (i = 0; i < n; i++)
		numbers[i] = i;
	for (i = n; i > 1; i--) {
		j = bench_random_below(&r, i);
		swap = numbers[i - 1];
		numbers[i - 1] = numbers[j];
		numbers[j] = swap;
	}
}

/* Measure everything that a sweep (-s) leaves out. */
static void
measure_rest(struct bench *b, struct work *w)
{
	bench_order(w->order, LOOKUPS, w->n, BENCH_ZIPF);
	look_for(w, true, 0);
	measure_lookups(b, w, "zipf");
	look_for(w, false, w->n);
	measure_lookups(b, w, "misses");
	measure_changes(b, w);
}

static void
measure_size(struct bench *b, struct work *w, uint32_t n, const uint8_t *secret)
{
	struct way way = {w, 32};
	char params[32];

	w->n = n;
	w->config = (struct flow_config){.family = 4, .connections = n, .secret = secret};
	w->bytes = flow_table_bytes(&w->config);
	w->shuffled = bench_memory(b, n * sizeof(*w->shuffled));
	w->memory = bench_memory(b, w->bytes);
	w->hash = make_rte_hash(n);
	if (w->memory == NULL || w->shuffled == NULL || w->hash == NULL) {
		bench_note("%u connections: left out, not enough memory", n);
	} else {
		snprintf(params, sizeof(params), "connections=%u", n);
		bench_value(b, params, "table", (double)w->bytes / n,
			    "bytes a connection");
		shuffle(w->shuffled, n);
		fill_flow(&way);
		fill_rte_hash(&way);
		bench_order(w->order, LOOKUPS, n, BENCH_UNIFORM);
		look_for(w, true, 0);
		measure_lookups(b, w, "uniform");
		if (!b->sweep)
			measure_rest(b, w);
	}
	rte_hash_free(w->hash);
	bench_memory_free(w->memory, w->bytes);
	bench_memory_free(w->shuffled, n * sizeof(*w->shuffled));
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000, 10000000};
	static struct work work;
	uint8_t secret[KEY_SECRET_BYTES];
	struct bench_random r = {12345};
	struct bench b;
	uint32_t n;
	unsigned i;
	int rc = bench_start(&b, argc, argv, "table", 1000000);

	if (rc != BENCH_GO_ON)
		return rc;
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(bench_random(&r) >> 32);
	/* rte_hash: 60 bytes an entry, and room for a quarter more, rounded to 2^n */
	if (bench_eal(&b,
		      256 + (unsigned)((uint64_t)RTE_MIN(b.connections, 10000000u) * 80 >>
				       20)) != 0)
		return EXIT_FAILURE;
	work.order = bench_memory(&b, LOOKUPS * sizeof(*work.order));
	work.keys = bench_memory(&b, LOOKUPS * sizeof(*work.keys));
	work.primary = bench_memory(&b, LOOKUPS * sizeof(*work.primary));
	if (work.order == NULL || work.keys == NULL || work.primary == NULL)
		return EXIT_FAILURE;
	for (i = 0; !b.sweep && i < RTE_DIM(sizes) && sizes[i] <= b.connections; i++)
		measure_size(&b, &work, sizes[i], secret);
	for (n = 1; b.sweep && n <= RTE_MIN(b.connections, 10000000u); n *= 10)
		measure_size(&b, &work, n, secret);
	return bench_end(&b);
}
