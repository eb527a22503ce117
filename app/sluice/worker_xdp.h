/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker of wires with XDP has besides, and does in each turn of its loop. */
#ifndef SLUICE_WORKER_XDP_H
#define SLUICE_WORKER_XDP_H

#include <stdbool.h>
#include <stdint.h>

#include <xdp/xdp.h>

#include "wait.h"
#include "worker.h"

struct worker_xdp {
	struct xdp *programs;
	struct wait *wait;
	bool adopted;          /* the memory has the connections of an earlier process */
	uint64_t collected_ns; /* when the programs' counters were last collected */
};

/* Returns NULL without memory or descriptors. */
struct worker_xdp *worker_xdp_create(void);
void worker_xdp_free(struct worker_xdp *xdp);

/*
 * Tell the programs the time and what their ports can send, and collect their counters.
 */
void worker_xdp_turn(struct worker *w, uint64_t now_ns);

/* Sleep until there is something to do. */
void worker_xdp_wait(struct worker *w, uint64_t now_ns);

#endif
