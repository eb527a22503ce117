/* SPDX-License-Identifier: BSD-3-Clause */
/* One core that moves packets: the ports of its wires, and the engine that it owns. */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include <stdatomic.h>
#include <stdint.h>

#include <control/worker.h>
#include <engine/engine.h>

#include "clock.h"
#include "config.h"

struct worker_port {
	uint16_t device; /* DPDK's number */
	uint16_t port;   /* the engine's */
};

struct worker {
	struct engine *engine;
	const struct clock *clock;
	atomic_bool *stop;
	struct worker_port ports[CONFIG_MAX_PORTS];
	unsigned port_count;
	unsigned lcore;
	struct control_worker *control;
};

/* The loop, until *stop; an lcore_function_t. */
int worker_run(void *worker);

#endif
