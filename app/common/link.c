/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ROOM_MIN ((size_t)64 << 10)

/* The bytes from `start` to `end` of the buffer have been received and not been read. */
struct link {
	char *buffer;
	size_t room;
	size_t start;
	size_t end;
	int fd;
};

const char *
link_open_text(int status)
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
		return "sluice does not answer in time";
	default:
		return strerror(-status);
	}
}

/* Set the timeout of the socket. On a UNIX domain socket it limits connect() too. */
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

	if (l == NULL)
		return -ENOMEM;
	l->fd = connect_to(path, seconds);
	if (l->fd < 0) {
		int status = l->fd;

		free(l);
		return status;
	}
	*link = l;
	return 0;
}

void
link_close(struct link *link)
{
	close(link->fd);
	free(link->buffer);
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
	text[length++] = '\n'; /* replaces the terminating 0 */
	while (sent < length && n >= 0) {
		n = send(link->fd, text + sent, length - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	free(text);
	return n < 0 ? -errno : 0;
}

/* Make room for further bytes. Returns false when there is no memory. */
static bool
make_room(struct link *link)
{
	size_t room = link->room > 0 ? 2 * link->room : ROOM_MIN;
	char *buffer;

	if (link->start > 0) {
		memmove(link->buffer, link->buffer + link->start,
			link->end - link->start);
		link->end -= link->start;
		link->start = 0;
	}
	if (link->end < link->room)
		return true;
	buffer = realloc(link->buffer, room);
	if (buffer == NULL)
		return false;
	link->buffer = buffer;
	link->room = room;
	return true;
}

/*
 * Receive further bytes, with flags of recv(2). Returns false at the end of the stream
 * (errno is 0 then) and on errors.
 */
static bool
receive_more(struct link *link, int flags)
{
	ssize_t n;

	if (!make_room(link))
		return false;
	n = recv(link->fd, link->buffer + link->end, link->room - link->end, flags);
	if (n == 0)
		errno = 0;
	if (n <= 0)
		return false;
	link->end += (size_t)n;
	return true;
}

const char *
link_receive_line(struct link *link, size_t *length)
{
	size_t searched = 0;
	const char *feed = NULL, *line;

	do {
		const size_t first = link->start + searched;

		searched = link->end - link->start;
		if (first < link->end)
			feed = memchr(link->buffer + first, '\n', link->end - first);
	} while (feed == NULL && receive_more(link, 0));
	if (feed == NULL) {
		if (errno != EAGAIN)
			errno = 0;
		return NULL;
	}
	line = link->buffer + link->start;
	*length = (size_t)(feed - line);
	link->start += *length + 1;
	errno = 0;
	return line;
}

json_t *
link_receive(struct link *link)
{
	size_t length;
	const char *line = link_receive_line(link, &length);
	json_t *answer;

	if (line == NULL)
		return NULL;
	answer = json_loadb(line, length, 0, NULL);
	errno = 0;
	return answer;
}

int
link_descriptor(const struct link *link)
{
	return link->fd;
}

bool
link_has_line(const struct link *link)
{
	return link->end > link->start &&
	       memchr(link->buffer + link->start, '\n', link->end - link->start) != NULL;
}

bool
link_fill(struct link *link)
{
	return receive_more(link, MSG_DONTWAIT);
}
