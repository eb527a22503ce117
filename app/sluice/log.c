/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "streams.h"

#define PIECES 512u
#define PIECE_BYTES 500u
#define STOP_MS 300u

struct piece {
	int fd;
	uint32_t length;
	char bytes[PIECE_BYTES];
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct piece pieces[PIECES];
	unsigned first;
	unsigned count;
	uint64_t lost;         /* bytes lost since the last message about lost bytes */
	atomic_uint unwritten; /* number of pieces in the queue, or being written */
};

static struct queue queues[2] = {
	{.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
	{.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER},
};
static bool one_queue; /* standard output and standard error share a queue */
static atomic_bool stopped;

/* Append as many pieces as the bytes need; return false if there is not enough room. */
static bool
queue_append(struct queue *q, int fd, const char *bytes, size_t length)
{
	struct piece *piece;
	uint32_t n;

	if ((length + PIECE_BYTES - 1) / PIECE_BYTES > PIECES - q->count)
		return false;
	for (; length > 0; bytes += n, length -= n) {
		n = length < PIECE_BYTES ? (uint32_t)length : PIECE_BYTES;
		piece = &q->pieces[(q->first + q->count++) % PIECES];
		piece->fd = fd;
		piece->length = n;
		memcpy(piece->bytes, bytes, n);
		atomic_fetch_add(&q->unwritten, 1);
	}
	return true;
}

/* Queue a message about the number of lost bytes, if there is room for it. */
static bool
queue_note_lost(struct queue *q, int fd)
{
	char text[128];
	int length;

	if (q->lost == 0)
		return true;
	length = snprintf(text, sizeof(text),
			  "sluice: %llu bytes of output were dropped here: their reader "
			  "did not read\n",
			  (unsigned long long)q->lost);
	if (!queue_append(q, fd, text, (size_t)length))
		return false;
	q->lost = 0;
	return true;
}

static int
log_put(int fd, const char *bytes, size_t length)
{
	struct queue *q = &queues[one_queue ? 0 : fd - 1];

	pthread_mutex_lock(&q->lock);
	if (!queue_note_lost(q, fd) || !queue_append(q, fd, bytes, length))
		q->lost += length;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
	return 0;
}

static void
queue_take(struct queue *q, struct piece *piece)
{
	pthread_mutex_lock(&q->lock);
	while (q->count == 0)
		pthread_cond_wait(&q->filled, &q->lock);
	*piece = q->pieces[q->first];
	q->first = (q->first + 1) % PIECES;
	q->count--;
	pthread_mutex_unlock(&q->lock);
}

/*
 * Thread that writes the pieces of a queue until the program ends. Errors of a stream
 * cannot be reported anywhere.
 */
static void *
log_thread(void *context)
{
	struct queue *q = context;
	struct piece piece;

	for (;;) {
		queue_take(q, &piece);
		streams_write(piece.fd, piece.bytes, piece.length);
		atomic_fetch_sub(&q->unwritten, 1);
	}
	return NULL;
}

/* Wait until everything is written, at most STOP_MS. Safe in a signal handler. */
static void
log_drain(void)
{
	unsigned i;

	for (i = 0; i < STOP_MS; i++) {
		if (atomic_load(&queues[0].unwritten) == 0 &&
		    atomic_load(&queues[1].unwritten) == 0)
			return;
		poll(NULL, 0, 1);
	}
}

/* Before the process dies, write out the messages of rte_panic() and assert(). */
static void
abort_handle(int number)
{
	log_drain();
	signal(number, SIG_DFL);
}

static bool
is_same_file(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void
log_start(void)
{
	pthread_t threads[2];
	unsigned i, n;

	fflush(stdout);
	one_queue = is_same_file(STDOUT_FILENO, STDERR_FILENO);
	n = one_queue ? 1 : 2;
	for (i = 0; i < n; i++) {
		if (pthread_create(&threads[i], NULL, log_thread, &queues[i]) == 0)
			pthread_detach(threads[i]);
		else if (i == 0)
			return;
		else
			one_queue = true;
	}
	streams_sink(log_put);
	signal(SIGABRT, abort_handle);
	atexit(log_stop); /* in case the EAL or a driver calls exit() */
}

void
log_stop(void)
{
	fflush(stdout);
	if (!atomic_exchange(&stopped, true))
		log_drain();
}
