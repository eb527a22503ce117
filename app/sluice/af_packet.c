/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver net_af_packet adds its sockets to a fanout group with
 * PACKET_FANOUT_FLAG_DEFRAG, even if there is only one socket, and no device argument
 * changes that. The kernel then reassembles IPv4 fragments before sluice receives them,
 * and the datagram is longer than the MTU, so it is truncated or dropped. A firewall must
 * see the frames as they were sent.
 *
 * This setsockopt() replaces the one of libc in the whole program, including the driver.
 * It removes the flag and passes all other calls to the kernel unchanged.
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
