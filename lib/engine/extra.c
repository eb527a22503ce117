/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fills struct policy_extra: what few rulesets read of a packet besides its 5-tuple. It
 * is filled for each evaluation with the input that the rules need (policy_needs()). For
 * a ruleset that needs none, this file is not used.
 */
#include <stdatomic.h>
#include <string.h>

#include <rte_branch_prediction.h>

#include "engine_state.h"
#include "mirror.h"
#include "pkt.h"
#include "rules.h"
#include "timeouts.h"

/* bytes of one layer's headers that are made contiguous for the rules */
#define HEADERS_BYTES 128u

/*
 * The bytes of the frame from offset on: at most `length`, and at most those in the first
 * segment of the mbuf.
 */
static struct policy_bytes
bytes_of(struct rte_mbuf *m, uint32_t offset, uint32_t length)
{
	if (offset >= m->data_len)
		return (struct policy_bytes){NULL, 0};
	return (struct policy_bytes){rte_pktmbuf_mtod_offset(m, uint8_t *, offset),
				     RTE_MIN(length, m->data_len - offset)};
}

/* Cut off padding after the IP packet. */
static void
fill_bytes(const struct pkt_ctx *s, struct policy_extra *x)
{
	const struct packet *p = s->p;
	const bool is_ip = p->family != 0;
	const uint32_t inner = p->payload_off - p->l4_off;

	/* make headers contiguous; if there is no room, matches on the rest fail */
	if (unlikely(s->m->nb_segs > 1 && s->m->data_len < p->l4_off + HEADERS_BYTES))
		(void)rte_pktmbuf_linearize(s->m);
	x->bytes[POLICY_BASE_LINK] = bytes_of(s->m, 0, UINT32_MAX);
	x->bytes[POLICY_BASE_NETWORK] = bytes_of(s->m, p->l3_off,
						 is_ip ? p->ip_len : UINT32_MAX);
	if (!is_ip)
		return;
	x->bytes[POLICY_BASE_TRANSPORT] = bytes_of(s->m, p->l4_off, p->l4_len);
	if (p->payload_off > p->l4_off && inner < p->l4_len)
		x->bytes[POLICY_BASE_INNER] = bytes_of(s->m, p->payload_off,
						       p->l4_len - inner);
}

/* Addresses and ports of the endpoints; the initiator is first. */
static void
fill_endpoints(const struct flow_key *key, uint8_t family, uint8_t orig,
	       struct policy_conn *conn)
{
	const bool ports = flow_id_has_ports(&key->id);
	unsigned x;

	for (x = 0; x < 2; x++) {
		uint8_t side = orig ^ (uint8_t)x;

		if (family == 4)
			memcpy(conn->address[x], &key->addr.v4[side],
			       sizeof(key->addr.v4[side]));
		else
			memcpy(conn->address[x], key->addr.v6[side],
			       sizeof(conn->address[x]));
		conn->port[x] = ports ? key->id.port[side] : 0;
	}
}

/* Fill in what is known of an existing connection; side has sent the packet. */
static void
fill_known(const struct pkt_ctx *s, uint8_t side, struct policy_conn *conn)
{
	const struct engine *e = s->e;
	const struct engine_family *f = s->f;
	const struct track_conn tc = family_conn(f, s->index);
	const uint8_t orig = tc.hot->flags & TRACK_ORIG ? 1 : 0;
	struct flow_key key;
	uint32_t deadline;
	unsigned x;

	flow_key_of(&f->table, s->index, &key);
	fill_endpoints(&key, f->table.family, orig, conn);
	conn->direction = side != orig;
	conn->id = connection_meta(f, s->index)->id;
	conn->status = POLICY_STATUS_CONFIRMED;
	if (conn->direction != 0 || (tc.hot->flags & TRACK_REPLIED))
		conn->status |= POLICY_STATUS_SEEN_REPLY;
	if (tc.hot->flags & TRACK_ASSURED)
		conn->status |= POLICY_STATUS_ASSURED;
	deadline = track_deadline(&tc, flow_id_proto(&key.id),
				  connection_track(e, f, s->index));
	conn->expiration_ms = ticks_reached(deadline, e->now) ? 0 : deadline - e->now;
	for (x = 0; f->acct != NULL && x < 2; x++) {
		conn->packets[x] = f->acct[s->index].packets[orig ^ x];
		conn->bytes[x] = f->acct[s->index].bytes[orig ^ x];
	}
}

static void
fill_conn(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct,
	  struct policy_extra *x, struct policy_conn *conn)
{
	memset(conn, 0, sizeof(*conn));
	x->conn = conn;
	x->hash = (uint32_t)(s->hash >> 32);
	conn->exists = ct != POLICY_CT_INVALID && ct != POLICY_CT_UNTRACKED;
	if (!conn->exists)
		return;
	if (s->index != FLOW_NONE)
		fill_known(s, side, conn);
	else
		fill_endpoints(&s->p->key, s->p->family, s->p->side, conn);
	conn->packets[conn->direction]++;
	conn->bytes[conn->direction] += s->p->ip_len;
	if (s->f->mark != NULL)
		x->ct_mark = s->index != FLOW_NONE ? s->f->mark[s->index] : s->ct_mark;
}

/* A random number for each packet, by splitmix64. It is never 0, which means none. */
static uint32_t
random_next(struct engine *e)
{
	uint64_t z = (e->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32) | 1u;
}

struct policy_extra *
extra_fill(const struct pkt_ctx *s, uint8_t side, enum policy_ct ct)
{
	struct engine *e = s->e;
	struct policy_extra *x = &e->extra;

	memset(x, 0, sizeof(*x));
	x->wall_ns = e->now_ns;
	if (e->needs & POLICY_NEEDS_TIME && e->config.wall_offset_ns != NULL)
		x->wall_ns += (uint64_t)atomic_load_explicit(e->config.wall_offset_ns,
							     memory_order_relaxed);
	x->mark = s->e->raw_marks.mark;
	x->ct_zone = s->e->raw_marks.ct_zone;
	x->random = random_next(e);
	x->mtu = RTE_MIN(e->mtu[s->port ^ 1], e->mtu[s->port]);
	if (e->needs & POLICY_NEEDS_BYTES) {
		x->ether_type = s->p->ether_type;
		x->vlans = s->p->vlans;
		fill_bytes(s, x);
	}
	if (e->needs & POLICY_NEEDS_CONN)
		fill_conn(s, side, ct, x, &e->extra_conn);
	if (e->needs & POLICY_NEEDS_COPY) {
		x->copy = mirror_copy;
		x->copy_context = s;
	}
	return x;
}

void
extra_keep(struct pkt_ctx *s)
{
	const struct policy_extra *x = &s->e->extra;

	if (!s->rules.effects.ct_mark_set || s->f->mark == NULL)
		return;
	/* for a new connection, which has no entry yet, arrays_open() stores it */
	if (s->index != FLOW_NONE)
		s->f->mark[s->index] = x->ct_mark;
	else
		s->ct_mark = x->ct_mark;
}
