/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void
text_append(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	if (t->length >= t->size)
		return;
	va_start(args, format);
	n = vsnprintf(t->bytes + t->length, t->size - t->length, format, args);
	va_end(args);
	if (n > 0)
		t->length += (size_t)n;
}

const char *
text_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "?";
}

long long
text_number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}
