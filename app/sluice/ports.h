/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPDK ports of the wires. Any device does: what it cannot do is not asked of it.
 */
#ifndef SLUICE_PORTS_H
#define SLUICE_PORTS_H

#include <net/if.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mempool.h>

#include <control/control.h>
#include <steer/steer.h>

#include "config.h"
#include "sockets.h"

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
	bool is_virtual; /* no device that reads and writes mbufs itself */

	/* a port on a kernel interface */
	unsigned ifindex; /* 0: it is on none */
	char ifname[IF_NAMESIZE];
	bool is_xdp;    /* net_af_xdp */
	bool is_packet; /* net_af_packet */
	uint32_t
		/* that the driver wants room for in an mbuf, 0: by the MTU */
		frame_bytes;
	uint16_t mtu_max; /* whose frames fit into the driver's ring, 0: any */
	struct sockets sockets;

	/* the watch's (watch.h); the workers read down and limit */
	atomic_bool down;       /* no link, or lost: nothing is sent */
	_Atomic uint16_t limit; /* most bytes of IP that may come in here, 0: any */
	uint32_t xdp_id;        /* of our program */
	bool held_down;         /* by link_propagation */
	uint64_t released_s;    /* when it was set up again and has no link yet, or 0 */
	uint32_t mtu_seen;      /* the interface's */
	bool lost;
	uint64_t link_changes;
};

struct ports_error {
	char text[1024];
};

/*
 * Find the device and what it can do, and whether its interface lets frames through as
 * they are; fix: make it so (offloads.h). Returns 0 or -ENODEV and a message.
 */
int port_find(struct port *port, const struct config_port *config, bool fix,
	      struct ports_error *error);

/*
 * Bytes of an mbuf's data room that hold the largest frame of these ports in one piece.
 */
uint16_t ports_data_room(const struct port *ports, unsigned count);

/* Whether one of these ports is a device that reads and writes mbufs itself. */
bool ports_have_hardware(const struct port *ports, unsigned count);

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

/*
 * For the control socket (control_config.port), context: the ports. Any thread, while
 * they run.
 */
void port_tell(void *context, unsigned number, struct rte_eth_stats *stats,
	       struct control_port *told);

void port_stop(struct port *port);

#endif
