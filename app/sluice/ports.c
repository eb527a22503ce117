/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"
#include "netdev.h"
#include "offloads.h"
#include "port_xdp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

/*
 * Bytes of a frame beyond the MTU: Ethernet header, two VLAN tags, frame check sequence.
 */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2u * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)

/* Headroom of a buffer that the kernel fills for AF_XDP, bytes. */
#define XDP_HEADROOM 256u

/* AF_PACKET ring: default size of a frame slot and size of the headers in it, bytes. */
#define PACKET_FRAME_BYTES 2048u
#define PACKET_OVERHEAD (FRAME_OVERHEAD + 66u)

/*
 * Mbufs that a driver may hold besides its descriptors: the length of AF_XDP's fill ring.
 */
#define DRIVER_MBUFS 4096u

/* List the devices, "net_null0, net_null1", for the message about a missing device. */
static void
list_devices(char *text, size_t size)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t length = 0;
	uint16_t id;

	snprintf(text, size, "there are none (EAL options --vdev and -a make some)");
	RTE_ETH_FOREACH_DEV(id) {
		if (rte_eth_dev_get_name_by_port(id, name) != 0 || length >= size)
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s",
					   length == 0 ? "there are: " : ", ", name);
	}
}

/* Return the number of a device argument ("framesz=2048"), or its default. */
static unsigned
device_argument(const struct rte_eth_dev_info *info, const char *name, unsigned normal)
{
	const struct rte_devargs *devargs = rte_dev_devargs(info->device);
	const char *at = devargs != NULL ? devargs->args : NULL;

	while (at != NULL && *at != '\0') {
		if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '=')
			return (unsigned)strtoul(at + strlen(name) + 1, NULL, 10);
		at = strchr(at, ',');
		at = at != NULL ? at + 1 : NULL;
	}
	return normal;
}

/* Check the ring arguments of net_af_packet. Returns 0, or -EINVAL and a message. */
static int
packet_check(struct port *port, const struct rte_eth_dev_info *info,
	     struct ports_error *error)
{
	unsigned frame = device_argument(info, "framesz", PACKET_FRAME_BYTES);
	unsigned block = device_argument(info, "blocksz", (unsigned)getpagesize());

	if (frame == 0 || block % frame != 0) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': blocksz=%u of %s is not a multiple of framesz=%u, "
			 "as the driver needs it",
			 port->config->name, block, port->config->device, frame);
		return -EINVAL;
	}
	if (port->mtu + PACKET_OVERHEAD > frame) {
		snprintf(
			error->text, sizeof(error->text),
			"port '%s': interface %s has an MTU of %u, and frames of %s may "
			"have %u bytes: add blocksz=36864,framesz=9216 to its --vdev, or "
			"lower the MTU to %u",
			port->config->name, port->ifname, port->mtu, port->config->device,
			frame, frame - PACKET_OVERHEAD);
		return -EINVAL;
	}
	port->frame_bytes = frame;
	port->mtu_max = (uint16_t)RTE_MIN(frame - PACKET_OVERHEAD, UINT16_MAX);
	/* the kernel removes the outer tag; the driver inserts an 802.1Q tag instead */
	printf("warning: port %s: net_af_packet replaces an 802.1ad tag (0x88a8) of a "
	       "received frame by an 802.1Q tag (0x8100); AF_XDP keeps it\n",
	       port->config->name);
	return 0;
}

static int
xdp_check(struct port *port, const struct rte_eth_dev_info *info,
	  struct ports_error *error)
{
	/*
	 * one buffer with its headers fits into a page; one cache line less leaves room
	 * for the pool's colouring
	 */
	unsigned room = (unsigned)getpagesize() - 2 * RTE_CACHE_LINE_SIZE -
			(unsigned)sizeof(struct rte_mbuf) - RTE_PKTMBUF_HEADROOM -
			XDP_HEADROOM - FRAME_OVERHEAD;
	unsigned max = RTE_MIN(room, info->max_mtu - 2u * RTE_VLAN_HLEN);

	port->frame_bytes = port->mtu + FRAME_OVERHEAD + XDP_HEADROOM;
	if (port->mtu <= max)
		return 0;
	snprintf(
		error->text, sizeof(error->text),
		"port '%s': interface %s has an MTU of %u, AF_XDP takes %u at most here: "
		"lower it, or use net_af_packet",
		port->config->name, port->ifname, port->mtu, max);
	return -EINVAL;
}

