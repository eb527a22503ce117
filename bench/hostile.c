/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures whether connections with colliding keys cost the connection table more than
 * random ones. An attacker has chosen them so that all have the same CRC32C, the default
 * hash of rte_hash.
 *
 * CRC32C is affine. So of 64 bits of a tuple that an attacker can choose (client address
 * and port, server port, half of the server address), 32 can have any value, and the
 * other 32 follow from them, whatever the seed is.
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
#define BURST 32u
#define FREE_BITS 64u

/* A connection as two 64-bit words: the id with the ports, and the addresses. */
struct key {
	uint64_t id;
	uint64_t addr;
};
static_assert(sizeof(struct key) == KEY4_BYTES, "hashed as bytes");

struct set {
	struct flow_table *table;
	struct key *keys;
	const uint32_t *order;
	uint32_t n;
	void *memory;
	size_t bytes;
	struct flow_config config;
};

static const struct flow_key *
as_flow_key(const struct key *key)
{
	return (const struct flow_key *)(const void *)key;
}

/*
 * Return the TCP tuple with these 64 bits: client address, both ports, and 16 bits of the
 * server address.
 */
static struct key
key_of(uint64_t bits)
{
	struct flow_key wide = {.id = {.network = FLOW_TCP}};
	struct key key;

	wide.addr.v4[0] = (rte_be32_t)bits;
	wide.id.port[0] = (rte_be16_t)(bits >> 32);
	wide.id.port[1] = (rte_be16_t)(bits >> 48);
	wide.addr.v4[1] = RTE_BE32(0xc0000201);
	memcpy(&key, &wide, sizeof(key));
	return key;
}

static uint32_t
crc_of(uint64_t bits, uint32_t seed)
{
	struct key key = key_of(bits);

	return rte_hash_crc(&key, sizeof(key), seed);
}

/*
 * Compute, by Gaussian elimination, a basis of the changes of the 64 bits that do not
 * change the CRC (the kernel of the linear map). Returns its dimension.
 */
static unsigned
crc_kernel(uint64_t kernel[FREE_BITS])
{
	uint32_t zero = crc_of(0, 0), does[32] = {0}, crc;
	uint64_t with[32], bits;
	unsigned i, lead, n = 0;

	for (i = 0; i < FREE_BITS; i++) {
		bits = UINT64_C(1) << i;
		crc = crc_of(bits, 0) ^ zero;
		while (crc != 0) {
			lead = 31 - (unsigned)__builtin_clz(crc);
			if (does[lead] == 0)
				break;
			crc ^= does[lead];
			bits ^= with[lead];
		}
		if (crc == 0) {
			kernel[n++] = bits;
		} else {
			does[lead] = crc;
			with[lead] = bits;
		}
	}
	return n;
}

/* Return the n-th tuple with the same CRC as the first one. */
static uint64_t
colliding(const uint64_t *kernel, unsigned dimension, uint32_t n)
{
	uint64_t bits = 0;
	unsigned i;

	for (i = 0; i < dimension && i < 32; i++)
		if (n >> i & 1)
			bits ^= kernel[i];
	return bits;
}

static void
set_empty(void *arg)
{
	struct set *s = arg;

	memset(s->memory, 0, s->bytes);
	if (flow_table_init(s->table, s->memory, &s->config) != 0)
		abort();
}

static uint64_t
set_insert(void *arg)
{
	struct set *s = arg;
	uint64_t hash[BURST], failed = 0;
	uint32_t i, j, m;

	for (i = 0; i < s->n; i += m) {
		m = RTE_MIN(BURST, s->n - i);
		for (j = 0; j < m; j++) {
			hash[j] = flow_table_hash(s->table, as_flow_key(&s->keys[i + j]));
			flow_prefetch_bucket(s->table, hash[j]);
		}
		for (j = 0; j < m; j++)
			failed += flow_insert(s->table, as_flow_key(&s->keys[i + j]),
					      hash[j]) == FLOW_NONE;
	}
	if (failed != 0) {
		bench_note("%ju inserts failed: no figure counts", (uintmax_t)failed);
		exit(EXIT_FAILURE);
	}
	return s->n;
}

