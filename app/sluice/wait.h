/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a worker of wires with XDP sleeps: it waits at its sockets for a frame, at an
 * eventfd for a request of another thread, and for the next timer of its engine. Other
 * workers poll without a pause.
 */
#ifndef SLUICE_WAIT_H
#define SLUICE_WAIT_H

#include <poll.h>
#include <stdint.h>

#include <engine/engine.h>

#include "port_xdp.h"

/* Longest sleep, for what has no timer of its own (engine_expire()), ns. */
#define WAIT_MAX_NS 100000000u

struct wait {
	int wake; /* eventfd; other threads write to it */
	unsigned count;
	struct pollfd fds[1 + CONFIG_MAX_PORTS * PORT_XDP_QUEUES];
};

/* Prepare to wait. Returns NULL without memory or descriptors. */
struct wait *wait_create(void);
void wait_free(struct wait *wait);

/* Wait at the sockets of a started port, too. */
void wait_add(struct wait *wait, const struct port_xdp *port);

/* Wake the worker. Any thread. */
void wait_wake(const struct wait *wait);

/* Sleep until there is something to do. now_ns: the engine's time. */
void wait_for_work(struct wait *wait, const struct engine *engine, uint64_t now_ns);

#endif
