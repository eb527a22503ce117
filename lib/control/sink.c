/* SPDX-License-Identifier: BSD-3-Clause */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "record.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define CLOSE_NS 300000000
/* syslog priority of dropped packets and of connections: info */
#define PRIORITY_INFO 6u

struct sink {
	struct fanout_reader reader;
	const struct control_config *config;
	char *log; /* path, or one of SINK_* */
	/* descriptor of the file or of the journal's socket; -1: standard output */
	int fd;
	bool is_file;
	/* The members below are for a file. */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	char *bytes; /* buffer of SINK_BYTES; the first `length` are to be written */
	size_t length;
	char *writing; /* buffer of the same size, from which the thread writes */
	bool stopped;
	atomic_bool reopen;
	bool failed; /* the last write failed; set so that the error is reported once */
};

static struct sink *
sink_of(struct fanout_reader *reader)
{
	return (struct sink *)(void *)((char *)reader - offsetof(struct sink, reader));
}

/* Append a line to the thread's buffer. Returns false when there is no room. */
static bool
file_put(struct sink *sink, const char *line, size_t length)
{
	bool fits;

	pthread_mutex_lock(&sink->lock);
	fits = length < SINK_BYTES - sink->length;
	if (fits) {
		memcpy(sink->bytes + sink->length, line, length);
		sink->length += length;
		sink->bytes[sink->length++] = '\n';
		pthread_cond_signal(&sink->filled);
	}
	pthread_mutex_unlock(&sink->lock);
	return fits;
}

/* Send one entry in the journal's own protocol: one field on each line. */
static bool
journal_put(struct sink *sink, unsigned priority, const char *line)
{
	char fields[128];
	struct iovec parts[3] = {
		{fields,
		 (size_t)snprintf(fields, sizeof(fields),
				  "SYSLOG_IDENTIFIER=sluice\nPRIORITY=%u\nMESSAGE=",
				  priority)},
		{(void *)(uintptr_t)line, strlen(line)},
		{(void *)(uintptr_t) "\n", 1},
	};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};

	return sendmsg(sink->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static bool
line_put(struct sink *sink, unsigned priority, const char *line)
{
	if (sink->is_file)
		return file_put(sink, line, strlen(line));
	if (sink->fd >= 0)
		return journal_put(sink, priority, line);
	return puts(line) >= 0;
}

/* Implements fanout_reader.put. */
static bool
sink_put(struct fanout_reader *reader, const struct fanout_item *item, uint64_t lost)
{
	struct sink *sink = sink_of(reader);
	const struct control_config *config = sink->config;
	const struct record_names names = record_names(config);
	unsigned priority = PRIORITY_INFO;
	json_t *json;
	char *line;
	bool taken;

	/* of a connection, only its end is logged, which has its counters */
	if (item != NULL && item->event != NULL &&
	    item->event->kind != CONN_EVENT_DESTROY)
		return true;
	if (item == NULL)
		json = json_pack("{sI}", "lost", (json_int_t)lost);
	else if (item->event != NULL)
		json = event_json(config, item->event);
	else
		json = record_json(item->record, item->worker, &names, false);
	/* the level of a `log` is the priority of its message, as in the kernel */
	if (item != NULL && item->record != NULL && item->record->kind == RECORD_LOG &&
	    item->record->log.level <= 7)
		priority = item->record->log.level;
	line = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	json_decref(json);
	taken = line != NULL && line_put(sink, priority, line);
	free(line);
	return taken;
}

/* Open the file. Does not wait for the reader of a FIFO. */
static int
file_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);

	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

/* Report an error of the file, once until a write succeeds again. */
static void
file_failed(struct sink *sink, const char *what)
{
	char text[512];

	if (!sink->failed && sink->config->warn != NULL) {
		snprintf(text, sizeof(text),
			 "record_log: %.300s: cannot %s: %s: records "
			 "are lost until it can",
			 sink->log, what, strerror(errno));
		sink->config->warn(text);
	}
	sink->failed = true;
}

static void
file_reopen(struct sink *sink)
{
	int fd = file_open(sink->log);

	if (fd < 0) {
		file_failed(sink, "open");
		return;
	}
	close(sink->fd);
	sink->fd = fd;
}

