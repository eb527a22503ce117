/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive bursts, pass them to lib/engine, transmit the result. */
#include "worker.h"

#include <rte_ethdev.h>
#include <rte_ring.h>

#include "port_xdp.h"
#include "worker_xdp.h"

#define TX_TRIES                                                                         \
	8u /* attempts to transmit before the remaining packets are dropped and counted */

/*
 * Return how many packets of a burst net_af_packet has reported as sent although the
 * kernel refused them, for example because the interface is down.
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

static uint16_t
send_burst(const struct worker_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	if (port->state->xdp != NULL)
		return port_xdp_send(port->state->xdp, pkts, n);
	return rte_eth_tx_burst(port->device, port->tx_queue, pkts, n);
}

static uint16_t
receive_burst(const struct worker_port *port, struct rte_mbuf **pkts, uint16_t n)
{
	if (port->state->xdp != NULL)
		return port_xdp_receive(port->state->xdp, pkts, n);
	return rte_eth_rx_burst(port->device, port->rx_queue, pkts, n);
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
			sent += send_burst(port, tx->pkts + sent,
					   (uint16_t)(tx->count - sent));
	if (port->tx_queue != WORKER_NO_QUEUE)
		lost = swallowed(port, sent);
	engine_tx_done(w->engine, tx, sent, lost);
}

/*
 * Transmit the copies for a mirror port: those that it can take at once, since no wire
 * waits for it. What the kernel refuses later counts as sent, because the drivers count
 * it for all queues together (swallowed()).
 */
static void
transmit_copies(struct worker *w, struct worker_port *port)
{
	const struct sockets *sockets = &port->state->sockets;
	struct engine_tx *tx = engine_tx(w->engine, port->port);
	uint16_t n = tx->count;

	if (n == 0)
		return;
	if (atomic_load_explicit(&port->state->down, memory_order_relaxed))
		n = 0;
	else if (sockets->count > port->tx_queue)
		n = sockets_room(sockets->fd[port->tx_queue], tx->pkts, n);
	if (n != 0)
		n = send_burst(port, tx->pkts, n);
	engine_tx_done(w->engine, tx, n, 0);
}

/* Update the current MTU of an interface, for rules with `rt mtu`. */
static void
mtu_tell(struct worker *w, const struct worker_port *port)
{
	engine_set_mtu(w->engine, port->port,
		       atomic_load_explicit(&port->state->mtu_now, memory_order_relaxed));
}

/* Process a burst that this worker owns, received on its i-th port. */
static void
process_burst(struct worker *w, unsigned i, struct rte_mbuf **pkts, uint16_t n,
	      uint64_t now_ns)
{
	const struct worker_port *in = &w->ports[i];
	uint16_t limit = atomic_load_explicit(&in->state->limit, memory_order_relaxed);

	mtu_tell(w, in);
	mtu_tell(w, &w->ports[i ^ 1]);
	if (limit != 0)
		n = engine_limit(w->engine, in->port, pkts, n, limit, now_ns);
	engine_burst(w->engine, in->port, pkts, n, now_ns, NULL);
	transmit(w, &w->ports[i ^ 1]); /* send on the other port of the wire */
	/* generated packets leave by the port on which the burst arrived */
	transmit(w, &w->ports[i]);
	for (i = 0; i < w->mirror_count; i++)
		transmit_copies(w, &w->mirrors[i]);
}

/* Discard what mirror ports receive: nothing is forwarded from there. */
static void
mirrors_empty(const struct worker *w)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint16_t n;
	unsigned i;

	for (i = 0; i < w->mirror_count; i++) {
		if (w->mirrors[i].rx_queue == WORKER_NO_QUEUE)
			continue;
		n = receive_burst(&w->mirrors[i], pkts, ENGINE_BURST_MAX);
		rte_pktmbuf_free_bulk(pkts, n);
	}
}

/*
 * Hand packets over to their owners, and process what other workers hand over to this
 * one: packets, fragments and frames to transmit. Returns whether there was none of it.
 */
static bool
exchange(struct worker *w, uint64_t now_ns)
{
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t peers;
	uint16_t n;
	uint8_t side;
	bool idle = true;

	handoff_flush(w->handoff);
	idle &= handoff_gather(w->handoff, now_ns) == 0;
	for (side = 0; side < 2; side++) {
		peers = handoff_ready(w->handoff, side);
		for (; peers != 0; peers &= peers - 1) {
			n = handoff_take(w->handoff, rte_bsf64(peers), side, pkts);
			idle &= n == 0;
			if (n != 0)
				process_burst(w, side, pkts, n, now_ns);
		}
	}
	idle &= handoff_collect(w->handoff) == 0;
	return idle;
}

/* Between two turns of a worker that may sleep; rest_turn(). */
static void
pause_between_turns(struct worker *w, bool idle, uint64_t now_ns)
{
	if (w->xdp == NULL)
		rest_turn(w, idle);
	else if (idle)
		worker_xdp_wait(w, now_ns);
}

int
worker_run(void *worker)
{
	struct worker *w = worker;
	struct rte_mbuf *pkts[ENGINE_BURST_MAX];
	uint64_t now_ns, last_ns = 0;
	bool idle = true, asked;
	unsigned i;
	uint16_t n;

	if (w->sleeps)
		nap_begin();
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		now_ns = clock_ns(w->clock);
		if (!idle)
			control_worker_busy(w->control, now_ns - last_ns, now_ns);
		last_ns = now_ns;
		idle = true;
		if (unlikely(w->xdp != NULL))
			worker_xdp_turn(w, now_ns);
		for (i = 0; i < w->port_count; i++) {
			if (w->ports[i].rx_queue == WORKER_NO_QUEUE)
				continue;
			n = receive_burst(&w->ports[i], pkts, ENGINE_BURST_MAX);
			idle &= n == 0;
			if (n != 0 && w->handoff != NULL)
				n = handoff_split(w->handoff, i & 1, pkts, n);
			if (n != 0)
				process_burst(w, i, pkts, n, now_ns);
		}
		if (w->handoff != NULL)
			idle &= exchange(w, now_ns);
		if (unlikely(w->mirror_count > 0))
			mirrors_empty(w);
		/* further ones have expired: go on without a rest */
		idle &= engine_expire(w->engine, now_ns, ENGINE_EXPIRE_MAX) <
			ENGINE_EXPIRE_MAX;
		/* after an answer the next request often comes at once */
		asked = unlikely(w->sleeps) && !rte_ring_empty(w->control->requests);
		control_worker_poll(w->control, now_ns);
		/* what timers and requests have generated */
		for (i = 0; i < w->port_count; i++)
			transmit(w, &w->ports[i]);
		if (unlikely(w->sleeps))
			pause_between_turns(w, idle && !asked, now_ns);
	}
	return 0;
}
