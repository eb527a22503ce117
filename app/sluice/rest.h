/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a worker with `poll: adaptive` waits for packets: at the sockets of its drivers, at
 * the receive interrupts of its devices, and at an eventfd of the workers that hand
 * packets over to it. If one of its ports has neither sockets nor interrupts, it sleeps
 * (nap.h).
 *
 *	rest_prepare(w);                  after the start of the ports
 *	each turn of the worker: rest_turn(w, idle);
 *
 * Before a wait the worker switches the interrupts on, tells the other workers to wake
 * it, and does one more turn, which finds the packets that have come before.
 */
#ifndef SLUICE_REST_H
#define SLUICE_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "nap.h"

struct worker;

struct rest_queue {
	uint16_t device; /* DPDK port id */
	uint16_t queue;
};

struct rest {
	struct nap nap;
	bool armed;     /* interrupts are on, and other workers wake this one */
	int interrupts; /* epoll set of the queues' interrupts; without queues unused */
	unsigned count;
	struct rest_queue queues[CONFIG_MAX_PORTS]; /* those with interrupts */
};

/*
 * Find out at what a worker can wait. Without descriptors for that it sleeps. The worker
 * need not run yet.
 */
void rest_prepare(struct worker *w);

/*
 * Between two turns of a worker that may sleep. idle: the last turn had no packet and no
 * request.
 */
void rest_turn(struct worker *w, bool idle);

/* Close what rest_prepare() has opened, after the ports have been stopped. */
void rest_end(struct worker *w);

#endif
