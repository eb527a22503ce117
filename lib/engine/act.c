/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transmission of packets that pass, and of the segments and ICMP errors that sluice
 * generates because of a packet. A segment back to the sender gets its link layer from
 * the received frame; one to the other side gets what link.c has learnt for the
 * connection.
 */
#include <flow/lock.h>

#include "budget.h"
#include "engine_state.h"
#include "pkt.h"
#include "recorder.h"
#include "rules.h"
#include "shared.h"

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

/* Get link layer and port for a generated segment. */
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
	/*
	 * RST-6: the frame of an inexact RST may be forged; probe the addresses that the
	 * connection's own segments have used
	 */
	if (s->index != FLOW_NONE)
		pair = flow_l2_get(s->e->l2, connection_meta(s->f, s->index)->l2);
	return pair != NULL ? pair->to[s->r.generated_to] : l2;
}

/* Whether the budget allows one more answer of kind s->r.action. */
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

	/* GEN-1: do not answer broadcast, multicast and the like */
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

/*
 * Send the packet. Unlike act_send() this does not free the frame, from which an answer
 * may be made.
 */
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
		if (s->r.verdict == VERDICT_HELD ||
		    (e->config.audit && audit_pass(s) && act_pass(s)))
			return;
		e->stats.drops[s->r.reason]++;
		if (e->recorder != NULL)
			recorder_drop(s);
		e->stage.dropped[e->stage.drops++] = s->m;
	}
	if (s->r.action != ACTION_NONE)
		act_generate(s);
}

bool
act_probe(struct engine *e, const struct engine_family *f, uint32_t index,
	  const struct tcp_segment probe[2])
{
	const struct flow_l2_pair *pair = flow_l2_get(e->l2,
						      connection_meta(f, index)->l2);
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

void
act_resets(struct engine *e, const struct engine_family *f, uint32_t index)
{
	const struct flow_l2_pair *pair = flow_l2_get(e->l2,
						      connection_meta(f, index)->l2);
	uint32_t *lock = connection_lock(f, index);
	const struct track_conn conn = family_conn(f, index);
	struct tcp_segment reset[2][2];
	unsigned count[2], i;
	struct flow_key key;
	struct rte_mbuf *m;
	uint8_t x;

	for (x = 0; x < 2; x++)
		count[x] = pair != NULL ? tcp_resets(&conn, x, reset[x]) : 0;
	flow_unlock(lock);
	flow_key_of(&f->table, index, &key);
	for (x = 0; x < 2; x++) {
		for (i = 0; i < count[x]; i++) {
			m = rte_pktmbuf_alloc(e->config.mempool);
			if (m == NULL)
				return;
			reply_tcp(m, &pair->to[x], &key, f->table.family, x,
				  &reset[x][i]);
			if (act_send(e, pair->to[x].port, m))
				e->stats.generated[ACTION_RST]++;
		}
	}
}
