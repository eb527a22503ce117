/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of a program to its operator, on standard error.
 *
 *	main()
 *		streams_begin();
 *		message_begin("sluice");
 *		...
 *		return message_error(EXIT_DEVICE, "port '%s': no such device; see "
 *				     "'ip link' for the interfaces", name);
 *
 * prints "sluice: port 'lan': no such device; see 'ip link' for the interfaces". The
 * text says, in this order: where (a file, a key, a port), what is wrong, what was
 * expected, what to do. It ends without a full stop and a line feed.
 *
 * Standard output is flushed before each message, so that the two streams stay in order
 * in a log. Any thread may print once message_begin() has returned.
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <stdarg.h>

/* A place in a file. line and column count from 1; 0: not known. */
struct message_place {
	const char *file;
	unsigned line;
	unsigned column;
};

/* Set the program name that precedes each message. The string must stay valid. */
void message_begin(const char *program);

/* Return the name that message_begin() has set. */
const char *message_program(void);

/* Print "PROGRAM: text" and return status, an enum exit_code or any other number. */
int message_error(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print "PROGRAM: FILE:LINE:COLUMN: text" and return status. */
int message_error_at(int status, const struct message_place *place, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

/* Print "PROGRAM: text", the hint "Try 'PROGRAM --help'.", and return EXIT_USAGE. */
int message_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print "PROGRAM: warning: text", for a problem that does not end the program. */
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Print "PROGRAM: text" on standard error: information from programs whose standard
 * output carries data.
 */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
