/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link between an XDP program and the interface of a port. The kernel takes the
 * program off when the last descriptor of the link is closed, also that of a killed
 * process, unless the link is pinned.
 */
#ifndef SLUICE_XDP_ATTACH_H
#define SLUICE_XDP_ATTACH_H

#include <stdbool.h>

#include "ports.h"

struct xdp_link {
	int fd; /* -1: none */
	unsigned port;
	const char *folder; /* where it is pinned; NULL: it is not */
};

/*
 * Attach a program, native if the driver can, else generic, and print which. With folder,
 * replace the program of the link that is pinned there, or pin the new link (xdp_pin.h);
 * number is that of the port. Returns 0, or -errno and a message.
 */
int xdp_attach(const struct port *port, unsigned number, int program, const char *folder,
	       struct xdp_link *link, struct ports_error *error);

/* Take the program off. Does nothing when there is none. */
void xdp_detach(struct xdp_link *link);

#endif
