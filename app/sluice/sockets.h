/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets that the drivers net_af_packet and net_af_xdp have open for a port. The
 * kernel counts frames lost at a full ring there, which the drivers do not report, and
 * has send buffers, for which the drivers wait.
 */
#ifndef SLUICE_SOCKETS_H
#define SLUICE_SOCKETS_H

#include <stdatomic.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define SOCKETS_MAX 64u

struct sockets {
	int domain; /* AF_PACKET, AF_XDP; 0: no sockets */
	unsigned count;
	int fd[SOCKETS_MAX];
	/*
	 * AF_PACKET: sum of the values read so far, because reading resets the kernel's
	 * counter
	 */
	_Atomic uint64_t missed;
};

/*
 * Find a driver's sockets among the descriptors of this process. AF_PACKET: the sockets
 * bound to the interface. AF_XDP: the sockets that no earlier call has found, so call
 * this after each start of a port.
 */
void sockets_find(struct sockets *sockets, int domain, unsigned ifindex);

/*
 * Return how many of n packets, from the first on, the driver can send by a socket
 * without waiting for its send buffer.
 */
uint16_t sockets_room(int fd, struct rte_mbuf *const *pkts, uint16_t n);

/*
 * Return the frames lost at full rings that rte_eth_stats.imissed does not contain. Any
 * thread.
 */
uint64_t sockets_missed(struct sockets *sockets);

#endif
