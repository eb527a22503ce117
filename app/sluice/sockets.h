/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read drop counters from the sockets that the drivers net_af_packet and net_af_xdp have
 * open for a port. The kernel counts frames lost at a full ring there, and the drivers do
 * not report them.
 */
#ifndef SLUICE_SOCKETS_H
#define SLUICE_SOCKETS_H

#include <stdatomic.h>
#include <stdint.h>

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
 * Return the frames lost at full rings that rte_eth_stats.imissed does not contain. Any
 * thread.
 */
uint64_t sockets_missed(struct sockets *sockets);

#endif
