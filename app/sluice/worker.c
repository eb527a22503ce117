/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive, ask the engine, transmit. What happens to a packet is lib/engine's. */
#include "worker.h"

#include <rte_ethdev.h>

#define TX_TRIES 8u /* before what a device does not take is dropped, and counted */

static void
transmit(struct worker *w, const struct worker_port *port)
{
	struct engine_tx *tx = engine_tx(w->engine, port->port);
	uint16_t sent = 0, lost = 0;
	unsigned tries;

	if (tx->count == 0)
		return;
	if (port->tx_queue == WORKER_NO_QUEUE)
		sent = handover_send(w->handover, port->port & 1, tx->pkts, tx->count);
	else
		for (tries = 0; sent < tx->count && tries < TX_TRIES; tries++)
			sent += rte_eth_tx_burst(port->device, port->tx_queue,
						 tx->pkts + sent, tx->count - sent);
	engine_tx_done(w->engine, tx, sent, lost);
}

/* A burst of ours that came in on the i-th port. */
static void
judge(struct worker *w, unsigned i, struct rte_mbuf **pkts, uint16_t n, uint64_t now_ns)
{
	engine_burst(w->engine, w->ports[i].port, pkts, n, now_ns, NULL);
	transmit(w, &w->ports[i ^ 1]); /* the wire's other side */
	transmit(w, &w->ports[i]);     /* what we answer */
}

/* What we have received for others, and others for us. */
static void
exchange(struct worker *w, uint64_t now_ns)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t peers;
	uint16_t n;
	uint8_t side;

	handover_flush(w->handover);
	handover_gather(w->handover, now_ns);
	for (side = 0; side < 2; side++) {
		peers = handover_ready(w->handover, side);
		for (; peers != 0; peers &= peers - 1) {
			n = handover_take(w->handover, rte_bsf64(peers), side, pkts);
			if (n != 0)
				judge(w, side, pkts, n, now_ns);
		}
	}
	handover_collect(w->handover);
}

int
worker_run(void *worker)
{
	struct worker *w = worker;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t now_ns;
	unsigned i;
	uint16_t n;

	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		now_ns = clock_ns(w->clock);
		for (i = 0; i < w->port_count; i++) {
			if (w->ports[i].rx_queue == WORKER_NO_QUEUE)
				continue;
			n = rte_eth_rx_burst(w->ports[i].device, w->ports[i].rx_queue,
					     pkts, ENGINE_BURST_MAX);
			if (n != 0 && w->handover != NULL)
				n = handover_split(w->handover, i & 1, pkts, n);
			if (n != 0)
				judge(w, i, pkts, n, now_ns);
		}
		if (w->handover != NULL)
			exchange(w, now_ns);
		engine_expire(w->engine, now_ns, ENGINE_EXPIRE_MAX);
		for (i = 0; i < w->port_count; i++)
			transmit(w, &w->ports[i]);
		control_worker_poll(w->control, now_ns);
	}
	return 0;
}
