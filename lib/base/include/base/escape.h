/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that others wrote (rules, captures, configuration files, the other end of a
 * socket), made safe to print: a terminal executes what stands in control characters, and
 * JSON holds valid UTF-8 only.
 *
 * Printable ASCII and printable characters of valid UTF-8 stay. Every byte of anything
 * else is printed as \xNN: control characters (C0, DEL, C1), bytes that are not UTF-8,
 * and characters that change the direction of the text or are invisible. Line feeds and
 * tabs stay: messages have several lines.
 *
 * Any thread; no state.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

#define ESCAPE_BYTES 16u /* most that one character becomes */

/*
 * The first character of a text, as it may be printed: *wrote bytes, without a 0 at their
 * end. Returns how many bytes of the text it stands for; 0: the text ends within a
 * character of UTF-8, or is empty.
 */
size_t escape_next(const char *text, size_t length, char out[ESCAPE_BYTES],
		   size_t *wrote);

/* One byte as \xNN, 4 bytes. */
void escape_byte(char byte, char *out);

/*
 * A whole text, cut where it does not fit; out ends with a 0, size is at least 1. Returns
 * the length of out.
 */
size_t escape_text(char *out, size_t size, const char *text, size_t length);

#endif
