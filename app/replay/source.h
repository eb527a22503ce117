/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a capture, from a file or a pipe, decompressed where they are gzip or
 * zstd. They are read once, in order, through a buffer that grows only as far as a single
 * source_peek() needs. So a capture of any length takes the same memory.
 *
 *	source_open(&s, "x.pcap.gz", why, sizeof(why))      "-": standard input
 *	while ((bytes = source_peek(&s, 16)) != NULL) {
 *		...
 *		source_skip(&s, 16);
 *	}
 *	if (s.error[0] != '\0')
 *		not all could be read
 *	source_close(&s)
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_MAX_PEEK (32u << 20)

struct source_decoder;

struct source {
	int fd;
	uint8_t *buffer; /* decompressed bytes; those from start to end are unread */
	size_t size;
	size_t start;
	size_t end;
	bool done;        /* the buffer contains the last bytes */
	uint64_t skipped; /* number of bytes before start in the whole stream */
	struct source_decoder *decoder; /* NULL: the input is not compressed */
	char error[256];                /* why reading ended early; "": no error */
};

/*
 * Open a file, or standard input with the name "-". Returns 0, or -errno with the reason
 * in text (no such file, a directory, empty). After success, call source_close().
 */
int source_open(struct source *s, const char *file, char *text, size_t size);

/* The same for bytes in memory, which are copied; for tests. Returns 0 or -ENOMEM. */
int source_open_memory(struct source *s, const void *bytes, size_t length);

/*
 * Return the next n bytes, n <= SOURCE_MAX_PEEK, valid until the next call. NULL: fewer
 * are left, namely s->end - s->start; s->error says why, or is "" at the end.
 */
const uint8_t *source_peek(struct source *s, size_t n);

/* Skip n bytes, which must have been peeked. */
void source_skip(struct source *s, size_t n);

/* Return "gzip", "zstd", or NULL without compression. */
const char *source_compression(const struct source *s);

void source_close(struct source *s);

#endif
