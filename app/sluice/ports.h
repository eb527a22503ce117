/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPDK ports of the wires. Any device does: what it cannot do is not asked of it.
 */
#ifndef SLUICE_PORTS_H
#define SLUICE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include <steer/steer.h>

#include "config.h"

struct port {
	const struct config_port *config;
	const char *driver;
	uint16_t id; /* DPDK's number */
	uint16_t mtu;
	uint16_t rx_descriptors; /* after the device's own limits */
	uint16_t tx_descriptors;
	uint16_t rx_queues; /* set before port_start(), which may lower it to 1 */
	uint16_t tx_queues;
	uint16_t rx_queues_max;
	uint16_t tx_queues_max;
	uint16_t rss_table; /* entries of the indirection table; 0: no symmetric RSS */
	uint16_t rss_key_bytes;
	int socket; /* NUMA node, or SOCKET_ID_ANY */
	struct rte_ether_addr mac;
	uint64_t rx_offloads;
	bool promiscuous;
	bool started;
};

struct ports_error {
	char text[1024];
};

/* Find the device and what it can do. Returns 0 or -ENODEV and a message. */
int port_find(struct port *port, const struct config_port *config,
	      struct ports_error *error);

/* Bytes of an mbuf's data room that hold the largest frame of these ports in one piece. */
uint16_t ports_data_room(const struct port *ports, unsigned count);

/* Whether the mbufs of these ports have to lie in one piece (pool.h). */
bool ports_need_contiguous(const struct port *ports, unsigned count);

/* Mbufs that the queues of a port can hold. */
unsigned port_mbufs(const struct port *port);

/* Whether it can spread what it receives over so many queues by symmetric RSS. */
bool port_can_spread(const struct port *port, unsigned queues);

/*
 * Set it up with its queues, and start it; pools: of each receive queue. A device that
 * refuses to spread gets one queue. Returns 0 or -errno and a message.
 */
int port_start(struct port *port, struct rte_mempool *const *pools, bool checksum,
	       struct ports_error *error);

/* Have a started port with several queues bring packets to the queues of their owners. */
void port_spread(const struct port *port, const struct steer *steer);

void port_stop(struct port *port);

#endif
