/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker_xdp.h"

#include <stdlib.h>

#include <rte_ring.h>

#include "monotonic.h"

/* longest time between two collections of the counters, ns */
#define COLLECT_NS 100000000u

struct worker_xdp *
worker_xdp_create(void)
{
	struct worker_xdp *xdp = calloc(1, sizeof(*xdp));

	if (xdp == NULL)
		return NULL;
	xdp->wait = wait_create();
	if (xdp->wait == NULL) {
		free(xdp);
		return NULL;
	}
	return xdp;
}

void
worker_xdp_free(struct worker_xdp *xdp)
{
	if (xdp == NULL)
		return;
	if (xdp->programs != NULL)
		xdp_close(xdp->programs);
	wait_free(xdp->wait);
	free(xdp);
}

/*
 * Tell the programs how long a packet a port can send. Without a link it is 1 byte: then
 * the engine gets them, and counts the drops.
 */
static void
limit_tell(struct flow_shared *shared, const struct worker_port *port)
{
	uint32_t mtu = atomic_load_explicit(&port->state->mtu_now, memory_order_relaxed);

	if (atomic_load_explicit(&port->state->down, memory_order_relaxed))
		mtu = 1;
	if (shared->mtu[port->port] != mtu)
		shared->mtu[port->port] = mtu;
}

void
worker_xdp_turn(struct worker *w, uint64_t now_ns)
{
	struct worker_xdp *xdp = w->xdp;
	unsigned i;

	xdp_set_time(xdp->programs, now_ns, monotonic_ns());
	for (i = 0; i < w->port_count; i++)
		limit_tell(xdp_shared(xdp->programs), &w->ports[i]);
	/* whoever asks for counters, or replaces the rules, needs them current */
	if (rte_ring_empty(w->control->requests) &&
	    now_ns - xdp->collected_ns < COLLECT_NS)
		return;
	xdp->collected_ns = now_ns;
	xdp_collect(xdp->programs, w->engine);
}

void
worker_xdp_wait(struct worker *w, uint64_t now_ns)
{
	wait_for_work(w->xdp->wait, w->engine, now_ns);
}
