/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: one core, the ports of the wires that it forwards, and its engine. A worker
 * that shares a wire with others has only this wire, and they hand packets over to each
 * other.
 */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <control/worker.h>
#include <engine/engine.h>
#include <steer/handoff.h>

#include "clock.h"
#include "config.h"
#include "ports.h"
#include "rest.h"

#define WORKER_NO_QUEUE UINT16_MAX

struct worker_port {
	uint16_t device;   /* DPDK port id */
	uint16_t port;     /* engine port number */
	uint16_t rx_queue; /* WORKER_NO_QUEUE: another worker receives for this one */
	uint16_t tx_queue; /* WORKER_NO_QUEUE: another worker sends for this one */
	const struct port *state;
	/*
	 * Transmit errors when last read, for devices that accept packets which they
	 * cannot send.
	 */
	uint64_t tx_errors;
};

struct worker {
	struct engine *engine;
	const struct clock *clock;
	atomic_bool *stop;
	struct worker_port ports[CONFIG_MAX_PORTS];
	unsigned port_count;
	/* all mirror ports, which send copies: the same ones for each worker */
	struct worker_port mirrors[CONFIG_MAX_PORTS];
	unsigned mirror_count;
	unsigned lcore;
	struct control_worker *control;
	struct worker_xdp *xdp;  /* of wires with XDP; otherwise NULL */
	bool sleeps;             /* it sleeps while nothing comes; with XDP always */
	struct rest rest;        /* how it sleeps without XDP */
	struct handoff *handoff; /* NULL: no other worker shares these wires */
};

/* Main loop of a worker, until *stop is set; an lcore_function_t. */
int worker_run(void *worker);

#endif
