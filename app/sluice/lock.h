/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locks on what only one sluice may use: its control socket, and the kernel interfaces and
 * PCI devices of its ports. A second sluice ends before it touches any of them: the drivers
 * would let it open an AF_PACKET port twice, and with AF_XDP its clean-up would remove the
 * XDP program of the first.
 *
 * Each lock is a file with flock(2), which the kernel releases however the process ends:
 * PATH.lock beside the control socket, /run/sluice/port-NAME.lock for a PCI address, and
 * /run/sluice/port-INODE-INDEX.lock for an interface. INDEX is the interface's, as it may
 * be renamed or have several names; INODE is that of its network namespace.
 */
#ifndef SLUICE_LOCK_H
#define SLUICE_LOCK_H

#include <stddef.h>

#include "config.h"

/*
 * Take all locks: of the control socket and the ports of the configuration, and of each
 * interface that an EAL argument names (--vdev=NAME,iface=INTERFACE). Returns 0, or -errno
 * and a message; -EBUSY: another process holds a lock.
 */
int locks_take(const struct sluice_config *config, int argc, char *const *argv,
	       char *message, size_t size);

/* Release them and remove their files. */
void locks_release(void);

#endif
