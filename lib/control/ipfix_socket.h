/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The socket to an IPFIX collector, as a transport of ipfix_collector.h. A call waits for
 * at most IPFIX_SOCKET_S: connect() and, over TCP, send().
 */
#ifndef CONTROL_IPFIX_SOCKET_H
#define CONTROL_IPFIX_SOCKET_H

#include "ipfix_collector.h"

#define IPFIX_SOCKET_S 5

struct ipfix_socket {
	const struct control_ipfix *to;
	int fd; /* -1: closed */
};

/* Make the transport of a socket to the collector. The socket has to stay valid. */
struct ipfix_transport ipfix_socket(struct ipfix_socket *socket,
				    const struct control_ipfix *to);

#endif
