/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read and change network interfaces of the kernel through rtnetlink and ethtool.
 * Interfaces are identified by ifindex, which is valid in one network namespace only; the
 * functions use the namespace of the calling thread.
 */
#ifndef SLUICE_NETDEV_H
#define SLUICE_NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev {
	unsigned index;
	char name[IF_NAMESIZE];
	char kind[16]; /* kind of virtual interface: "veth", "bond", ..; "": none */
	uint32_t mtu;
	bool up;      /* the interface is administratively up */
	bool carrier; /* the interface has a link (carrier) */
	bool promiscuous;
	uint8_t mac[6];
	uint32_t xdp_id; /* id of the attached XDP program; 0: none */
	unsigned master; /* ifindex of the bridge or bond that it is a port of; 0: none */
	unsigned link;   /* ifindex of a veth's peer; 0: none */
	int link_nsid;   /* namespace id of the peer; -1: this namespace */
};

/* Read the state of an interface. Returns 0, -ENODEV if it does not exist, or -errno. */
int netdev_read(unsigned index, struct netdev *netdev);

/*
 * Open a socket that becomes readable whenever an interface changes. The messages need
 * not be parsed. Returns the socket or -errno.
 */
int netdev_watch(void);

int netdev_set_up(unsigned index, bool up);

/* Switch promiscuous mode, which stays when the process ends. Returns 0 or -errno. */
int netdev_set_promiscuous(unsigned index, bool on);

/*
 * Return the number of receive queues that the driver spreads packets over; 1 if it does
 * not report it.
 */
unsigned netdev_rx_queues(const char *name);

/*
 * Read which features are on: bit i for names[i]. The names are those of the kernel and
 * `ethtool -k` ("rx-gro", "tx-vlan-hw-insert"); the list ends with NULL. A feature that
 * the device lacks is off. Returns 0 or -errno.
 */
int netdev_features(const char *name, const char *const *names, uint32_t *on);

/*
 * Switch the features whose bit is set in mask on or off. Returns 0 or -errno. Some may
 * stay as they are even if it returns 0.
 */
int netdev_features_set(const char *name, const char *const *names, uint32_t mask,
			bool on);

/*
 * Move the calling thread to the namespace with this id. Returns 0 or -errno; -ENOENT:
 * neither a process nor a file in /run/netns refers to it.
 */
int netdev_enter(int nsid);

#endif
