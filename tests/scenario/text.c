/* SPDX-License-Identifier: BSD-3-Clause */
/* Read words and numbers from a line. */
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __attribute__((format(printf, 2, 3)))
text_bad(struct parser *p, const char *format, ...)
{
	char what[400];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(p->error->text, sizeof(p->error->text), "%s:%u: %s", p->s->file, p->line,
		 what);
	return -EINVAL;
}

void
text_skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

bool
text_at_end(struct parser *p)
{
	text_skip_blanks(p);
	return *p->at == '\0';
}

bool
text_word(struct parser *p, char *text, size_t size)
{
	size_t n = 0;

	text_skip_blanks(p);
	while (*p->at != '\0' && *p->at != ' ' && *p->at != '\t' && n + 1 < size)
		text[n++] = *p->at++;
	text[n] = '\0';
	return n != 0;
}

bool
text_take(struct parser *p, const char *expected)
{
	size_t n = strlen(expected);

	text_skip_blanks(p);
	if (strncmp(p->at, expected, n) != 0 ||
	    (p->at[n] != '\0' && strchr(" \t,>}(", p->at[n]) == NULL))
		return false;
	p->at += n;
	return true;
}

bool
text_take_char(struct parser *p, char c)
{
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

bool
text_number(struct parser *p, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*p->at))
		return false;
	errno = 0;
	*value = strtoull(p->at, &end, 0);
	if (end[0] == '^' && *value == 2 && isdigit((unsigned char)end[1])) {
		unsigned long shift = strtoul(end + 1, &end, 10);

		*value = shift < 64 ? 1ull << shift : UINT64_MAX;
	}
	if (errno != 0 || *value > max)
		return false;
	p->at = end;
	return true;
}

bool
text_value(struct parser *p, uint64_t max, uint64_t *v)
{
	text_skip_blanks(p);
	return text_number(p, max, v) &&
	       (isspace((unsigned char)*p->at) || *p->at == '\0' ||
		strchr(",>}", *p->at) != NULL);
}

bool
text_sequence(struct parser *p, uint32_t isn, uint32_t *seq)
{
	uint64_t n;
	bool minus;

	text_skip_blanks(p);
	*seq = text_take_char(p, '=') ? 0 : isn;
	minus = text_take_char(p, '-');
	for (;;) {
		if (!text_number(p, UINT32_MAX, &n))
			return false;
		*seq += minus ? 0u - (uint32_t)n : (uint32_t)n;
		if (*p->at != '+' && *p->at != '-')
			return true;
		minus = *p->at++ == '-';
	}
}

bool
text_duration(struct parser *p, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{"us", 1000},          {"ms", 1000000},         {"s", 1000000000ull},
		{"m", 60000000000ull}, {"h", 3600000000000ull}, {"d", 86400000000000ull},
	};
	uint64_t whole = 0, part = 0, scale = 1;
	uint64_t unit_ns = 1000000000ull;
	size_t i;

	if (!isdigit((unsigned char)*p->at))
		return false;
	while (isdigit((unsigned char)*p->at))
		whole = whole * 10 + (uint64_t)(*p->at++ - '0');
	if (text_take_char(p, '.')) {
		while (isdigit((unsigned char)*p->at) && scale < 1000000000u) {
			part = part * 10 + (uint64_t)(*p->at++ - '0');
			scale *= 10;
		}
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (isalpha((unsigned char)*p->at) && text_take(p, units[i].unit)) {
			unit_ns = units[i].ns;
			break;
		}
	}
	*ns = whole * unit_ns + part * unit_ns / scale;
	return *ns % 1000 == 0 && (*p->at == '\0' || isspace((unsigned char)*p->at));
}

bool
text_hex(struct parser *p, uint8_t *bytes, size_t room, size_t *len)
{
	*len = 0;
	while (isxdigit((unsigned char)p->at[0]) && isxdigit((unsigned char)p->at[1])) {
		const char pair[3] = {p->at[0], p->at[1], '\0'};

		if (*len == room)
			return false;
		bytes[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
		p->at += 2;
		text_skip_blanks(p);
	}
	return *len != 0;
}

bool
text_mac(struct parser *p, uint8_t mac[6])
{
	unsigned i;

	text_skip_blanks(p);
	for (i = 0; i < 6; i++) {
		const char *at = p->at + 3 * i;
		unsigned byte;

		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
		    (i < 5 && at[2] != ':') || sscanf(at, "%2x", &byte) != 1)
			return false;
		mac[i] = (uint8_t)byte;
	}
	p->at += 17;
	return true;
}

bool
text_direction(struct parser *p, uint8_t *from)
{
	if (text_take(p, ">"))
		*from = 0;
	else if (text_take(p, "<"))
		*from = 1;
	else
		return false;
	return true;
}

bool
text_length(struct parser *p, uint32_t *len)
{
	uint64_t n;

	*len = 0;
	if (!text_take_char(p, '('))
		return true;
	if (!text_number(p, FRAME_MAX - 120, &n) || !text_take_char(p, ')'))
		return false;
	*len = (uint32_t)n;
	return true;
}
