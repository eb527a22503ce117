/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capabilities (capabilities(7)). Opening the ports needs several; running needs
 * CAP_NET_ADMIN for ports on kernel interfaces, and otherwise none.
 */
#ifndef SLUICE_PRIVILEGES_H
#define SLUICE_PRIVILEGES_H

#include <stdbool.h>

/*
 * Take all capabilities away from all threads; interfaces: except CAP_NET_ADMIN.
 * Programs that sluice starts get none. As root nothing is done, because root gets them
 * back with each execve(). Call it when the ports run. Returns 0, or -errno: a thread
 * still has some.
 */
int privileges_drop(bool interfaces);

#endif
