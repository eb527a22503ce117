/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes text from other sources (rules, captures, configuration files, the peer of a
 * socket) safe to print: a terminal executes control sequences, and JSON allows valid
 * UTF-8 only.
 *
 * Printable ASCII and printable characters of valid UTF-8 are kept. Every other byte is
 * printed as \xNN: control characters (C0, DEL, C1), bytes that are not UTF-8, and
 * characters that change the direction of the text or are invisible. Line feeds and tabs
 * are kept, since messages may have several lines.
 *
 * Any thread; no state.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

#define ESCAPE_BYTES 16u /* largest number of bytes for one character */

/*
 * Escape the first character of a text. Writes *wrote bytes to out, without a terminating
 * 0. Returns the number of bytes of the text that they stand for; 0: the text is empty or
 * ends within a UTF-8 character.
 */
size_t escape_next(const char *text, size_t length, char out[ESCAPE_BYTES],
		   size_t *wrote);

/* Write one byte as \xNN, which takes 4 bytes. */
void escape_byte(char byte, char *out);

/*
 * Escape a whole text, and cut it when it does not fit. out is terminated by 0; size is
 * at least 1. Returns the length of out.
 */
size_t escape_text(char *out, size_t size, const char *text, size_t length);

#endif
