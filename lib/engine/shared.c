/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a BPF program needs that passes packets of the engine's connections (lib/xdp):
 * struct flow_shared, and the time. The connections themselves are locked where the other
 * files write them (flow/lock.h).
 */
#include <assert.h>
#include <string.h>

#include "engine_state.h"
#include "pkt.h"
#include "shared.h"

/* Largest time that programs may be ahead of the engine: its worker was not running. */
#define AHEAD_TICKS (3600u * TICKS_PER_S)

static_assert(sizeof(struct flow_l2_entry) == FLOW_LINE_BYTES, "a pair is a line");
static_assert(sizeof(struct reply_l2) == FLOW_LINK_BYTES &&
		      offsetof(struct reply_l2, dst) == 0 &&
		      offsetof(struct reply_l2, src) == RTE_ETHER_ADDR_LEN &&
		      offsetof(struct reply_l2, port) == FLOW_LINK_PORT &&
		      offsetof(struct reply_l2, vlans) == FLOW_LINK_VLANS &&
		      offsetof(struct reply_l2, tag) == FLOW_LINK_TAGS &&
		      offsetof(struct reply_l2, pppoe) == FLOW_LINK_PPPOE,
	      "as programs read it");
static_assert(2 * sizeof(struct engine_acct) == FLOW_LINE_BYTES &&
		      offsetof(struct engine_acct, bytes) == 16,
	      "as programs write it");
static_assert(GENERATION_FLUSHING <= FLOW_RULES_GENERATION, "it has room");

static uint32_t
line_of(const struct engine *e, const void *part)
{
	return (uint32_t)((size_t)((const char *)part - (const char *)e) /
			  FLOW_LINE_BYTES);
}

static void
family_share(const struct engine *e, const struct engine_family *f,
	     struct flow_shared_family *shared)
{
	const struct flow_table *t = &f->table;

	if (!f->exists)
		return;
	*shared = (struct flow_shared_family){
		.buckets = t->bucket_count,
		.connections = t->capacity,
		.conn_lines = t->stride / FLOW_LINE_BYTES,
		.bucket_line = line_of(e, t->buckets),
		.conn_line = line_of(e, t->slab),
		.generation_line = line_of(e, f->generation),
		.acct_line = f->acct != NULL ? line_of(e, f->acct) : 0,
	};
}

/* Set the words of the secret that XXH3 uses for keys of both lengths. */
static void
secret_share(const uint8_t *secret, struct flow_shared *shared)
{
	memcpy(shared->secret, secret, sizeof(shared->secret));
	shared->flip[0] = shared->secret[3] ^ shared->secret[4];
	shared->flip[1] = shared->secret[5] ^ shared->secret[6];
}

void
shared_init(struct engine *e, size_t bytes)
{
	struct flow_shared *shared = e->config.shared;
	unsigned i;

	if (shared == NULL)
		return;
	shared->lines = (uint32_t)(bytes / FLOW_LINE_BYTES);
	shared->verify = e->config.verify_checksums;
	shared->link_line = line_of(e, e->l2->entries);
	secret_share(e->config.secret, shared);
	for (i = 0; i < e->config.wires; i++)
		shared->network[i] = e->network[i];
	for (i = 0; i < 2; i++)
		family_share(e, &e->family[i], &shared->family[i]);
	__atomic_store_n(&shared->version, FLOW_SHARED_VERSION, __ATOMIC_RELEASE);
}

void
shared_rules_begin(struct engine *e)
{
	if (e->config.shared != NULL)
		__atomic_store_n(&e->config.shared->rules, 0, __ATOMIC_SEQ_CST);
}

void
shared_rules(struct engine *e)
{
	uint32_t rules = e->generation;

	if (e->config.shared == NULL)
		return;
	if (e->established_accept)
		rules |= FLOW_RULES_ACCEPT;
	/* GEN-4: the label of each segment is compared, which no program does */
	if (e->config.track.ip_security_match)
		rules = 0;
	__atomic_store_n(&e->config.shared->rules, rules, __ATOMIC_RELEASE);
}

void
shared_lock(struct pkt_ctx *s, uint64_t hash)
{
	struct engine *e = s->e;
	uint32_t ahead;

	e->lock = flow_lock(&s->f->table, hash);
	if (s->index == FLOW_NONE)
		return;
	ahead = flow_conn(&s->f->table, s->index)->hot.last - e->now;
	if (ahead != 0 && ahead <= AHEAD_TICKS)
		engine_advance(e, (e->now_ns / TICKS_NS + ahead) * TICKS_NS);
}

void
engine_count_taken(struct engine *e, const struct flow_taken *taken)
{
	e->stats.packets += taken->packets;
	e->stats.bytes += taken->bytes;
	e->stats.passed += taken->packets;
	e->stats.xdp_passed += taken->packets;
	e->stats.xdp_up += taken->up;
	e->stats.xdp_busy += taken->busy;
	e->stats.xdp_lost += taken->lost;
	if (taken->constant_packets != 0)
		policy_count_constant(e->policy, e->policy_state, POLICY_CT_ESTABLISHED,
				      taken->constant_packets, taken->constant_bytes);
}