static uint64_t
set_lookup(void *arg)
{
	const struct set *s = arg;
	uint64_t hash[BURST], found = 0;
	uint32_t candidate[BURST], i, j;

	for (i = 0; i < LOOKUPS; i += BURST) {
		for (j = 0; j < BURST; j++) {
			hash[j] = flow_table_hash(s->table,
						  as_flow_key(&s->keys[s->order[i + j]]));
			flow_prefetch_bucket(s->table, hash[j]);
		}
		for (j = 0; j < BURST; j++)
			candidate[j] = flow_probe(s->table, hash[j]);
		for (j = 0; j < BURST; j++)
			candidate[j] = flow_probe_second(s->table, hash[j], candidate[j]);
		for (j = 0; j < BURST; j++)
			found += flow_find(s->table,
					   as_flow_key(&s->keys[s->order[i + j]]),
					   hash[j], candidate[j]) != FLOW_NONE;
	}
	if (found != LOOKUPS) {
		bench_note("%ju of %u found: no figure counts", (uintmax_t)found,
			   LOOKUPS);
		exit(EXIT_FAILURE);
	}
	return LOOKUPS;
}

static int
set_make(struct bench *b, struct set *s, uint32_t n, const uint32_t *order,
	 const uint8_t *secret)
{
	static struct flow_table tables[2] __attribute__((aligned(64)));
	static unsigned made;

	s->table = &tables[made++];
	s->n = n;
	s->order = order;
	s->config = (struct flow_config){.family = 4, .connections = n, .secret = secret};
	s->bytes = flow_table_bytes(&s->config);
	s->memory = bench_memory(b, s->bytes);
	s->keys = bench_memory(b, n * sizeof(*s->keys));
	return s->memory == NULL || s->keys == NULL ? -1 : 0;
}

/*
 * Measure how many of the tuples rte_hash can store, in a table with room for all of
 * them.
 */
static void
measure_rte_hash(struct bench *b, const char *params, const char *name,
		 const struct set *s)
{
	const struct rte_hash_parameters config = {
		.name = name,
		.entries = s->n + s->n / 4,
		.key_len = KEY4_BYTES,
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
	};
	struct rte_hash *hash = rte_hash_create(&config);
	uint32_t i, taken = 0;

	if (hash == NULL) {
		bench_note("no memory for rte_hash");
		return;
	}
	for (i = 0; i < s->n; i++)
		taken += rte_hash_add_key(hash, &s->keys[i]) >= 0;
	bench_value(b, params, name, taken, "taken by rte_hash");
	rte_hash_free(hash);
}

static int
measure(struct bench *b, uint32_t n)
{
	static struct set plain, hostile;
	uint64_t kernel[FREE_BITS];
	unsigned dimension = crc_kernel(kernel);
	struct bench_random r = {4711};
	uint8_t secret[KEY_SECRET_BYTES];
	uint32_t *order = bench_memory(b, LOOKUPS * sizeof(*order)), i;
	struct bench_case inserts[] = {
		{.name = "insert, random",
		 .prepare = set_empty,
		 .run = set_insert,
		 .arg = &plain},
		{.name = "insert, one CRC32C",
		 .prepare = set_empty,
		 .run = set_insert,
		 .arg = &hostile},
	};
	struct bench_case lookups[] = {
		{.name = "lookup, random", .run = set_lookup, .arg = &plain},
		{.name = "lookup, one CRC32C", .run = set_lookup, .arg = &hostile},
	};
	char params[32];

	for (i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(bench_random(&r) >> 32);
	if (order == NULL || set_make(b, &plain, n, order, secret) != 0 ||
	    set_make(b, &hostile, n, order, secret) != 0)
		return -1;
	bench_order(order, LOOKUPS, n, BENCH_UNIFORM);
	for (i = 0; i < n; i++) {
		plain.keys[i] = key_of(bench_random(&r));
		hostile.keys[i] = key_of(colliding(kernel, dimension, i));
		if (crc_of(colliding(kernel, dimension, i), 12345) != crc_of(0, 12345)) {
			bench_note("tuple %u does not collide", i);
			return -1;
		}
	}
	snprintf(params, sizeof(params), "connections=%u", n);
	bench_run(b, params, inserts, RTE_DIM(inserts));
	bench_run(b, params, lookups, RTE_DIM(lookups));
	measure_rte_hash(b, params, "random", &plain);
	measure_rte_hash(b, params, "one CRC32C", &hostile);
	return 0;
}

int
main(int argc, char **argv)
{
	struct bench b;
	int rc = bench_start(&b, argc, argv, "hostile", 1000000);

	if (rc != BENCH_GO_ON)
		return rc;
	if (bench_eal(&b, 256) != 0 || measure(&b, RTE_MIN(b.connections, 1000000u)) != 0)
		return EXIT_FAILURE;
	return bench_end(&b);
}
