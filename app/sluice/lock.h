/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What this process has to itself: its control socket, and the kernel interfaces and PCI devices
 * that it is told to open. A second sluice is refused before it touches any of them: the drivers
 * would let it open an AF_PACKET port twice, and on AF_XDP its clean-up would take away the
 * program of the first.
 *
 * Each is a file with flock(2), which the kernel releases when the process ends, however it ends:
 * PATH.lock beside the control socket, /run/sluice/port-NAME.lock for a PCI address, and
 * /run/sluice/port-INODE-INDEX.lock for an interface: its index, since it may have several names
 * and be renamed, means something in the network namespace of that inode only.
 */
#ifndef SLUICE_LOCK_H
#define SLUICE_LOCK_H

#include <stddef.h>

#include "config.h"

/*
 * Take all locks: of the socket and the ports of the configuration, and of each interface that an
 * argument of the EAL names (--vdev=NAME,iface=INTERFACE). Returns 0, or -errno and a message;
 * -EBUSY: another process has one.
 */
int locks_take(const struct sluice_config *config, int argc, char *const *argv,
	       char *message, size_t size);

/* Release them and remove their files. */
void locks_release(void);

#endif
