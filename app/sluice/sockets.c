/* SPDX-License-Identifier: BSD-3-Clause */
#include "sockets.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef SOL_XDP
#define SOL_XDP 283
#endif
/*
 * More than the kernel adds to twice the length of a frame, which may be rounded up to a
 * power of two.
 */
#define FRAME_OVERHEAD 1024u

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

uint16_t
sockets_room(int fd, struct rte_mbuf *const *pkts, uint16_t n)
{
	uint32_t info[SK_MEMINFO_VARS], room;
	socklen_t size = sizeof(info);
	uint16_t i;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0 ||
	    size <= SK_MEMINFO_SNDBUF * sizeof(info[0]))
		return n; /* Linux before 4.12 */
	/* net_af_packet waits when more than half of the buffer is in use */
	room = info[SK_MEMINFO_SNDBUF] / 2;
	if (info[SK_MEMINFO_WMEM_ALLOC] >= room)
		return 0;
	/* net_af_xdp tries again when all of it is */
	room = info[SK_MEMINFO_SNDBUF] - info[SK_MEMINFO_WMEM_ALLOC];
	for (i = 0; i < n; i++) {
		if (room < FRAME_OVERHEAD + 2 * pkts[i]->pkt_len)
			break;
		room -= FRAME_OVERHEAD + 2 * pkts[i]->pkt_len;
	}
	return i;
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
