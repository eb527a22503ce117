/* SPDX-License-Identifier: BSD-3-Clause */
#include "mhd_fake.h"

#include <sys/socket.h>
#include <unistd.h>

static struct pair {
	union MHD_ConnectionInfo mine;
	int peer;
} pairs[MHD_FAKE_CONNECTIONS];

int
mhd_fake_open(void **state)
{
	unsigned i;
	int two[2];

	(void)state;
	for (i = 0; i < MHD_FAKE_CONNECTIONS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, two) != 0)
			return -1;
		pairs[i].mine.connect_fd = two[0];
		pairs[i].peer = two[1];
	}
	return 0;
}

int
mhd_fake_close(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < MHD_FAKE_CONNECTIONS; i++) {
		close(pairs[i].mine.connect_fd);
		close(pairs[i].peer);
	}
	return 0;
}

struct MHD_Connection *
mhd_fake_connection(unsigned n)
{
	return (struct MHD_Connection *)(void *)&pairs[n];
}

bool
mhd_fake_is_closed(unsigned n)
{
	char byte;

	return recv(pairs[n].peer, &byte, 1, MSG_DONTWAIT) == 0;
}

const union MHD_ConnectionInfo *
MHD_get_connection_info(struct MHD_Connection *connection,
			enum MHD_ConnectionInfoType type, ...)
{
	if (type != MHD_CONNECTION_INFO_CONNECTION_FD)
		return NULL;
	return &((struct pair *)(void *)connection)->mine;
}
