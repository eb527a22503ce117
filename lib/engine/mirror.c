/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies have bytes of their own: the original may be rewritten by later rules, and its
 * driver may change or free it before that of the mirror port has sent the copy.
 */
#include "mirror.h"

#include "pkt.h"

static void
frame_copy(struct engine *e, struct engine_tx *tx, struct rte_mbuf *m)
{
	struct rte_mbuf *copy = NULL;

	if (tx->count < ENGINE_TX_MAX)
		copy = rte_pktmbuf_copy(m, e->config.mempool, 0, UINT32_MAX);
	if (copy != NULL)
		tx->pkts[tx->count++] = copy;
	else
		e->stats.copies_lost++;
}

void
mirror_copy(const void *packet, uint16_t mirror)
{
	const struct pkt_ctx *s = packet;
	struct engine *e = s->e;
	struct engine_tx *tx = &e->tx[2 * e->config.wires + mirror];
	unsigned i;

	if (s->p != &e->whole) {
		frame_copy(e, tx, s->m);
		return;
	}
	for (i = 0; i < e->group.n; i++)
		frame_copy(e, tx, e->group.piece[i].m);
}

void
mirror_done(struct engine *e, struct engine_tx *tx, uint16_t taken, uint16_t lost)
{
	e->stats.copies += taken - lost;
	e->stats.copies_lost += tx->count - taken + lost;
	rte_pktmbuf_free_bulk(&tx->pkts[taken], tx->count - taken);
	tx->count = 0;
}
