/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

/* Ethernet with two VLAN tags and a frame check sequence around the MTU. */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + 2u * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)

/* Mbufs that a driver may hold besides its descriptors: AF_XDP's fill ring is that long. */
#define DRIVER_MBUFS 4096u

/* "net_null0, net_null1", for the message that a device does not exist. */
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

int
port_find(struct port *port, const struct config_port *config, struct ports_error *error)
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
	port->socket = rte_eth_dev_socket_id(port->id);
	port->rx_descriptors = config->rx_descriptors;
	port->tx_descriptors = config->tx_descriptors;
	port->rx_queues = port->tx_queues = 1;
	port->rx_queues_max = info.max_rx_queues;
	port->tx_queues_max = info.max_tx_queues;
	if ((info.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_TCP) != 0 &&
	    info.hash_key_size <= STEER_RSS_KEY_BYTES &&
	    rte_is_power_of_2(info.reta_size))
		port->rss_table = info.reta_size;
	/* what a device does not say is what most have */
	port->rss_key_bytes = info.hash_key_size != 0 ? info.hash_key_size : 40;
	port->mtu = config->mtu;
	if (port->mtu == 0 && rte_eth_dev_get_mtu(port->id, &port->mtu) != 0)
		port->mtu = RTE_ETHER_MTU;
	return 0;
}

uint16_t
ports_data_room(const struct port *ports, unsigned count)
{
	uint32_t bytes = RTE_MBUF_DEFAULT_BUF_SIZE, frame;
	unsigned i;

	for (i = 0; i < count; i++) {
		/* a device's own MTU may be absurdly large (TAP: 65,535): only ours count */
		frame = ports[i].config->mtu + FRAME_OVERHEAD + RTE_PKTMBUF_HEADROOM;
		bytes = RTE_MAX(bytes, RTE_ALIGN_CEIL(frame, 64u));
	}
	return (uint16_t)bytes;
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

/* With symmetric RSS where there are several queues; else, or if it is refused, with one. */
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
	memset(table, 0xff, sizeof(table)); /* masks */
	for (entry = 0; entry < port->rss_table; entry++)
		table[entry / RTE_ETH_RETA_GROUP_SIZE]
			.reta[entry % RTE_ETH_RETA_GROUP_SIZE] = steer_rss_queue(steer,
										 entry);
	/* a device that cannot be told deals the queues out in turns itself, mostly */
	rte_eth_dev_rss_reta_update(port->id, table, port->rss_table);
}

int
port_start(struct port *port, struct rte_mempool *const *pools, bool checksum,
	   struct ports_error *error)
{
	int status = configure(port, pools, checksum, error);

	if (status != 0)
		return status;
	status = rte_eth_dev_start(port->id);
	if (status != 0)
		return port_error(port, "start", status, error);
	port->started = true;
	/* a wire takes every frame; a device that cannot be told so mostly does already */
	port->promiscuous = rte_eth_promiscuous_enable(port->id) == 0;
	if (rte_eth_macaddr_get(port->id, &port->mac) != 0)
		memset(&port->mac, 0, sizeof(port->mac));
	return 0;
}

void
port_stop(struct port *port)
{
	if (!port->started)
		return;
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	port->started = false;
}
