/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that the control socket is, and taking clients in. */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LISTENER_NO_GROUP ((gid_t)-1) /* that of our process */
#define LISTENER_PAUSE_MS 100u        /* before trying again what has no resources */

/* As control_folder() has it. */
int listener_folder(const char *path, gid_t group);

struct listener {
	const char *path;
	int fd;
	int spare;    /* given up to tell a client that there are no descriptors */
	dev_t device; /* of the file that we have made */
	ino_t inode;
	uint64_t pause_ms; /* no client is taken in before this time */
};

/*
 * Listen at a path, readable and writable for owner and group. Its folder is made if need
 * be, for owner and group too; a socket that nobody listens on is replaced. Waits for
 * nobody. Returns 0, or -errno: -EADDRINUSE, somebody listens; -EEXIST, a file that is no
 * socket.
 */
int listener_open(struct listener *listener, const char *path, gid_t group);

/* Close it, and remove the file unless there is another one by now. */
void listener_close(struct listener *listener);

/* What an error of listener_open() means. */
const char *listener_error(int status);

/*
 * Take a client in. Returns its descriptor, which does not block; or -EAGAIN: there is
 * none; or another error: there will be none before listener->pause_ms.
 */
int listener_accept(struct listener *listener, uint64_t now_ms);

/* Whether poll() may wait for clients. */
bool listener_is_ready(const struct listener *listener, uint64_t now_ms);

/* Whether the other end is root, or the user that we run as. */
bool listener_is_privileged(int fd);

/* Whether the file's group may enter its folder. */
bool listener_is_open_to_group(const struct listener *listener);

#endif
