/* SPDX-License-Identifier: BSD-3-Clause */
/* State of the running program, created by setup.c and printed by report.c. */
#ifndef SLUICE_SLUICE_H
#define SLUICE_SLUICE_H

#include <pthread.h>

#include <control/control.h>
#include <control/reload.h>
#include <control/worker.h>

#include "config.h"
#include "memory.h"
#include "ports.h"
#include "rules.h"
#include "worker.h"

static_assert(CONFIG_MAX_WORKERS <= CONTROL_MAX_WORKERS, "control asks them all");
static_assert(CONFIG_MAX_WORKERS <= STEER_MAX_WORKERS, "all may share a wire");

/* What a reload has read besides the rules. Only the reload thread uses it. */
struct sluice_next {
	struct sluice_config *config;
	bool settings;    /* settings of the workers change */
	bool log_changes; /* the log of records changes, to this one; NULL: none */
	struct sink *log;
};

struct sluice {
	/*
	 * The configuration in force. The reload thread changes the members that
	 * config_take() names; other threads do not read these.
	 */
	struct sluice_config *config;
	struct sluice_next next;
	/* a worker did not take the last reload's settings: the next one sets them */
	bool settings_owed;
	bool control_given; /* the path of the socket is that of the command line */
	/* names of the ports, by engine port number: those of the wires, then mirrors */
	const char *names[CONFIG_MAX_PORTS];
	struct port ports[CONFIG_MAX_PORTS]; /* the ports, in the same order */
	uint16_t port_ids[CONFIG_MAX_PORTS];
	unsigned port_count;     /* number of ports of wires */
	unsigned all_port_count; /* number of all ports, with the mirrors */
	struct worker workers[CONFIG_MAX_WORKERS];
	struct control_worker control_workers[CONFIG_MAX_WORKERS];
	/* the workers and engines, for the control thread */
	struct control_backend backend;
	struct memory memory[CONFIG_MAX_WORKERS];
	struct rte_mempool *pools[RTE_MAX_NUMA_NODES];
	/* for wires that several workers share; otherwise NULL */
	struct steer *steer[ENGINE_MAX_WIRES];
	unsigned worker_count;
	bool on_main; /* the only worker runs on the only core, in the main thread */
	struct control_rules rules;
	struct control_reload reload;
	/* group that may use the control socket; (gid_t)-1: not configured */
	gid_t group;
	/* of the control thread; does not change while `control` is set */
	struct control_config control_config;
	pthread_mutex_t control_lock; /* protects the pointer against the reload thread */
	struct control *control;
	struct clock clock;
	bool port_lost; /* the watch thread ends the program because a port was lost */
	atomic_bool stop;
};

/*
 * Set up everything except the threads: find the ports, choose the workers, allocate
 * memory, create the engines, start the ports. Takes ownership of the policy even on
 * failure. Returns 0, or an exit status after a message. Call teardown() in both cases.
 */
#define SETUP_STOPPED (-1) /* not an exit status: a signal ended the setup (stop.h) */
int setup(struct sluice *s, struct policy *policy);
void teardown(struct sluice *s);

#endif
