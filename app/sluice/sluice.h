/* SPDX-License-Identifier: BSD-3-Clause */
/* The running program: what setup.c makes, and report.c tells of. */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include <control/control.h>
#include <control/reload.h>

#include "config.h"
#include "memory.h"
#include "ports.h"
#include "rules.h"
#include "worker.h"

static_assert(CONFIG_MAX_WORKERS <= CONTROL_MAX_WORKERS, "control asks them all");
static_assert(CONFIG_MAX_WORKERS <= STEER_MAX_WORKERS, "all may share a wire");

struct sluice {
	struct sluice_config *config;
	const char *names[CONFIG_MAX_PORTS]; /* as the engine numbers the ports */
	struct port ports[CONFIG_MAX_PORTS]; /* likewise */
	uint16_t port_ids[CONFIG_MAX_PORTS];
	unsigned port_count;
	struct worker workers[CONFIG_MAX_WORKERS];
	struct control_worker control_workers[CONFIG_MAX_WORKERS];
	struct memory memory[CONFIG_MAX_WORKERS];
	struct rte_mempool *pools[RTE_MAX_NUMA_NODES];
	struct steer *steer[ENGINE_MAX_WIRES]; /* of a wire that several workers share */
	unsigned worker_count;
	bool on_main; /* the one worker runs on the only core there is */
	struct control_rules rules;
	struct control_reload reload;
	bool loading; /* rules, still: the thread could not be ended */
	gid_t group;  /* who may use the control socket; (gid_t)-1: not configured */
	struct control *control;
	struct clock clock;
	bool port_lost; /* watch.h: the reason to stop */
	atomic_bool stop;
};

/* Print "sluice: text" and return status. */
int fail(int status, const char *text);

/*
 * Everything but the threads: find the ports, choose the workers, take memory, build the
 * engines, start the ports. The policy is taken over in any case. Returns 0 or an exit
 * status whose reason has been printed; teardown() follows either way.
 */
#define SETUP_STOPPED (-1) /* no exit status: a signal has ended it (stop.h) */
int setup(struct sluice *s, struct policy *policy);
void teardown(struct sluice *s);

#endif
