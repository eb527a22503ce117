/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct link {
	FILE *in;
	char *line;
	size_t room;
	int fd;
};

static const char *
open_text(int status)
{
	switch (-status) {
	case ENOENT:
		return "is not there: is sluice running? (-s names another socket)";
	case ECONNREFUSED:
		return "stale socket: no sluice is listening; start sluice";
	case EACCES:
		return "permission denied: run as root, or as a member of the socket's "
		       "group";
	case EAGAIN:
		return "sluice does not answer (--timeout says how long to wait)";
	default:
		return strerror(-status);
	}
}

/* On a socket of the UNIX domain this bounds connect(), too. */
static void
set_timeout(int fd, unsigned seconds)
{
	const struct timeval time = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
}

static int
connect_to(const char *path, unsigned seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, status;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_timeout(fd, seconds);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	status = -errno;
	close(fd);
	return status;
}

int
link_open(const char *path, unsigned seconds, struct link **link)
{
	struct link *l = calloc(1, sizeof(*l));
	int fd = l != NULL ? connect_to(path, seconds) : -ENOMEM;

	if (fd < 0) {
		fprintf(stderr, "sluicectl: %s: %s\n", path, open_text(fd));
		free(l);
		return fd;
	}
	l->fd = fd;
	l->in = fdopen(fd, "r");
	if (l->in == NULL) {
		close(fd);
		free(l);
		return -ENOMEM;
	}
	*link = l;
	return 0;
}

void
link_close(struct link *link)
{
	fclose(link->in);
	free(link->line);
	free(link);
}

void
link_timeout(struct link *link, unsigned seconds)
{
	set_timeout(link->fd, seconds);
}

int
link_send(struct link *link, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t length, sent = 0;
	ssize_t n = 0;

	if (text == NULL)
		return -ENOMEM;
	length = strlen(text);
	text[length++] = '\n'; /* in place of the 0 */
	while (sent < length && n >= 0) {
		n = send(link->fd, text + sent, length - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	free(text);
	return n < 0 ? -errno : 0;
}

json_t *
link_receive(struct link *link)
{
	ssize_t length;

	errno = 0;
	length = getline(&link->line, &link->room, link->in);
	if (length <= 0) {
		if (errno != EAGAIN)
			errno = 0;
		return NULL;
	}
	errno = 0;
	return json_loadb(link->line, (size_t)length, 0, NULL);
}
