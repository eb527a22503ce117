/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive, ask the engine, transmit. What happens to a packet is lib/engine's. */
#include "worker.h"

#include <rte_ethdev.h>

#define TX_TRIES 8u /* before what a device does not take is dropped, and counted */

static void
transmit(struct worker *w, const struct worker_port *port)
{
	struct engine_tx *tx = engine_tx(w->engine, port->port);
	uint16_t sent = 0;
	unsigned tries;

	if (tx->count == 0)
		return;
	for (tries = 0; sent < tx->count && tries < TX_TRIES; tries++)
		sent += rte_eth_tx_burst(port->device, 0, tx->pkts + sent,
					 tx->count - sent);
	engine_tx_done(w->engine, tx, sent);
}

int
worker_run(void *worker)
{
	struct worker *w = worker;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t now_ns;
	unsigned i, j;
	uint16_t n;

	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		now_ns = clock_ns(w->clock);
		for (i = 0; i < w->port_count; i++) {
			n = rte_eth_rx_burst(w->ports[i].device, 0, pkts,
					     ENGINE_BURST_MAX);
			if (n == 0)
				continue;
			engine_burst(w->engine, w->ports[i].port, pkts, n, now_ns, NULL);
			transmit(w, &w->ports[i ^ 1]); /* the wire's other side */
			transmit(w, &w->ports[i]);     /* what we answer */
		}
		engine_expire(w->engine, now_ns, ENGINE_EXPIRE_MAX);
		for (j = 0; j < w->port_count; j++)
			transmit(w, &w->ports[j]);
		control_worker_poll(w->control, now_ns);
	}
	return 0;
}
