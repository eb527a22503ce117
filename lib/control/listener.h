/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that the control socket is. */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

/*
 * Listen at a path, readable and writable for owner and group; its folder is made if need
 * be, and a socket that nobody listens on is replaced. Returns the descriptor, which does
 * not block, or -errno: -EADDRINUSE, somebody listens; -EEXIST, a file that is no socket.
 */
int listener_open(const char *path);

/* What such an error means. */
const char *listener_error(int status);

#endif
