/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel and the card do to frames before a port on a kernel interface gets
 * them, or leave undone: GRO and LRO merge segments, the VLAN offloads take the tag out
 * of the frame (where AF_XDP does not find it any more), and a veth carries frames whose
 * checksum, segmentation and tag are left to the receiver. A firewall in the wire needs
 * the frames themselves.
 */
#ifndef SLUICE_OFFLOADS_H
#define SLUICE_OFFLOADS_H

#include <stdbool.h>

#include "netdev.h"

/*
 * Look at an interface, and with `fix` switch off what changes frames: its own, and those
 * of a veth's other end, wherever it is. What was done, and what could not be, is printed
 * with the port's name. Returns 0, or -EOPNOTSUPP: with `fix`, something of the
 * interface's own stays on.
 */
int offloads_check(const char *port, const struct netdev *netdev, bool fix);

#endif