static void
file_write(struct sink *sink, size_t length)
{
	size_t written = 0;
	ssize_t n;

	while (written < length) {
		n = write(sink->fd, sink->writing + written, length - written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			file_failed(sink, "write");
			return;
		}
		written += (size_t)n;
	}
	sink->failed = false;
}

/*
 * Wait for lines, and take all of them. Returns their length; 0: the thread has to end.
 */
static size_t
file_take(struct sink *sink)
{
	char *bytes;
	size_t length;

	pthread_mutex_lock(&sink->lock);
	while (sink->length == 0 && !sink->stopped)
		pthread_cond_wait(&sink->filled, &sink->lock);
	bytes = sink->bytes;
	sink->bytes = sink->writing;
	sink->writing = bytes;
	length = sink->length;
	sink->length = 0;
	pthread_mutex_unlock(&sink->lock);
	return length;
}

static void *
file_thread(void *context)
{
	struct sink *sink = context;
	size_t length;

	while ((length = file_take(sink)) > 0) {
		if (atomic_exchange(&sink->reopen, false))
			file_reopen(sink);
		file_write(sink, length);
	}
	return NULL;
}

static int
journal_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_PATH};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), status;

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	status = errno;
	close(fd);
	errno = status;
	return -1;
}

/* Make the buffers and the thread for a file. Returns 0 or -errno. */
static int
file_start(struct sink *sink)
{
	pthread_mutex_init(&sink->lock, NULL);
	pthread_cond_init(&sink->filled, NULL);
	sink->bytes = malloc(SINK_BYTES);
	sink->writing = malloc(SINK_BYTES);
	if (sink->bytes == NULL || sink->writing == NULL)
		return -ENOMEM;
	return -pthread_create(&sink->thread, NULL, file_thread, sink);
}

static void
sink_free(struct sink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	free(sink->bytes);
	free(sink->writing);
	free(sink->log);
	free(sink);
}

int
sink_open(const struct control_config *config, const char *log, unsigned streams,
	  struct sink **sink, char *message)
{
	struct sink *s = calloc(1, sizeof(*s));
	int status = -ENOMEM;

	if (s != NULL) {
		s->fd = -1;
		s->log = strdup(log);
	}
	if (s != NULL && s->log != NULL) {
		s->is_file = strcmp(log, SINK_STDOUT) != 0 &&
			     strcmp(log, SINK_JOURNAL) != 0;
		if (s->is_file)
			s->fd = file_open(log);
		else if (strcmp(log, SINK_JOURNAL) == 0)
			s->fd = journal_open();
		status = s->fd < 0 && strcmp(log, SINK_STDOUT) != 0 ? -errno : 0;
	}
	if (status == 0 && s->is_file)
		status = file_start(s);
	if (status != 0) {
		snprintf(message, CONTROL_MESSAGE_BYTES,
			 "record_log: %.300s: %s; a file that can be written, stdout or "
			 "journal expected",
			 log, strerror(-status));
		if (s != NULL)
			sink_free(s);
		return status;
	}
	s->config = config;
	s->reader.streams = CONTROL_STREAM_LOGS | streams;
	s->reader.put = sink_put;
	filter_init(&s->reader.filter);
	*sink = s;
	return 0;
}

struct fanout_reader *
sink_reader(struct sink *sink)
{
	return &sink->reader;
}

void
sink_reopen(struct sink *sink)
{
	atomic_store(&sink->reopen, true);
}

void
sink_close(struct sink *sink)
{
	struct timespec until;

	if (sink == NULL)
		return;
	fanout_leave(&sink->reader);
	if (sink->is_file) {
		pthread_mutex_lock(&sink->lock);
		sink->stopped = true;
		pthread_cond_signal(&sink->filled);
		pthread_mutex_unlock(&sink->lock);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += CLOSE_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		/* the disk does not answer: do not free what the thread still uses */
		if (pthread_clockjoin_np(sink->thread, NULL, CLOCK_MONOTONIC, &until) !=
		    0)
			return;
	}
	sink_free(sink);
}
