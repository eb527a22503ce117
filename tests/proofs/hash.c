/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof for lib/conn and the hash that lib/flow and lib/steer use: with any key and any
 * secret they neither access memory out of bounds nor have undefined behaviour. Keys and
 * secrets are objects of exactly the bytes that the functions may read. XXH3 is analysed
 * in its portable form: without vector instructions and without a type of 128 bits.
 */
#include <conn/key.h>
#include <packet/hash.h>

#include "proof.h"

static uint8_t secret[KEY_SECRET_BYTES];
static struct flow_key key, other;

/* Results are stored here so that they count as used. */
volatile uint64_t answer;

static void
step_hash(void)
{
	uint64_t key4[KEY4_BYTES / sizeof(uint64_t)];

	ANY(key4);
	answer = flow_hash((const struct flow_key *)(const void *)key4, KEY4_BYTES,
			   secret);
	answer = flow_hash(&key, KEY6_BYTES, secret);
}

static void
step_id(void)
{
	struct flow_id id = {.network = flow_network(any_bool(), any_bool(), 0)};
	unsigned n = any_bool();

	flow_id_set_proto(&id, Frama_C_unsigned_char_interval(0, UINT8_MAX));
	answer = flow_id_proto(&key.id);
	answer = flow_id_proto(&id);
	answer = flow_id_vid(&key.id, n);
	answer = flow_id_wire(&key.id);
	answer = flow_id_network(&key.id);
	answer = flow_id_has_ports(&key.id);
	answer = flow_network_add_tag(flow_network_joined(any_bool()), key.id.port[n]);
	answer = flow_id_pack(key.addr.v4[n], key.id.network, FLOW_TCP);
}

int
main(void)
{
	ANY(secret);
	ANY(key);
	ANY(other);
	switch (Frama_C_interval(0, 2)) {
	case 0:
		step_hash();
		break;
	case 1:
		step_id();
		break;
	default:
		answer = flow_key4_equal(&key, &other);
		answer = flow_key6_equal(&key, &other);
		break;
	}
	return 0;
}
