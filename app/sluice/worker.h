/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One core that moves packets: the ports of its wires, and the engine that it owns. Where
 * a wire has several workers, each has but that one, and they hand packets over to each
 * other.
 */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include <stdatomic.h>
#include <stdint.h>

#include <control/worker.h>
#include <engine/engine.h>
#include <steer/handoff.h>

#include "clock.h"
#include "config.h"
#include "ports.h"

#define WORKER_NO_QUEUE UINT16_MAX

struct worker_port {
	uint16_t device;   /* DPDK's number */
	uint16_t port;     /* the engine's */
	uint16_t rx_queue; /* WORKER_NO_QUEUE: another worker receives for this one */
	uint16_t tx_queue; /* WORKER_NO_QUEUE: another worker sends for this one */
	const struct port *state;
	uint64_t tx_errors; /* of a device that takes what it cannot send, as last read */
};

struct worker {
	struct engine *engine;
	const struct clock *clock;
	atomic_bool *stop;
	struct worker_port ports[CONFIG_MAX_PORTS];
	unsigned port_count;
	unsigned lcore;
	struct control_worker *control;
	struct handoff *handoff; /* NULL: no other worker has these wires */
};

/* The loop, until *stop; an lcore_function_t. */
int worker_run(void *worker);

#endif
