/* SPDX-License-Identifier: BSD-3-Clause */
#include "sockets.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

static bool xdp_known[1024]; /* indexed by descriptor: socket already found for a port */

static bool
is_of(int fd, int domain, unsigned ifindex)
{
	struct sockaddr_ll address = {0};
	socklen_t length = sizeof(address), size = sizeof(int);
	int found = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &found, &size) != 0 || found != domain)
		return false;
	if (domain == AF_XDP) {
		if ((unsigned)fd >= sizeof(xdp_known) || xdp_known[fd])
			return false;
		xdp_known[fd] = true;
		return true;
	}
	return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	       (unsigned)address.sll_ifindex == ifindex;
}

void
sockets_find(struct sockets *sockets, int domain, unsigned ifindex)
{
	DIR *entries = opendir("/proc/self/fd");
	struct dirent *entry;
	int fd;

	sockets->domain = domain;
	if (entries == NULL)
		return;
	while ((entry = readdir(entries)) != NULL && sockets->count < SOCKETS_MAX) {
		fd = (int)strtol(entry->d_name, NULL, 10);
		if (fd != dirfd(entries) && is_of(fd, domain, ifindex))
			sockets->fd[sockets->count++] = fd;
	}
	closedir(entries);
}

uint64_t
sockets_missed(struct sockets *sockets)
{
	struct xdp_statistics xdp;
	struct tpacket_stats packet;
	socklen_t length;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < sockets->count; i++) {
		/*
		 * imissed is the kernel's rx_dropped, which does not count frames lost at
		 * a full ring
		 */
		length = sizeof(xdp);
		if (sockets->domain == AF_XDP &&
		    getsockopt(sockets->fd[i], SOL_XDP, XDP_STATISTICS, &xdp, &length) ==
			    0 &&
		    length == sizeof(xdp))
			sum += xdp.rx_ring_full;
		length = sizeof(packet);
		if (sockets->domain == AF_PACKET &&
		    getsockopt(sockets->fd[i], SOL_PACKET, PACKET_STATISTICS, &packet,
			       &length) == 0)
			atomic_fetch_add(&sockets->missed, packet.tp_drops);
	}
	return sum + atomic_load(&sockets->missed);
}
