/* SPDX-License-Identifier: BSD-3-Clause */
#include "rest.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <rte_epoll.h>
#include <rte_ethdev.h>

#include "ports.h"
#include "worker.h"

/* Turn the interrupts of the queues on or off. */
static void
interrupts_set(const struct rest *rest, bool on)
{
	unsigned i;

	for (i = 0; i < rest->count; i++)
		if (on)
			rte_eth_dev_rx_intr_enable(rest->queues[i].device,
						   rest->queues[i].queue);
		else
			rte_eth_dev_rx_intr_disable(rest->queues[i].device,
						    rest->queues[i].queue);
}

/* Wait at the interrupts of a queue, too. Returns whether it has some. */
static bool
add_queue(struct rest *rest, const struct worker_port *port)
{
	if (!port->state->interrupts)
		return false;
	if (rest->count == 0) {
		rest->interrupts = epoll_create1(EPOLL_CLOEXEC);
		if (rest->interrupts < 0)
			return false;
		if (!nap_add(&rest->nap, &rest->interrupts, 1)) {
			close(rest->interrupts);
			return false;
		}
	}
	rest->queues[rest->count++] = (struct rest_queue){port->device, port->rx_queue};
	/* some devices accept the configuration although they have no interrupts */
	return rte_eth_dev_rx_intr_ctl_q(port->device, port->rx_queue, rest->interrupts,
					 RTE_INTR_EVENT_ADD, NULL) == 0 &&
	       rte_eth_dev_rx_intr_enable(port->device, port->rx_queue) == 0 &&
	       rte_eth_dev_rx_intr_disable(port->device, port->rx_queue) == 0;
}

/* Wait for the packets of a port, too. Returns false if that is not possible. */
static bool
add_port(struct rest *rest, const struct worker_port *port)
{
	const struct sockets *sockets = &port->state->sockets;

	if (port->rx_queue == WORKER_NO_QUEUE)
		return true;
	if (sockets->count == 0)
		return add_queue(rest, port);
	return sockets->count != SOCKETS_MAX &&
	       nap_add(&rest->nap, sockets->fd, sockets->count);
}

void
rest_end(struct worker *w)
{
	if (w->rest.count != 0)
		close(w->rest.interrupts);
	w->rest.count = 0;
}

/* Before rest_end() while the ports go on: take their queues out of the epoll set. */
static void
queues_remove(const struct rest *rest)
{
	unsigned i;

	for (i = 0; i < rest->count; i++)
		rte_eth_dev_rx_intr_ctl_q(rest->queues[i].device, rest->queues[i].queue,
					  rest->interrupts, RTE_INTR_EVENT_DEL, NULL);
}

void
rest_prepare(struct worker *w)
{
	struct rest *rest = &w->rest;
	bool waits;
	unsigned i;

	if (!w->sleeps || w->xdp != NULL)
		return;
	waits = w->handoff == NULL ||
		(w->handoff->wake >= 0 && nap_add(&rest->nap, &w->handoff->wake, 1));
	for (i = 0; i < w->port_count && waits; i++)
		waits = add_port(rest, &w->ports[i]);
	if (waits)
		return;
	queues_remove(rest);
	rest_end(w);
	rest->nap.count = 0;
}

/* Have devices and other workers wake this one. */
static void
arm(struct worker *w)
{
	interrupts_set(&w->rest, true);
	if (w->handoff != NULL)
		handoff_doze(w->handoff);
	w->rest.armed = true;
}

static void
disarm(struct worker *w)
{
	struct rte_epoll_event events[CONFIG_MAX_PORTS];

	interrupts_set(&w->rest, false);
	if (w->rest.count != 0)
		rte_epoll_wait(w->rest.interrupts, events, CONFIG_MAX_PORTS, 0);
	if (w->handoff != NULL)
		handoff_wake_up(w->handoff);
	w->rest.armed = false;
}

void
rest_turn(struct worker *w, bool idle)
{
	struct rest *rest = &w->rest;
	uint32_t ns = nap_next(&rest->nap, idle);

	if (ns == 0) {
		if (rest->armed)
			disarm(w);
		return;
	}
	if (rest->nap.count != 0 && !rest->armed) {
		arm(w);
		return;
	}
	nap_rest(&rest->nap, ns);
	if (rest->nap.woken)
		disarm(w);
}
