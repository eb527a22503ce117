/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network interface of the kernel, as rtnetlink and ethtool tell of it and let it be
 * changed. Interfaces are numbers (ifindex), which mean something in a network namespace;
 * the functions work in that of the calling thread.
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
	char kind[16]; /* "veth", "bond", ..; "": a device of its own */
	uint32_t mtu;
	bool up;         /* administratively */
	bool carrier;    /* a link is there */
	uint32_t xdp_id; /* of the XDP program on it, 0: none */
	unsigned link;   /* a veth's other end, 0: none */
	int link_nsid;   /* the namespace of that one, -1: this */
};

/* Returns 0, -ENODEV: there is none, or -errno. */
int netdev_read(unsigned index, struct netdev *netdev);

/*
 * A socket that gets a message (to be thrown away) whenever an interface changes, or
 * -errno.
 */
int netdev_watch(void);

int netdev_set_up(unsigned index, bool up);

/* Receive queues that the driver spreads packets over; 1 when it does not say. */
unsigned netdev_rx_queues(const char *name);

/*
 * Which features (as `ethtool -k` calls them in the kernel: "rx-gro",
 * "tx-vlan-hw-insert") of a list that ends with NULL are on: bit i for names[i]. What the
 * device does not have is off. Returns 0 or -errno.
 */
int netdev_features(const char *name, const char *const *names, uint32_t *on);

/*
 * Switch those with a bit in mask off. Returns 0 or -errno; some may stay on
 * nevertheless.
 */
int netdev_features_off(const char *name, const char *const *names, uint32_t mask);

/*
 * Have the calling thread enter the namespace with this id. Returns 0, -ENOENT when no
 * process and no file of /run/netns leads there, or -errno.
 */
int netdev_enter(int nsid);

#endif
