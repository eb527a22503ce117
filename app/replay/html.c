/* SPDX-License-Identifier: BSD-3-Clause */
#include "html.h"

#include <string.h>

#include <base/escape.h>

void
html_text(FILE *file, const char *text)
{
	size_t length = strlen(text), wrote, taken;
	char piece[ESCAPE_BYTES];

	while (length > 0) {
		taken = escape_next(text, length, piece, &wrote);
		if (taken == 0) { /* the text ends in the middle of a UTF-8 character */
			escape_byte(text[0], piece);
			taken = 1;
			wrote = 4;
		}
		if (wrote == 1 && piece[0] == '&')
			fputs("&amp;", file);
		else if (wrote == 1 && piece[0] == '<')
			fputs("&lt;", file);
		else if (wrote == 1 && piece[0] == '>')
			fputs("&gt;", file);
		else if (wrote == 1 && piece[0] == '"')
			fputs("&quot;", file);
		else
			fwrite(piece, 1, wrote, file);
		text += taken;
		length -= taken;
	}
}
