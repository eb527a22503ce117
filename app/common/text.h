/* SPDX-License-Identifier: BSD-3-Clause */
/* Build a line of text from members of a JSON object. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stddef.h>

#include <jansson.h>

/*
 * A text that is truncated at the end of the buffer. Initialize length to 0 and bytes[0]
 * to 0.
 */
struct text {
	char *bytes;
	size_t size;
	size_t length;
};

void text_append(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Return a string member of an object; "?" if there is none. */
const char *text_string(const json_t *object, const char *key);

/* Return an integer member of an object; 0 if there is none. */
long long text_number(const json_t *object, const char *key);

#endif
