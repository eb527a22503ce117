/* SPDX-License-Identifier: BSD-3-Clause */
#include "ipfix_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/*
 * Have the kernel report each ICMP error about a datagram, those that may pass as well
 * (host unreachable), and a full queue of the interface: ip(7), IP_RECVERR.
 */
static int
want_errors(int fd, int family)
{
	const int on = 1;

	return family == AF_INET6
		       ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
		       : setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
}

/* Returns a connected socket, or -errno. */
static int
socket_connect(const struct addrinfo *address, bool tcp)
{
	const struct timeval wait = {.tv_sec = IPFIX_SOCKET_S};
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
	int status;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 &&
	    (tcp || want_errors(fd, address->ai_family) == 0) &&
	    connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	/* socket(7), SO_SNDTIMEO */
	status = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	close(fd);
	return status;
}

static int
socket_open(void *context)
{
	struct ipfix_socket *s = context;
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = s->to->tcp ? SOCK_STREAM : SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct addrinfo *address;
	int fd;

	if (getaddrinfo(s->to->host, s->to->port, &hints, &address) != 0)
		return -EADDRNOTAVAIL;
	fd = socket_connect(address, s->to->tcp);
	freeaddrinfo(address);
	if (fd < 0)
		return fd;
	s->fd = fd;
	return 0;
}

static int
socket_send(void *context, const uint8_t *message, size_t length)
{
	const struct ipfix_socket *s = context;
	const int flags = MSG_NOSIGNAL | (s->to->tcp ? 0 : MSG_DONTWAIT);
	size_t sent = 0;
	ssize_t n;

	while (sent < length) {
		n = send(s->fd, message + sent, length - sent, flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return s->to->tcp && errno == EAGAIN ? -ETIMEDOUT : -errno;
		sent += (size_t)n;
	}
	return 0;
}

/* A collector sends nothing; the end of its stream means that it takes nothing either. */
static int
tcp_error(int fd)
{
	char bytes[256];
	ssize_t n;

	do
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0)
		return -EPIPE;
	return errno == EAGAIN ? 0 : -errno;
}

static int
udp_error(int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? -error : -errno;
}

static int
socket_error(void *context)
{
	const struct ipfix_socket *s = context;

	return s->to->tcp ? tcp_error(s->fd) : udp_error(s->fd);
}

static void
socket_close(void *context)
{
	struct ipfix_socket *s = context;

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

struct ipfix_transport
ipfix_socket(struct ipfix_socket *socket, const struct control_ipfix *to)
{
	*socket = (struct ipfix_socket){.to = to, .fd = -1};
	return (struct ipfix_transport){
		.context = socket,
		.open = socket_open,
		.send = socket_send,
		.error = socket_error,
		.close = socket_close,
	};
}
