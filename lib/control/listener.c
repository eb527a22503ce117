/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Make the folder that a path is in, if it is not there. */
static int
make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	return mkdir(folder, 0700) != 0 && errno != EEXIST ? -errno : 0;
}

/*
 * A socket that nobody listens on is what a killed process has left, and is taken away. One
 * that answers, or a file of another kind, is not ours.
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
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	status = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	close(fd);
	if (status == 0)
		return -EADDRINUSE;
	return unlink(address->sun_path) != 0 ? -errno : 0;
}

int
listener_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, status;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	status = make_folder(path);
	if (status == 0)
		status = remove_stale(&address);
	if (status != 0)
		return status;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* on the socket before it has a name: nobody else gets in between */
	fchmod(fd, 0660);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0660) != 0 || listen(fd, 8) != 0) {
		status = -errno;
		close(fd);
		return status;
	}
	return fd;
}

const char *
listener_error(int status)
{
	if (status == -EADDRINUSE)
		return "somebody listens there already, perhaps another sluice";
	if (status == -EEXIST)
		return "there is a file that is no socket";
	return strerror(-status);
}
