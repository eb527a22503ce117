/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_xdp.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <engine/engine.h>

#include "netdev.h"
#include "offloads.h"
#include "xsk_error.h"

/* Ethernet header and two VLAN tags, which the MTU does not count. */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2u * RTE_VLAN_HLEN)
/* the kernel frees the queue of a socket some time after its process has ended */
#define BUSY_TRIES 20u
#define BUSY_US 50000u
#define TRIED_FRAMES 64u /* of a socket that is only tried */
#define MTU_MAX (XSK_FRAME_MAX - FRAME_OVERHEAD)

int
port_xdp_check(const struct config_port *config, struct netdev *netdev,
	       struct ports_error *error)
{
	unsigned index = if_nametoindex(config->device);
	const char *name = config->name;
	char master[IF_NAMESIZE] = "?";

	if (index == 0 || netdev_read(index, netdev) != 0) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': there is no interface '%s', a name that `ip link` "
			 "shows expected",
			 name, config->device);
		return -ENODEV;
	}

	if (netdev->master != 0) {
		if_indextoname(netdev->master, master);
		snprintf(error->text, sizeof(error->text),
			 "port '%s': interface %s is a port of %s, which would get its "
			 "frames too: ip link set %s nomaster",
			 name, netdev->name, master, netdev->name);
		return -EBUSY;
	}
	if (netdev->mtu > MTU_MAX) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': interface %s has an MTU of %u, an AF_XDP socket "
			 "takes %u at most: lower it, or use a wire without xdp",
			 name, netdev->name, netdev->mtu, MTU_MAX);
		return -EINVAL;
	}
	if (netdev_rx_queues(netdev->name) > PORT_XDP_QUEUES) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': interface %s receives on %u queues, %u at most "
			 "expected: ethtool -L %s combined %u",
			 name, netdev->name, netdev_rx_queues(netdev->name),
			 PORT_XDP_QUEUES, netdev->name, PORT_XDP_QUEUES);
		return -EINVAL;
	}
	return 0;
}

int
port_xdp_find(struct port *port, const struct config_port *config, bool fix,
	      struct ports_error *error)
{
	struct netdev netdev;

	memset(port, 0, sizeof(*port));
	port->config = config;
	if (port_xdp_check(config, &netdev, error) != 0)
		return -ENODEV;
	if (offloads_check(config->name, &netdev, fix) != 0) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': interface %s changes frames (see the warning "
			 "above): switch that off, or set `offloads: warn`",
			 config->name, netdev.name);
		return -ENODEV;
	}
	offloads_check_redirect(config->name, &netdev, fix);
	port->xdp = calloc(1, sizeof(*port->xdp));
	if (port->xdp == NULL) {
		snprintf(error->text, sizeof(error->text), "no memory");
		return -ENODEV;
	}
	port->driver = netdev.kind[0] != '\0' ? "AF_XDP on a virtual interface"
					      : "AF_XDP";
	port->ifindex = netdev.index;
	snprintf(port->ifname, sizeof(port->ifname), "%s", netdev.name);
	port->is_virtual = true;
	port->socket = SOCKET_ID_ANY;
	port->mtu = (uint16_t)netdev.mtu;
	port->mtu_max = MTU_MAX;
	port->frame_bytes = XSK_FRAME_MAX;
	port->rx_queues = port->tx_queues = 1;
	port->rx_queues_max = port->tx_queues_max = 1;
	port->rx_descriptors = (uint16_t)rte_align32pow2(config->rx_descriptors);
	port->tx_descriptors = (uint16_t)rte_align32pow2(config->tx_descriptors);
	memcpy(&port->mac, netdev.mac, sizeof(port->mac));
	port->xdp->link.fd = -1;
	port->xdp->was_promiscuous = netdev.promiscuous;
	port->xdp->queues = netdev_rx_queues(netdev.name);
	return 0;
}

static int
open_failed(const struct port *port, unsigned queue, int status, const char *what,
	    struct ports_error *error)
{
	const struct xsk_sizes sizes = {port->rx_descriptors, port->tx_descriptors};
	const struct xsk_error e = {
		.status = status,
		.port = port->config->name,
		.interface = port->ifname,
		.what = what,
		.queue = queue,
		.queues = netdev_rx_queues(port->ifname),
		.bytes = xsk_bytes(&sizes),
	};

