/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transmission: packets that pass, and directly behind a packet the segment that sluice
 * generates because of it. A segment back to the sender gets its link layer from the
 * received frame; one to the other side from what link.c has learnt of the connection.
 */
#include "engine_internal.h"

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

/* Link layer and port of a generated segment. */
static struct reply_l2
l2_of_generated(const struct pkt_ctx *s)
{
	const struct flow_l2_pair *pair = NULL;
	struct reply_l2 l2, back;

	reply_l2_of(s->m, s->p, &l2);
	l2.port = s->port ^ 1;
	if (s->r.generated_to == s->p->side) {
		back = reply_l2_back(&l2);
		back.port = s->port;
		return back;
	}
	/* not from this frame, which may be forged: a RST that is not exact, RST-6 */
	if (s->index != FLOW_NONE)
		pair = flow_l2_get(s->e->l2, flow_cold(&s->f->table,
						       flow_conn(&s->f->table, s->index))
						     ->track.l2);
	return pair != NULL ? pair->to[s->r.generated_to] : l2;
}

/* Whether the budget allows one more answer of the kind of s->r.action. */
static bool
answer_allowed(const struct pkt_ctx *s)
{
	enum budget_kind kind = s->r.action == ACTION_CHALLENGE_ACK ? BUDGET_CHALLENGE
				: s->r.action == ACTION_RST         ? BUDGET_RST
								    : BUDGET_ICMP;

	return budget_take(s->e, s->rejected ? BUDGET_REJECT : kind, s->p);
}

static bool
act_segment(struct pkt_ctx *s)
{
	const struct packet *p = s->p;
	struct reply_l2 l2;
	struct rte_mbuf *m;

	/* GEN-1: no answer to broadcast, multicast and the like */
	if (s->r.action == ACTION_RST && !reply_icmp_allowed(s->m, p))
		return false;
	if (s->r.action != ACTION_PROBE && !answer_allowed(s))
		return false;
	m = rte_pktmbuf_alloc(s->e->config.mempool);
	if (m == NULL)
		return false;
	l2 = l2_of_generated(s);
	reply_tcp(m, &l2, &p->key, p->family, s->r.generated_to, &s->r.generated);
	return act_send(s->e, l2.port, m);
}

static bool
act_icmp(struct pkt_ctx *s)
{
	struct rte_mbuf *m;

	if (!reply_icmp_allowed(s->m, s->p) || !answer_allowed(s))
		return false;
	m = rte_pktmbuf_alloc(s->e->config.mempool);
	if (m == NULL)
		return false;
	reply_icmp_error(m, s->m, s->p, s->icmp_type, s->icmp_code, s->icmp_mtu);
	return act_send(s->e, s->port, m);
}

static void
act_generate(struct pkt_ctx *s)
{
	bool generated = s->r.action == ACTION_ICMP ? act_icmp(s) : act_segment(s);

	if (generated)
		s->e->stats.generated[s->r.action]++;
	else
		s->r.action = ACTION_NONE;
}

/* Unlike act_send() this does not free the frame: an answer may be made from it. */
static bool
act_pass(struct pkt_ctx *s)
{
	struct engine *e = s->e;
	struct engine_tx *tx = &e->tx[s->port ^ 1];

	if (tx->count == ENGINE_TX_MAX) {
		pkt_drop(s, REASON_TX_FULL);
		return false;
	}
	tx->pkts[tx->count++] = s->m;
	e->stats.passed++;
	return true;
}

void
act(struct pkt_ctx *s)
{
	struct engine *e = s->e;

	if (s->r.verdict != VERDICT_PASS || !act_pass(s)) {
		if (s->r.verdict == VERDICT_HELD)
			return;
		e->stats.drops[s->r.reason]++;
		e->stage.dropped[e->stage.drops++] = s->m;
	}
	if (s->r.action != ACTION_NONE)
		act_generate(s);
}

bool
act_probe(struct engine *e, const struct engine_family *f, uint32_t index,
	  const struct tcp_segment probe[2])
{
	const struct flow_cold *cold = flow_cold(&f->table, flow_conn(&f->table, index));
	const struct flow_l2_pair *pair = flow_l2_get(e->l2, cold->track.l2);
	struct rte_mbuf *m[2];
	struct flow_key key;
	bool sent = true;
	uint8_t x;

	if (pair == NULL || rte_pktmbuf_alloc_bulk(e->config.mempool, m, 2) != 0)
		return false;
	flow_key_of(&f->table, index, &key);
	for (x = 0; x < 2; x++) {
		reply_tcp(m[x], &pair->to[x], &key, f->table.family, x, &probe[x]);
		if (act_send(e, pair->to[x].port, m[x]))
			e->stats.generated[ACTION_PROBE]++;
		else
			sent = false;
	}
	return sent;
}
