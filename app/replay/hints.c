/* SPDX-License-Identifier: BSD-3-Clause */
#include "hints.h"

#include <stdarg.h>
#include <stdio.h>

void
hints_add(struct hints *h, const char *format, ...)
{
	va_list args;

	if (h->count == HINTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(h->text[h->count++], HINTS_TEXT, format, args);
	va_end(args);
}
