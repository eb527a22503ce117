/* SPDX-License-Identifier: BSD-3-Clause */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <base/escape.h>

#include "journal.h"
#include "message.h"

#define PIECE_BYTES 4096u

/* A stream that escapes its output. The lock of its FILE protects it. */
struct escaped {
	int fd;
	char held[ESCAPE_BYTES]; /* first bytes of an incomplete UTF-8 character */
	size_t held_length;
};

static struct escaped out = {.fd = STDOUT_FILENO};
static struct escaped err = {.fd = STDERR_FILENO};
static bool out_is_journal;
static int (*_Atomic sink)(int fd, const char *bytes, size_t length) = streams_write;

int
streams_write(int fd, const char *bytes, size_t length)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	while (length > 0) {
		n = write(fd, bytes, length);
		if (n < 0 && errno == EAGAIN)
			poll(&room, 1, -1);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

void
streams_sink(int (*wanted)(int fd, const char *bytes, size_t length))
{
	atomic_store(&sink, wanted != NULL ? wanted : streams_write);
}

static int
escaped_put(int fd, const char *bytes, size_t length)
{
	int (*put)(int fd, const char *bytes, size_t length) = atomic_load(&sink);

	return put(fd, bytes, length);
}

/* Write the priority of a line on standard output; return its length in bytes. */
static size_t
level_put(int fd, const char *text, size_t length, char *piece)
{
	static const char warning[] = "warning: ";

	if (fd != STDOUT_FILENO || !out_is_journal || length < sizeof(warning) - 1 ||
	    memcmp(text, warning, sizeof(warning) - 1) != 0)
		return 0;
	memcpy(piece, JOURNAL_WARNING, sizeof(JOURNAL_WARNING) - 1);
	return sizeof(JOURNAL_WARNING) - 1;
}

/* The length of the printable ASCII and line feeds at the beginning, which stay. */
static size_t
plain_length(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && ((text[n] >= ' ' && text[n] <= '~') || text[n] == '\n'))
		n++;
	return n;
}

/* Escape and write all complete characters; *taken is their length in bytes. */
static int
escaped_text(int fd, const char *text, size_t length, size_t *taken)
{
	char piece[PIECE_BYTES];
	size_t used = level_put(fd, text, length, piece), wrote, n, room;
	int status = 0;

	*taken = 0;
	while (status == 0 && *taken < length) {
		room = sizeof(piece) - used;
		n = wrote = plain_length(text + *taken,
					 room < length - *taken ? room : length - *taken);
		memcpy(piece + used, text + *taken, n);
		if (n == 0)
			n = escape_next(text + *taken, length - *taken, piece + used,
					&wrote);
		if (n == 0) /* the text ends within a character */
			break;
		*taken += n;
		used += wrote;
		if (used > sizeof(piece) - ESCAPE_BYTES) {
			status = escaped_put(fd, piece, used);
			used = 0;
		}
	}
	return status != 0 || used == 0 ? status : escaped_put(fd, piece, used);
}

/* Complete the held character; return how many bytes of the text this took. */
static size_t
held_complete(struct escaped *stream, const char *text, size_t length, int *status)
{
	size_t added = 0, taken = 0;

	while (stream->held_length > 0 && added < length && *status == 0) {
		stream->held[stream->held_length++] = text[added++];
		*status = escaped_text(stream->fd, stream->held, stream->held_length,
				       &taken);
		stream->held_length -= taken;
		memmove(stream->held, stream->held + taken, stream->held_length);
	}
	return added;
}

static ssize_t
escaped_write(void *cookie, const char *text, size_t length)
{
	struct escaped *stream = cookie;
	int status = 0;
	size_t begin = held_complete(stream, text, length, &status), taken = 0;

	if (status == 0 && begin < length) {
		status = escaped_text(stream->fd, text + begin, length - begin, &taken);
		stream->held_length = length - begin - taken;
		if (status == 0)
			memcpy(stream->held, text + begin + taken, stream->held_length);
		else
			stream->held_length = 0;
	}
	if (status == 0)
		return (ssize_t)length;
	errno = -status;
	return 0;
}

/*
 * Replace a standard stream with an escaping one; keep it unchanged when memory is out.
 */
static void
escaped_open(struct escaped *stream, FILE **standard, int mode)
{
	const cookie_io_functions_t io = {.write = escaped_write};
	FILE *file = fopencookie(stream, "w", io);

	if (file == NULL)
		return;
	setvbuf(file, NULL, mode, BUFSIZ);
	*standard = file;
}

void
streams_begin(void)
{
	int fd;

	/* open() returns the lowest free number, which is fd */
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	escaped_open(&err, &stderr, _IONBF);
}

void
streams_text(void)
{
	out_is_journal = journal_reads(STDOUT_FILENO);
	escaped_open(&out, &stdout, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
}

int
streams_end(int status, int lost)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	message_error(lost, "standard output cannot be written%s%s: output is lost",
		      errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	return status != 0 ? status : lost;
}
