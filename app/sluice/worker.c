/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive, ask the engine, transmit. What happens to a packet is lib/engine's. */
#include "worker.h"

#include <rte_ethdev.h>

#define TX_TRIES 8u /* before what a device does not take is dropped, and counted */

/*
 * net_af_packet says that it has taken a burst which the kernel refuses: an interface
 * that is down or gone, say. Of such a burst nothing has left.
 */
static uint16_t
swallowed(struct worker_port *port, uint16_t sent)
{
	struct rte_eth_stats stats;
	uint64_t errors;

	if (!port->state->is_packet || sent == 0 ||
	    rte_eth_stats_get(port->device, &stats) != 0)
		return 0;
	errors = stats.oerrors - port->tx_errors;
	port->tx_errors = stats.oerrors;
	return (uint16_t)RTE_MIN(errors, sent);
}

static void
transmit(struct worker *w, struct worker_port *port)
{
	struct engine_tx *tx = engine_tx(w->engine, port->port);
	uint16_t sent = 0, lost = 0;
	unsigned tries;

	if (tx->count == 0)
		return;
	if (port->tx_queue == WORKER_NO_QUEUE)
		sent = handoff_send(w->handoff, port->port & 1, tx->pkts, tx->count);
	else if (!atomic_load_explicit(&port->state->down, memory_order_relaxed))
		for (tries = 0; sent < tx->count && tries < TX_TRIES; tries++)
			sent += rte_eth_tx_burst(port->device, port->tx_queue,
						 tx->pkts + sent, tx->count - sent);
	if (port->tx_queue != WORKER_NO_QUEUE)
		lost = swallowed(port, sent);
	engine_tx_done(w->engine, tx, sent, lost);
}

/* A burst of ours that came in on the i-th port. */
static void
process_burst(struct worker *w, unsigned i, struct rte_mbuf **pkts, uint16_t n,
	      uint64_t now_ns)
{
	const struct worker_port *in = &w->ports[i];
	uint16_t limit = atomic_load_explicit(&in->state->limit, memory_order_relaxed);

	if (limit != 0)
		n = engine_limit(w->engine, in->port, pkts, n, limit, now_ns);
	engine_burst(w->engine, in->port, pkts, n, now_ns, NULL);
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

	handoff_flush(w->handoff);
	handoff_gather(w->handoff, now_ns);
	for (side = 0; side < 2; side++) {
		peers = handoff_ready(w->handoff, side);
		for (; peers != 0; peers &= peers - 1) {
			n = handoff_take(w->handoff, rte_bsf64(peers), side, pkts);
			if (n != 0)
				process_burst(w, side, pkts, n, now_ns);
		}
	}
	handoff_collect(w->handoff);
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
			if (n != 0 && w->handoff != NULL)
				n = handoff_split(w->handoff, i & 1, pkts, n);
			if (n != 0)
				process_burst(w, i, pkts, n, now_ns);
		}
		if (w->handoff != NULL)
			exchange(w, now_ns);
		engine_expire(w->engine, now_ns, ENGINE_EXPIRE_MAX);
		for (i = 0; i < w->port_count; i++)
			transmit(w, &w->ports[i]);
		control_worker_poll(w->control, now_ns);
	}
	return 0;
}