/* Check that sluice reads all queues of the device: packets in others would be lost. */
static int
queues_check(const struct port *port, struct ports_error *error)
{
	unsigned queues = netdev_rx_queues(port->ifname);

	if (port->config->mirror) /* what it receives does not matter */
		return 0;
	if (port->rx_queues_max > 1) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': %s has %u queues, and with this driver sluice reads "
			 "one: remove %s from its --vdev",
			 port->config->name, port->config->device, port->rx_queues_max,
			 port->is_xdp ? "queue_count" : "qpairs");
		return -EINVAL;
	}
	if (port->is_xdp && queues > 1)
		printf("warning: port %s: interface %s receives on %u queues, and sluice "
		       "reads one; packets of the others go to this host: ethtool -L %s "
		       "combined 1\n",
		       port->config->name, port->ifname, queues, port->ifname);
	return 0;
}

/* Find the kernel interface of a device. Returns 0, or -errno and a message. */
static int
port_interface(struct port *port, const struct rte_eth_dev_info *info, bool fix,
	       struct ports_error *error)
{
	struct netdev netdev;
	int status = 0;

	if (info->if_index == 0 || netdev_read(info->if_index, &netdev) != 0)
		return 0;
	port->ifindex = info->if_index;
	memcpy(port->ifname, netdev.name, sizeof(port->ifname));
	port->is_xdp = strcmp(port->driver, "net_af_xdp") == 0;
	port->is_packet = strcmp(port->driver, "net_af_packet") == 0;
	if (port->config->mtu == 0 && netdev.mtu <= UINT16_MAX)
		port->mtu = (uint16_t)netdev.mtu;
	/* drivers other than these receive frames in another way, which is unaffected */
	if (!port->is_xdp && !port->is_packet && strcmp(port->driver, "net_pcap") != 0)
		return 0;
	if (port->is_packet)
		status = packet_check(port, info, error);
	if (port->is_xdp)
		status = xdp_check(port, info, error);
	if (status == 0 && (port->is_xdp || port->is_packet))
		status = queues_check(port, error);
	if (status == 0 && offloads_check(port->config->name, &netdev, fix) != 0) {
		snprintf(
			error->text, sizeof(error->text),
			"port '%s': interface %s changes frames (see the warning above): "
			"switch that off, or set `offloads: warn`",
			port->config->name, port->ifname);
		status = -EOPNOTSUPP;
	}
	return status;
}

int
port_find(struct port *port, const struct config_port *config, bool fix,
	  struct ports_error *error)
{
	struct rte_eth_dev_info info;
	char devices[512];

	memset(port, 0, sizeof(*port));
	port->config = config;
	if (rte_eth_dev_get_port_by_name(config->device, &port->id) != 0) {
		list_devices(devices, sizeof(devices));
		snprintf(error->text, sizeof(error->text),
			 "port '%s': no device is called '%s'; %s", config->name,
			 config->device, devices);
		return -ENODEV;
	}
	if (rte_eth_dev_info_get(port->id, &info) != 0) {
		snprintf(error->text, sizeof(error->text),
			 "port '%s': device '%s' does not say what it can do",
			 config->name, config->device);
		return -ENODEV;
	}
	port->driver = info.driver_name;
	port->is_virtual = strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0;
	port->socket = rte_eth_dev_socket_id(port->id);
	port->rx_descriptors = config->rx_descriptors;
	port->tx_descriptors = config->tx_descriptors;
	port->rx_queues = port->tx_queues = 1;
	port->rx_queues_max = info.max_rx_queues;
	/* a transmit queue of AF_XDP needs a receive queue of its own */
	port->tx_queues_max = strcmp(port->driver, "net_af_xdp") == 0
				      ? RTE_MIN(info.max_tx_queues, 1)
				      : info.max_tx_queues;
	if ((info.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_TCP) != 0 &&
	    info.hash_key_size <= STEER_RSS_KEY_BYTES &&
	    rte_is_power_of_2(info.reta_size))
		port->rss_table = info.reta_size;
	/* some devices report no limits: assume the usual ones */
	port->rss_key_bytes = info.hash_key_size != 0 ? info.hash_key_size : 40;
	port->mtu = config->mtu;
	if (port->mtu == 0 && rte_eth_dev_get_mtu(port->id, &port->mtu) != 0)
		port->mtu = RTE_ETHER_MTU;
	return port_interface(port, &info, fix, error) != 0 ? -ENODEV : 0;
}

