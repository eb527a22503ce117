/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets that the drivers net_af_packet and net_af_xdp have open for a port, for
 * what the kernel counts on them and the drivers do not tell: frames that found their
 * ring full.
 */
#ifndef SLUICE_SOCKETS_H
#define SLUICE_SOCKETS_H

#include <stdatomic.h>
#include <stdint.h>

#define SOCKETS_MAX 64u

struct sockets {
	int domain; /* AF_PACKET, AF_XDP, or 0: none */
	unsigned count;
	int fd[SOCKETS_MAX];
	_Atomic uint64_t
		missed; /* AF_PACKET: what was read, the kernel starts again at 0 */
};

/*
 * Find the sockets of a driver among the process's: of AF_PACKET those bound to the
 * interface, of AF_XDP those that no earlier call has found, so it is called after each
 * port's start.
 */
void sockets_find(struct sockets *sockets, int domain, unsigned ifindex);

/*
 * Frames that were lost at their rings, and are not in rte_eth_stats.imissed. Any thread.
 */
uint64_t sockets_missed(struct sockets *sockets);

#endif
