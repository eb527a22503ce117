/* SPDX-License-Identifier: BSD-3-Clause */
/* The listening socket of the control thread: its file, and the acceptance of clients. */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LISTENER_NO_GROUP ((gid_t)-1) /* the group of the process */
/* pause after a client for which there was no room */
#define LISTENER_PAUSE_MS 100u

/* Same as control_folder(). */
int listener_folder(const char *path, gid_t group);

struct listener {
	const char *path;
	int fd;
	/* descriptor that is closed to accept a client when no other is free */
	int spare;
	dev_t device; /* with inode: identifies the file that bind() created */
	ino_t inode;
	uint64_t pause_ms; /* do not accept clients before this time */
};

/*
 * Listen at a path, readable and writable for owner and group. Creates its directory if
 * it does not exist, for owner and group too; replaces a stale socket. Does not block.
 * Returns 0, or -errno: -EADDRINUSE, another process listens there; -EEXIST, a file there
 * is not a socket.
 */
int listener_open(struct listener *listener, const char *path, gid_t group);

/* Close it, and remove its file, unless another file has replaced it. */
void listener_close(struct listener *listener);

/* The message for an error of listener_open(). */
const char *listener_error(int status);

/*
 * Accept a client. Returns its non-blocking descriptor; or -EAGAIN: no client waits; or
 * another error: do not accept clients before listener->pause_ms.
 */
int listener_accept(struct listener *listener, uint64_t now_ms);

/* Whether to wait for clients in poll(). */
bool listener_is_ready(const struct listener *listener, uint64_t now_ms);

/* Whether the peer is root, or the user that this process runs as. */
bool listener_is_privileged(int fd);

/* Whether the group of the socket file may also enter its directory. */
bool listener_is_open_to_group(const struct listener *listener);

#endif
