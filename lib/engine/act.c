/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What leaves: the packets that pass, and right behind the packet that caused them the
 * segments that we make. These are built of the frame in hand, or of the link layer that
 * the connection was opened with.
 */
#include "engine_internal.h"

#define MADE_GAP_NS (1000000000ull / ENGINE_MADE_PER_S)

/* A token of the bucket that all connections share (GCRA). */
static bool
made_allowed(struct engine *e)
{
	uint64_t full_ns = e->made_full_ns > e->now_ns ? e->made_full_ns : e->now_ns;

	if (full_ns - e->now_ns > (ENGINE_MADE_BURST - 1) * MADE_GAP_NS)
		return false;
	e->made_full_ns = full_ns + MADE_GAP_NS;
	return true;
}

bool
act_send(struct engine *e, uint16_t port, struct rte_mbuf *m)
{
	struct engine_tx *tx = &e->tx[port];

	if (tx->count == ENGINE_TX_MAX) {
		e->stats.drops[REASON_TX_FULL]++;
		rte_pktmbuf_free(m);
		return false;
	}
	tx->pkts[tx->count++] = m;
	return true;
}

static bool
act_segment(struct engine_step *s)
{
	const struct packet *p = s->p;
	struct reply_l2 l2;
	struct rte_mbuf *m;

	/* GEN-1: an answer to no single host is none */
	if (s->r.action == ACTION_RST && !reply_icmp_allowed(s->m, p))
		return false;
	if (s->r.action != ACTION_PROBE && !made_allowed(s->e))
		return false;
	m = rte_pktmbuf_alloc(s->e->config.mempool);
	if (m == NULL)
		return false;
	reply_l2_of(s->m, p, &l2);
	reply_tcp(m, &l2, &p->key, p->family, s->r.made_to, &s->r.made);
	return act_send(s->e, port_of(s, s->r.made_to), m);
}

static bool
act_icmp(struct engine_step *s)
{
	struct rte_mbuf *m;

	if (!reply_icmp_allowed(s->m, s->p) || !made_allowed(s->e))
		return false;
	m = rte_pktmbuf_alloc(s->e->config.mempool);
	if (m == NULL)
		return false;
	reply_icmp_error(m, s->m, s->p, s->icmp_type, s->icmp_code);
	return act_send(s->e, s->port, m);
}

static void
act_make(struct engine_step *s)
{
	bool made = s->r.action == ACTION_ICMP ? act_icmp(s) : act_segment(s);

	if (made)
		s->e->stats.made[s->r.action]++;
	else
		s->r.action = ACTION_NONE;
}

/* Unlike act_send() frees nothing: the frame may be needed for what we make. */
static bool
act_pass(struct engine_step *s)
{
	struct engine *e = s->e;
	struct engine_tx *tx = &e->tx[s->port ^ 1];

	if (tx->count == ENGINE_TX_MAX) {
		step_drop(s, REASON_TX_FULL);
		return false;
	}
	tx->pkts[tx->count++] = s->m;
	e->stats.passed++;
	return true;
}

void
act(struct engine_step *s)
{
	struct engine *e = s->e;

	if (s->r.verdict != VERDICT_PASS || !act_pass(s)) {
		if (s->r.verdict == VERDICT_HELD)
			return;
		e->stats.drops[s->r.reason]++;
		e->stage.dropped[e->stage.drops++] = s->m;
	}
	if (s->r.action != ACTION_NONE)
		act_make(s);
}

void
act_probe(struct engine *e, const struct engine_family *f, uint32_t index,
	  const struct tcp_segment probe[2])
{
	const struct flow_cold *cold = flow_cold(&f->table, flow_conn(&f->table, index));
	const struct reply_l2 *l2 = flow_l2_get(e->l2, cold->track.l2);
	struct flow_key key;
	struct rte_mbuf *m;
	uint8_t x;

	if (l2 == NULL)
		return;
	flow_key_of(&f->table, index, &key);
	for (x = 0; x < 2; x++) {
		m = rte_pktmbuf_alloc(e->config.mempool);
		if (m == NULL)
			return;
		reply_tcp(m, l2, &key, f->table.family, x, &probe[x]);
		if (act_send(e, (uint16_t)(2 * flow_id_wire(&key.id) + x), m))
			e->stats.made[ACTION_PROBE]++;
	}
}
