/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locks on what only one sluice may use: its control socket, and the kernel interfaces
 * and PCI devices of its ports. A second sluice fails before it opens any of them: the
 * drivers would open an AF_PACKET port twice, and with AF_XDP the second one's cleanup
 * would remove the XDP program of the first. Each lock is a file with flock(2), which the
 * kernel releases when the process ends, also after a crash: PATH.lock beside the control
 * socket, /run/sluice/port-NAME.lock for a PCI address, and
 * /run/sluice/port-INODE-INDEX.lock for an interface. INDEX is the index of the
 * interface, because its name may change and it may have several; INODE is the inode of
 * its network namespace.
 */
#ifndef SLUICE_LOCK_H
#define SLUICE_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/*
 * Take all locks: of the control socket and the ports of the configuration, and of each
 * interface that an EAL argument names (--vdev=NAME,iface=INTERFACE). Returns 0, or
 * -errno and a message; -EBUSY: another process holds a lock.
 */
int locks_take(const struct sluice_config *config, int argc, char *const *argv,
	       char *message, size_t size);

/*
 * Return whether no other process holds one of these locks; takes none and creates no
 * file. Otherwise message says which.
 */
bool locks_free(const struct sluice_config *config, int argc, char *const *argv,
		char *message, size_t size);

/* Release all locks and remove their files. */
void locks_release(void);

#endif
