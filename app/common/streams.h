/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The standard streams of a program. Standard error is escaped by base/escape.h, and so
 * is standard output where it is text, so that what a message quotes cannot control a
 * terminal. A standard descriptor that is closed at the start is opened so that each use
 * of it fails: otherwise the next opened file would get its number, and lost output would
 * be no error.
 *
 *	main()
 *		streams_begin();
 *		streams_text();
 *		...
 *		return streams_end(status, EXIT_OTHER);
 */
#ifndef COMMON_STREAMS_H
#define COMMON_STREAMS_H

#include <stddef.h>

/*
 * Call it first in main(), before any file is opened or byte written. Standard error is
 * escaped from then on.
 */
void streams_begin(void);

/*
 * Escape standard output too, in programs whose output is for people. Call it before
 * writing to standard output.
 */
void streams_text(void);

/*
 * Flush standard output. Returns status; when output has been lost and status is 0,
 * prints a message on standard error and returns lost.
 */
int streams_end(int status, int lost);

/*
 * Set the function that receives escaped bytes for descriptor 1 or 2; it returns 0 or
 * -errno. NULL: write the bytes at once, as at the start.
 */
void streams_sink(int (*sink)(int fd, const char *bytes, size_t length));

/* Write all bytes, waiting for room. Returns 0 or -errno. */
int streams_write(int fd, const char *bytes, size_t length);

#endif
