/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The standard streams of a program. Standard error, and where it is text standard
 * output, go through base/escape.h, so that what a message quotes cannot reach a terminal
 * as it is. One that is closed is opened in a way that its use fails: a file that is
 * opened later does not get its number, and output that is lost is an error.
 *
 *	main()
 *		streams_begin();
 *		streams_text();
 *		...
 *		return streams_end("sluicectl", status, EXIT_USAGE);
 */
#ifndef COMMON_STREAMS_H
#define COMMON_STREAMS_H

#include <stddef.h>

/* First of all, before a file is opened and a byte is written. Standard error escapes. */
void streams_begin(void);

/* Standard output is for people, and escapes too; before it is written to. */
void streams_text(void);

/*
 * Write what standard output still holds. Returns status; or, when output has been lost
 * and status is 0, lost, and standard error says so.
 */
int streams_end(const char *program, int status, int lost);

/*
 * Where escaped bytes go from now on: descriptor 1 or 2. The function returns 0 or
 * -errno. NULL: they are written at once, as at the beginning.
 */
void streams_sink(int (*sink)(int fd, const char *bytes, size_t length));

/* Write all, waiting for room. Returns 0 or -errno. */
int streams_write(int fd, const char *bytes, size_t length);

#endif
