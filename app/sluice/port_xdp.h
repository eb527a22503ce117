/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port of a wire with XDP: an interface of the kernel, and an AF_XDP socket on each of
 * its receive queues. Where other ports are DPDK devices, ports.c and worker.c call these
 * functions.
 */
#ifndef SLUICE_PORT_XDP_H
#define SLUICE_PORT_XDP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "netdev.h"
#include "ports.h"
#include "xdp_attach.h"
#include "xsk.h"

#define PORT_XDP_QUEUES 64u

struct port_xdp {
	struct xsk *xsk[PORT_XDP_QUEUES];
	unsigned queues;
	unsigned next; /* the queue that is read first; they take turns */
	struct rte_mempool *pool;
	uint16_t number;      /* of the engine's port */
	bool was_promiscuous; /* before the start */
	struct xdp_link link; /* of the program to the interface */
};

/*
 * Read the interface of a port, and check what it must not be. Returns 0, or -errno and a
 * message.
 */
int port_xdp_check(const struct config_port *config, struct netdev *netdev,
		   struct ports_error *error);

/*
 * Find the interface and check that it may be a port; fix: change its settings so that it
 * delivers frames unchanged (offloads.h). Returns 0, or -ENODEV and a message.
 */
int port_xdp_find(struct port *port, const struct config_port *config, bool fix,
		  struct ports_error *error);

/* Open the sockets. Returns 0, or -errno and a message. */
int port_xdp_start(struct port *port, struct rte_mempool *pool,
		   struct ports_error *error);

/*
 * A port of net_af_xdp, whose driver does not say why it gets no queue: try a socket of
 * our own there. Returns -errno and a message with the cause.
 */
int port_xdp_queue_failed(const struct port *port, unsigned queue, int status,
			  struct ports_error *error);

void port_xdp_stop(struct port *port);

/* The same as rte_eth_rx_burst() and rte_eth_tx_burst(). */
uint16_t port_xdp_receive(struct port_xdp *xdp, struct rte_mbuf **pkts, uint16_t n);
uint16_t port_xdp_send(struct port_xdp *xdp, struct rte_mbuf **pkts, uint16_t n);

/*
 * Add the sockets to fds, to wait for frames. fds has room for PORT_XDP_QUEUES. Returns
 * their number.
 */
unsigned port_xdp_fds(const struct port_xdp *xdp, struct pollfd *fds);

/* Describe the port: port_tell(). */
void port_xdp_tell(const struct port *port, struct control_port *told);

#endif
