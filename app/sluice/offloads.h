/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offloads that change frames before a port on a kernel interface receives them. GRO and
 * LRO merge segments; VLAN offloads remove the tag from the frame, and AF_XDP programs
 * cannot find it any more; a veth passes frames with checksum, segmentation and tag left
 * to the receiver. A firewall must see the frames as they were sent.
 */
#ifndef SLUICE_OFFLOADS_H
#define SLUICE_OFFLOADS_H

#include <stdbool.h>

#include "netdev.h"

/*
 * Check an interface for features that change frames, its own and those of a veth's peer
 * in any namespace; with `fix` switch them off. Prints, after the port's name, what was
 * switched off and what could not be. Returns 0, or -EOPNOTSUPP: with `fix`, a feature of
 * the interface itself stays on.
 */
int offloads_check(const char *port, const struct netdev *netdev, bool fix);

/*
 * Check that a veth's other end takes frames that an XDP program redirects to this
 * interface; fix: switch its GRO on if not. Prints what was changed, or a warning.
 */
void offloads_check_redirect(const char *port, const struct netdev *netdev, bool fix);

#endif
