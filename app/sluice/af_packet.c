/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver net_af_packet puts its sockets into a fanout group with
 * PACKET_FANOUT_FLAG_DEFRAG, even where there is only one, and no argument of the device
 * changes that. The kernel then reassembles the fragments of IPv4 before sluice sees
 * them: the datagram is longer than the link allows, and is cut off or dropped. A
 * firewall has to see the frames themselves.
 *
 * This setsockopt() stands before libc's for the whole program, the driver included, and
 * takes the flag away. Everything else goes to the kernel as it is.
 */
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PACKET_FANOUT_FLAG_DEFRAG
#define PACKET_FANOUT_FLAG_DEFRAG 0x8000
#endif

int
setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	unsigned fanout;

	if (level == SOL_PACKET && name == PACKET_FANOUT && length == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		fanout &= ~((unsigned)PACKET_FANOUT_FLAG_DEFRAG << 16);
		value = &fanout;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}