uint16_t
ports_data_room(const struct port *ports, unsigned count)
{
	uint32_t bytes = RTE_MBUF_DEFAULT_BUF_SIZE, frame;
	unsigned i;

	for (i = 0; i < count; i++) {
		/* do not use the device's own MTU: it may be very large (TAP: 65,535) */
		frame = RTE_MAX(ports[i].config->mtu + FRAME_OVERHEAD,
				ports[i].frame_bytes) +
			RTE_PKTMBUF_HEADROOM;
		bytes = RTE_MAX(bytes, RTE_ALIGN_CEIL(frame, 64u));
	}
	return (uint16_t)bytes;
}

bool
ports_have_hardware(const struct port *ports, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (!ports[i].is_virtual)
			return true;
	return false;
}

bool
ports_need_contiguous(const struct port *ports, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (strcmp(ports[i].driver, "net_af_xdp") == 0)
			return true;
	return false;
}

unsigned
port_mbufs(const struct port *port)
{
	if (port->xdp != NULL)
		return 0; /* its rings have frames of their own */
	return port->rx_queues * (port->rx_descriptors + DRIVER_MBUFS) +
	       port->tx_queues * port->tx_descriptors;
}

bool
port_can_spread(const struct port *port, unsigned queues)
{
	return port->rss_table >= queues && port->rx_queues_max >= queues;
}

static int
port_error(const struct port *port, const char *what, int status,
	   struct ports_error *error)
{
	snprintf(error->text, sizeof(error->text), "port '%s' (%s, %s): %s: %s",
		 port->config->name, port->config->device, port->driver, what,
		 strerror(-status));
	return status;
}

static int
setup_queues(struct port *port, struct rte_mempool *const *pools,
	     const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf,
	     struct ports_error *error)
{
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	unsigned socket = (unsigned)port->socket;
	uint16_t queue;
	int status;

	rx.offloads = conf->rxmode.offloads;
	tx.offloads = conf->txmode.offloads;
	status = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rx_descriptors,
						  &port->tx_descriptors);
	if (status != 0 && status != -ENOTSUP)
		return port_error(port, "descriptors", status, error);
	for (queue = 0; queue < port->rx_queues; queue++) {
		status = rte_eth_rx_queue_setup(port->id, queue, port->rx_descriptors,
						socket, &rx, pools[queue]);
		if (status != 0 && port->is_xdp)
			return port_xdp_queue_failed(port, queue, status, error);
		if (status != 0)
			return port_error(port, "receive queue", status, error);
	}
	for (queue = 0; queue < port->tx_queues; queue++) {
		status = rte_eth_tx_queue_setup(port->id, queue, port->tx_descriptors,
						socket, &tx);
		if (status != 0)
			return port_error(port, "transmit queue", status, error);
	}
	return 0;
}

/*
 * Configure several queues with symmetric RSS; use one queue if only one is wanted or the
 * device refuses.
 */
static int
configure_queues(struct port *port, const struct rte_eth_dev_info *info,
		 struct rte_eth_conf *conf)
{
	uint8_t key[STEER_RSS_KEY_BYTES];
	int status;

	if (port->rx_queues > 1) {
		memcpy(key, steer_rss_key, sizeof(key));
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf = (struct rte_eth_rss_conf){
			.rss_key = key,
			.rss_key_len = (uint8_t)port->rss_key_bytes,
			.rss_hf = (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) &
				  info->flow_type_rss_offloads,
		};
		status = rte_eth_dev_configure(port->id, port->rx_queues, port->tx_queues,
					       conf);
		conf->rx_adv_conf.rss_conf.rss_key = NULL;
		if (status == 0)
			return 0;
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
		port->rx_queues = 1;
	}
	return rte_eth_dev_configure(port->id, 1, port->tx_queues, conf);
}

static int
configure(struct port *port, struct rte_mempool *const *pools, bool checksum,
	  struct ports_error *error)
{
	struct rte_eth_conf conf = {.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE};
	struct rte_eth_dev_info info;
	int status = rte_eth_dev_info_get(port->id, &info);

