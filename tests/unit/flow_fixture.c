/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_fixture.h"

#include <stdlib.h>

#include <rte_byteorder.h>

uint32_t
fixture_random(struct fixture *f, uint32_t below)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (uint32_t)(((f->random >> 32) * below) >> 32);
}

void
fixture_build(struct fixture *f, uint8_t family, uint32_t connections)
{
	struct flow_config config = {.family = family,
				     .connections = connections,
				     .now = 0,
				     .secret = f->secret};
	unsigned i;

	f->random = 88172645463325252u;
	for (i = 0; i < sizeof(f->secret); i++)
		f->secret[i] = (uint8_t)fixture_random(f, 256);
	free(f->memory);
	f->bytes = flow_table_bytes(&config);
	f->memory = aligned_alloc(64, f->bytes);
	assert_non_null(f->memory);
	memset(f->memory, 0, f->bytes);
	assert_int_equal(flow_table_init(&f->table, f->memory, &config), 0);
}

struct flow_key
key_of(const struct flow_table *t, uint32_t n)
{
	struct flow_key key;

	memset(&key, t->family == 4 ? 0xa5 : 0, sizeof(key));
	key.id = (struct flow_id){.port = {rte_cpu_to_be_16((uint16_t)(1024 + n % 50000)),
					   RTE_BE16(443)},
				  .network = flow_network((uint16_t)(n % 3), 0, 0) |
					     FLOW_TCP};
	if (t->family == 4) {
		key.addr.v4[0] = rte_cpu_to_be_32(0x0a000000 + n / 7);
		key.addr.v4[1] = rte_cpu_to_be_32(0xc0000200 + n % 7);
	} else {
		key.addr.v6[0][0] = 0x20;
		memcpy(&key.addr.v6[0][12], &n, sizeof(n));
		key.addr.v6[1][15] = (uint8_t)n;
	}
	return key;
}

uint32_t
insert_key(struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(t, n);

	return flow_insert(t, &key, flow_table_hash(t, &key));
}

uint32_t
find_key(const struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(t, n);
	uint64_t hash = flow_table_hash(t, &key);
	uint32_t first, second, index;

	flow_prefetch_bucket(t, hash);
	first = flow_probe(t, hash);
	second = flow_probe_second(t, hash, first);
	index = flow_find(t, &key, hash, second);
	assert_int_equal(index, flow_find(t, &key, hash, first));
	assert_int_equal(index, flow_lookup(t, &key, hash));
	if (index != FLOW_NONE)
		assert_true(flow_hash_of(t, index) == hash);
	return index;
}

uint32_t
check_index(const struct flow_table *t)
{
	uint8_t *overflow = calloc(t->bucket_count, 16);
	uint32_t b, index, entries = 0, seconds = 0;
	const struct flow_bucket *bucket;
	struct flow_key key;
	uint64_t hash;
	unsigned slot, i;

	assert_non_null(overflow);
	for (b = 0; b < t->bucket_count; b++) {
		bucket = &t->buckets[b];
		for (slot = 0; slot < FLOW_BUCKET_SLOTS; slot++) {
			bool used = bucket->used >> slot & 1;
			bool secondary = bucket->secondary >> slot & 1;

			assert_int_equal(bucket->tag[slot] != 0, used);
			if (!used) {
				assert_false(secondary);
				continue;
			}
			entries++;
			index = bucket->index[slot];
			assert_true(flow_cold(t, flow_conn(t, index))->meta.id != 0);
			flow_key_of(t, index, &key);
			hash = flow_table_hash(t, &key);
			assert_int_equal(bucket->tag[slot], flow_tag(hash));
			assert_int_equal(secondary, flow_primary(t, hash) != b);
			if (secondary) {
				assert_int_equal(flow_alternate(t, b, flow_tag(hash)),
						 flow_primary(t, hash));
				overflow[flow_primary(t, hash) * 16 +
					 (flow_tag(hash) >> 12)]++;
				seconds++;
			}
		}
	}
	assert_int_equal(entries, t->count);
	for (b = 0; b < t->bucket_count; b++)
		for (i = 0; i < 16; i++)
			assert_int_equal(t->buckets[b].overflow >> (4 * i) & 0xf,
					 overflow[b * 16 + i]);
	free(overflow);
	return seconds;
}

int
fixture_start(void **state)
{
	*state = aligned_alloc(64, sizeof(struct fixture));
	if (*state == NULL)
		return -1;
	memset(*state, 0, sizeof(struct fixture));
	return 0;
}

int
fixture_end(void **state)
{
	struct fixture *f = *state;

	free(f->memory);
	free(f);
	return 0;
}
