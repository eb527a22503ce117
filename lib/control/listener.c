/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATH_BYTES sizeof(((struct sockaddr_un *)NULL)->sun_path)
#define BACKLOG 64

/* Get the directory of a path. Returns false when there is none, or it is the root. */
static bool
folder_of(const char *path, char folder[PATH_BYTES])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	snprintf(folder, PATH_BYTES, "%.*s", (int)(slash - path), path);
	return true;
}

int
listener_folder(const char *path, gid_t group)
{
	char folder[PATH_BYTES];

	if (!folder_of(path, folder))
		return 0;
	if (mkdir(folder, 0700) != 0)
		return errno == EEXIST ? 0 : -errno;
	/* chown first: with the mode set first, a wrong group could enter */
	if (group != LISTENER_NO_GROUP && chown(folder, (uid_t)-1, group) != 0)
		return -errno;
	return chmod(folder, 0750) != 0 ? -errno : 0;
}

/*
 * Remove a stale socket that a killed process has left. A socket that answers, and a file
 * of another type, are not removed.
 */
static int
remove_stale(const struct sockaddr_un *address)
{
	struct stat stat;
	int fd, status;

	if (lstat(address->sun_path, &stat) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(stat.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	status = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	if (status != 0 && errno == EAGAIN)
		status = 0; /* EAGAIN: a process listens, but its queue is full */
	close(fd);
	if (status == 0)
		return -EADDRINUSE;
	return unlink(address->sun_path) != 0 ? -errno : 0;
}

/* Bind a socket to its path, and store which file bind() has created. */
static int
bind_to(struct listener *listener, const struct sockaddr_un *address, gid_t group)
{
	const char *path = address->sun_path;
	struct stat stat;

	/* set the mode before bind(), so that others can never open the socket */
	fchmod(listener->fd, 0660);
	if (bind(listener->fd, (const struct sockaddr *)address, sizeof(*address)) != 0 ||
	    lstat(path, &stat) != 0)
		return -errno;
	listener->device = stat.st_dev;
	listener->inode = stat.st_ino;
	if ((group != LISTENER_NO_GROUP && chown(path, (uid_t)-1, group) != 0) ||
	    chmod(path, 0660) != 0 || listen(listener->fd, BACKLOG) != 0)
		return -errno;
	return 0;
}

int
listener_open(struct listener *listener, const char *path, gid_t group)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int status;

	*listener = (struct listener){.path = path, .fd = -1, .spare = -1};
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	status = listener_folder(path, group);
	if (status == 0)
		status = remove_stale(&address);
	if (status != 0)
		return status;
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (listener->fd < 0 || listener->spare < 0)
		status = -errno;
	else
		status = bind_to(listener, &address, group);
	if (status != 0)
		listener_close(listener);
	return status;
}

void
listener_close(struct listener *listener)
{
	struct stat stat;

	if (listener->inode != 0 && lstat(listener->path, &stat) == 0 &&
	    stat.st_dev == listener->device && stat.st_ino == listener->inode)
		unlink(listener->path);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->spare >= 0)
		close(listener->spare);
	*listener = (struct listener){.fd = -1, .spare = -1};
}

/*
 * There is no free descriptor: close the spare one, accept a client with it, and tell the
 * client.
 */
static void
refuse_one(struct listener *listener)
{
	static const char text[] =
		"{\"error\":\"sluice has no file descriptors left: raise ulimit -n\"}\n";
	int fd;

	if (listener->spare >= 0)
		close(listener->spare);
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
	}
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int
listener_accept(struct listener *listener, uint64_t now_ms)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int status = -errno;

	if (fd >= 0)
		return fd;
	if (status == -EINTR || status == -ECONNABORTED || status == -EWOULDBLOCK)
		return -EAGAIN;
	if (status == -EMFILE || status == -ENFILE)
		refuse_one(listener);
	/* pause, since poll() would return at once as long as the client waits */
	listener->pause_ms = now_ms + LISTENER_PAUSE_MS;
	return status;
}

bool
listener_is_ready(const struct listener *listener, uint64_t now_ms)
{
	return now_ms >= listener->pause_ms;
}

bool
listener_is_privileged(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

bool
listener_is_open_to_group(const struct listener *listener)
{
	char folder[PATH_BYTES];
	struct stat of_folder, of_file;

	if (!folder_of(listener->path, folder) || stat(folder, &of_folder) != 0 ||
	    lstat(listener->path, &of_file) != 0)
		return true;
	return (of_folder.st_mode & S_IXOTH) != 0 ||
	       ((of_folder.st_mode & S_IXGRP) != 0 && of_folder.st_gid == of_file.st_gid);
}

const char *
listener_error(int status)
{
	if (status == -EADDRINUSE)
		return "another process listens there, perhaps another sluice: stop it, "
		       "or configure another path";
	if (status == -EEXIST)
		return "a file there is not a socket: remove it, or configure another "
		       "path";
	return strerror(-status);
}
