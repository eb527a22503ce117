/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running sluice tells, and lets be done with it: a UNIX stream socket with one
 * JSON object a line (docs/control.md), aggregates through rte_telemetry, and metrics
 * over HTTP. One thread serves the socket; it asks the workers by control/worker.h, and
 * holds no client up for another: what a client does not read waits in a bounded buffer,
 * lists stop until there is room, and events are dropped and counted.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <control/reload.h>
#include <control/rules.h>
#include <control/worker.h>

#define CONTROL_MESSAGE_BYTES 1280u
#define CONTROL_MAX_PORTS (2 * ENGINE_MAX_WIRES)

struct rte_eth_stats;

/* Of a port, beside what DPDK counts. */
struct control_port {
	bool up; /* it has a link */
	uint16_t mtu;
	uint64_t link_changes;
};

struct control_config {
	const char *path; /* of the socket; its folder is made if need be */
	gid_t group;      /* who may use it, too; (gid_t)-1: the group of the process */
	struct control_worker *workers; /* worker_count of them */
	unsigned worker_count;
	struct control_rules *rules;
	const char *const *port_names; /* in the order of the engine's numbers */
	const uint16_t *port_ids;      /* DPDK's, in that order */
	unsigned port_count;
	/*
	 * Fill *port of the port of this number, and put right in *stats what its driver
	 * does not tell. NULL: there is nothing more to tell. Called by any thread.
	 */
	void (*port)(void *context, unsigned number, struct rte_eth_stats *stats,
		     struct control_port *port);
	void *port_context;
	uint32_t max; /* connections over all workers */
	uint32_t max6;
	const struct sockaddr *metrics; /* where to serve them, NULL: nowhere */
	struct control_reload *reload;  /* started */
	void (*warn)(const char *text); /* a line for the log; NULL: there is none */
};

struct control;

/*
 * Make the folder of the control socket, if it is not there, for owner and group;
 * (gid_t)-1: the group of the process. control_start() does it, too. Returns 0 or -errno.
 */
int control_folder(const char *path, gid_t group);

/*
 * Begin to serve; what config points to must stay. Returns 0 and a warning, or "" without
 * one; or -errno and what is wrong. The message has CONTROL_MESSAGE_BYTES.
 */
int control_start(const struct control_config *config, struct control **control,
		  char *message);

/*
 * End to serve, and remove the socket if it is still ours. Before the workers end, who
 * could not answer.
 */
void control_stop(struct control *control);

/* What a worker has to do, beside the others. */
struct control_load {
	uint64_t packets; /* judged */
	uint64_t handed_over;
	uint32_t connections; /* of both families */
};

/*
 * The counters of all workers, and, unless it is NULL, the load of each of worker_count.
 * Returns 0 or -ETIMEDOUT.
 */
int control_stats(const struct control_config *config, struct engine_stats *sum,
		  struct control_load *loads);

/*
 * The counters of a port, and what else is known of it. Returns 0, or -errno of DPDK, and
 * *stats is all 0.
 */
int control_port_stats(const struct control_config *config, unsigned number,
		       struct rte_eth_stats *stats, struct control_port *port);

#endif
