/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The DPDK ports of the wires. Any device can be used: sluice does without optional
 * features that it lacks.
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
	uint16_t id; /* DPDK port id; 0 with xdp */
	/* sockets of a wire with XDP, which take the place of a DPDK device; or NULL */
	struct port_xdp *xdp;
	uint16_t mtu;
	/* number of descriptors, adjusted to the device's limits */
	uint16_t rx_descriptors;
	uint16_t tx_descriptors;
	uint16_t rx_queues; /* set before port_start(), which may lower it to 1 */
	uint16_t tx_queues;
	uint16_t rx_queues_max;
	uint16_t tx_queues_max;
	/* entries of the RSS indirection table; 0: no symmetric RSS */
	uint16_t rss_table;
	uint16_t rss_key_bytes;
	int socket; /* NUMA node of the device, or SOCKET_ID_ANY */
	struct rte_ether_addr mac;
	uint64_t rx_offloads;
	bool promiscuous;
	bool started;
	bool is_virtual; /* device in software, which does not access mbufs by DMA */
	/*
	 * receive interrupts are wanted; set before port_start(), which clears it for a
	 * device that refuses them. Others turn out to have none later (rest.c).
	 */
	bool interrupts;

	/* members for ports on a kernel interface */
	unsigned ifindex; /* 0: the port is not on a kernel interface */
	char ifname[IF_NAMESIZE];
	bool is_xdp;    /* driver is net_af_xdp; false with member xdp */
	bool is_packet; /* driver is net_af_packet */
	/* bytes of an mbuf that the driver needs; 0: they follow from the MTU */
	uint32_t frame_bytes;
	uint16_t mtu_max; /* largest MTU that fits a slot of the driver; 0: no limit */
	struct sockets sockets;

	/* set by the watch thread (watch.h); workers read the first three */
	atomic_bool down; /* the port has no link, or is lost: send nothing */
	/* the interface's current MTU, for rules with `rt mtu` */
	_Atomic uint16_t mtu_now;
	_Atomic uint16_t limit; /* longest IP packet that may enter here, bytes; 0: any */
	uint32_t xdp_id;        /* id of the XDP program that our driver or we attached */
	bool held_down;         /* link_propagation has set the interface down */
	uint64_t released_s;    /* time in s when it was set up again; 0: it has a link */
	uint32_t mtu_seen;      /* the interface's MTU at the last check */
	bool lost;
	uint64_t link_changes;
};

struct port_xdp;

struct ports_error {
	char text[1024];
};

/*
 * Find the device and its capabilities, and check that its interface delivers frames
 * unchanged; fix: change its settings if not (offloads.h). Returns 0, or -ENODEV and a
 * message.
 */
int port_find(struct port *port, const struct config_port *config, bool fix,
	      struct ports_error *error);

/*
 * Return the data room of an mbuf, in bytes, that holds the largest frame of these ports.
 */
uint16_t ports_data_room(const struct port *ports, unsigned count);

/* Return whether one of these ports is a hardware device, which accesses mbufs by DMA. */
bool ports_have_hardware(const struct port *ports, unsigned count);

/* Return whether the mbufs of these ports must be in one contiguous area (pool.h). */
bool ports_need_contiguous(const struct port *ports, unsigned count);

/* Return how many mbufs the queues of a port can hold. */
unsigned port_mbufs(const struct port *port);

/*
 * Return whether the port can spread received packets over this number of queues by
 * symmetric RSS.
 */
bool port_can_spread(const struct port *port, unsigned queues);

/*
 * Configure and start a port. pools: the mempool of each receive queue. A device that
 * refuses RSS gets one queue. Returns 0, or -errno and a message.
 */
int port_start(struct port *port, struct rte_mempool *const *pools, bool checksum,
	       struct ports_error *error);

/*
 * Program the RSS table of a started port so that packets arrive in the queue of their
 * owner.
 */
void port_spread(const struct port *port, const struct steer *steer);

/*
 * Describe a port for the control socket (control_config.port). context: the ports. May
 * be called in any thread while the ports run.
 */
int port_tell(void *context, unsigned number, struct control_port *told);

void port_stop(struct port *port);

#endif