	if (status != 0)
		return port_error(port, "device information", status, error);
	if (checksum)
		conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM;
	if (port->config->mtu != 0)
		conf.rxmode.mtu = port->config->mtu;
	conf.rxmode.offloads &= info.rx_offload_capa;
	conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info.tx_offload_capa;
	conf.intr_conf.rxq = port->interrupts;
	status = configure_queues(port, &info, &conf);
	if (status != 0)
		return port_error(port, "configuration", status, error);
	port->rx_offloads = conf.rxmode.offloads;
	if (port->config->mtu != 0) {
		status = rte_eth_dev_set_mtu(port->id, port->config->mtu);
		if (status != 0 && status != -ENOTSUP)
			return port_error(port, "MTU", status, error);
	}
	return setup_queues(port, pools, &info, &conf, error);
}

void
port_spread(const struct port *port, const struct steer *steer)
{
	struct rte_eth_rss_reta_entry64
		table[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
	uint16_t entry;

	if (port->rx_queues == 1 || port->rss_table > RTE_ETH_RSS_RETA_SIZE_512)
		return;
	memset(table, 0xff, sizeof(table)); /* the tables of the request are bit masks */
	for (entry = 0; entry < port->rss_table; entry++)
		table[entry / RTE_ETH_RETA_GROUP_SIZE]
			.reta[entry % RTE_ETH_RETA_GROUP_SIZE] = steer_rss_queue(steer,
										 entry);
	/*
	 * most devices without a configurable table already assign the queues round robin
	 */
	rte_eth_dev_rss_reta_update(port->id, table, port->rss_table);
}

static int
start_device(struct port *port, struct rte_mempool *const *pools, bool checksum,
	     struct ports_error *error)
{
	int status = configure(port, pools, checksum, error);

	if (status != 0)
		return status;
	status = rte_eth_dev_start(port->id);
	return status != 0 ? port_error(port, "start", status, error) : 0;
}

int
port_start(struct port *port, struct rte_mempool *const *pools, bool checksum,
	   struct ports_error *error)
{
	const uint16_t rx_queues = port->rx_queues;
	int status;

	if (port->xdp != NULL)
		return port_xdp_start(port, pools[0], error);
	status = start_device(port, pools, checksum, error);
	if (status != 0 && port->interrupts) {
		/* a device may have no interrupts, or none behind its kernel module */
		port->interrupts = false;
		port->rx_queues = rx_queues;
		status = start_device(port, pools, checksum, error);
	}
	if (status != 0)
		return status;
	port->started = true;
	if (port->is_xdp || port->is_packet)
		sockets_find(&port->sockets, port->is_xdp ? AF_XDP : AF_PACKET,
			     port->ifindex);
	/*
	 * a wire needs every frame; most devices without promiscuous mode already deliver
	 * every frame
	 */
	port->promiscuous = rte_eth_promiscuous_enable(port->id) == 0;
	if (rte_eth_macaddr_get(port->id, &port->mac) != 0)
		memset(&port->mac, 0, sizeof(port->mac));
	return 0;
}

int
port_tell(void *context, unsigned number, struct control_port *told)
{
	struct port *port = &((struct port *)context)[number];
	struct rte_eth_stats stats = {0};
	int status;

	if (port->xdp != NULL) {
		port_xdp_tell(port, told);
		return 0;
	}
	status = rte_eth_stats_get(port->id, &stats);
	*told = (struct control_port){
		.up = !atomic_load(&port->down),
		.mtu = port->mtu,
		.link_changes = port->link_changes,
		.rx_packets = stats.ipackets,
		.rx_bytes = stats.ibytes,
		.rx_missed = stats.imissed + sockets_missed(&port->sockets),
		.rx_errors = stats.ierrors,
		.tx_packets = stats.opackets,
		.tx_bytes = stats.obytes,
		.tx_errors = stats.oerrors,
	};
	/*
	 * net_af_xdp leaves the frame in its ring when there is no buffer, and tries
	 * again
	 */
	if (!port->is_xdp)
		told->rx_nombuf = stats.rx_nombuf;
	return status;
}

void
port_stop(struct port *port)
{
	if (port->xdp != NULL)
		port_xdp_stop(port);
	if (!port->started)
		return;
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	port->started = false;
}