	xsk_error_say(&e, error->text, sizeof(error->text));
	return status;
}

int
port_xdp_queue_failed(const struct port *port, unsigned queue, int status,
		      struct ports_error *error)
{
	const struct xsk_sizes sizes = {TRIED_FRAMES, TRIED_FRAMES};
	struct xsk *xsk;
	const char *what;
	int cause = xsk_open(&xsk, port->ifname, queue, &sizes, &what);

	if (cause != 0)
		return open_failed(port, queue, cause, what, error);
	xsk_close(xsk);
	snprintf(error->text, sizeof(error->text),
		 "port '%s': the AF_XDP driver does not start on interface %s (%s), "
		 "though its queue %u can be had: take off an XDP program that is there "
		 "(bpftool net), raise the limit of locked memory (ulimit -l), or lower "
		 "the MTU, now %u, which may be too much for an XDP program there",
		 port->config->name, port->ifname, strerror(-status), queue, port->mtu);
	return status;
}

int
port_xdp_start(struct port *port, struct rte_mempool *pool, struct ports_error *error)
{
	const struct xsk_sizes sizes = {port->rx_descriptors, port->tx_descriptors};
	struct port_xdp *xdp = port->xdp;
	const char *what;
	unsigned queue, tries;
	int status;

	xdp->pool = pool;
	for (queue = 0; queue < xdp->queues; queue++) {
		status = -EBUSY;
		for (tries = 0; tries < BUSY_TRIES && status == -EBUSY; tries++) {
			if (tries > 0)
				usleep(BUSY_US);
			status = xsk_open(&xdp->xsk[queue], port->ifname, queue, &sizes,
					  &what);
		}
		if (status != 0)
			return open_failed(port, queue, status, what, error);
	}
	port->started = true;
	port->promiscuous = xdp->was_promiscuous ||
			    netdev_set_promiscuous(port->ifindex, true) == 0;
	return 0;
}

void
port_xdp_stop(struct port *port)
{
	struct port_xdp *xdp = port->xdp;
	unsigned queue;

	for (queue = 0; queue < xdp->queues; queue++)
		xsk_close(xdp->xsk[queue]);
	if (port->started && port->promiscuous && !xdp->was_promiscuous)
		netdev_set_promiscuous(port->ifindex, false);
	port->started = false;
	port->xdp = NULL;
	free(xdp);
}

uint16_t
port_xdp_receive(struct port_xdp *xdp, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t received = 0;
	unsigned i;

	for (i = 0; i < xdp->queues && received == 0; i++) {
		xdp->next = xdp->next + 1 < xdp->queues ? xdp->next + 1 : 0;
		received = xsk_receive(xdp->xsk[xdp->next], xdp->pool, xdp->number, pkts,
				       n);
	}
	return received;
}

uint16_t
port_xdp_send(struct port_xdp *xdp, struct rte_mbuf **pkts, uint16_t n)
{
	return xsk_send(xdp->xsk[0], pkts, n);
}

unsigned
port_xdp_fds(const struct port_xdp *xdp, struct pollfd *fds)
{
	unsigned queue;

	for (queue = 0; queue < xdp->queues; queue++)
		fds[queue] = (struct pollfd){
			.fd = xsk_fd(xdp->xsk[queue]),
			.events = POLLIN,
		};
	return xdp->queues;
}

void
port_xdp_tell(const struct port *port, struct control_port *told)
{
	struct xsk_counters counters = {0};
	unsigned queue;

	for (queue = 0; queue < port->xdp->queues; queue++)
		xsk_counters(port->xdp->xsk[queue], &counters);
	*told = (struct control_port){
		.up = !atomic_load(&port->down),
		.mtu = port->mtu,
		.link_changes = port->link_changes,
		.rx_packets = counters.rx_packets,
		.rx_bytes = counters.rx_bytes,
		.rx_missed = counters.rx_missed,
		.tx_packets = counters.tx_packets,
		.tx_bytes = counters.tx_bytes,
	};
}
