/* SPDX-License-Identifier: BSD-3-Clause */
#include "xsk_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the kernel's bind() means by an error. */
static void
say_refused(const struct xsk_error *e, char *text, size_t room)
{
	switch (-e->status) {
	case EINVAL:
		(void)snprintf(text, room,
			       "queue %u of interface %s cannot be had (%s): the "
			       "interface has %u receive queues now, whose number must "
			       "not change (ethtool -L)",
			       e->queue, e->interface, strerror(-e->status), e->queues);
		break;
	case EOPNOTSUPP:
		(void)snprintf(text, room,
			       "queue %u of interface %s cannot be had (%s): its driver "
			       "takes no AF_XDP socket: use net_af_packet without xdp",
			       e->queue, e->interface, strerror(-e->status));
		break;
	case ENETDOWN:
		(void)snprintf(text, room, "interface %s is down: ip link set %s up",
			       e->interface, e->interface);
		break;
	case ENODEV:
		(void)snprintf(text, room,
			       "interface %s is gone: ip link shows what "
			       "there is",
			       e->interface);
		break;
	default:
		(void)snprintf(text, room, "%s: queue %u of interface %s: %s", e->what,
			       e->queue, e->interface, strerror(-e->status));
	}
}

void
xsk_error_say(const struct xsk_error *e, char *text, size_t room)
{
	int used = snprintf(text, room, "port '%s': ", e->port);

	if (used < 0 || (size_t)used >= room)
		return;
	text += used;
	room -= (size_t)used;
	switch (-e->status) {
	case EAFNOSUPPORT:
		(void)snprintf(text, room,
			       "this kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS): "
			       "use net_af_packet without xdp");
		break;
	case EBUSY:
		(void)snprintf(text, room,
			       "queue %u of interface %s has an AF_XDP socket of another "
			       "program already: end that program",
			       e->queue, e->interface);
		break;
	case ENOBUFS:
	case ENOMEM:
		(void)snprintf(text, room,
			       "%s: %.1f MiB of locked memory needed for queue %u of "
			       "interface %s: raise the limit (ulimit -l, "
			       "LimitMEMLOCK=), or lower rx_descriptors and "
			       "tx_descriptors",
			       e->what, (double)e->bytes / 1048576.0, e->queue,
			       e->interface);
		break;
	case EPERM:
		(void)snprintf(text, room, "%s: CAP_NET_RAW and CAP_NET_ADMIN needed",
			       e->what);
		break;
	default:
		say_refused(e, text, room);
	}
}
