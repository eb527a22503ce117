/* SPDX-License-Identifier: BSD-3-Clause */
#include <base/escape.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Characters beyond ASCII that are invisible, or change how the text around them is
 * shown.
 */
static const struct {
	uint32_t first;
	uint32_t last;
} hidden[] = {
	{0x80, 0x9f},     /* C1 controls: a terminal reads 0x9b as ESC [ */
	{0xad, 0xad},     /* soft hyphen */
	{0x61c, 0x61c},   /* Arabic letter mark */
	{0x180e, 0x180e}, /* Mongolian vowel separator, no width */
	{0x200b, 0x200f}, /* characters without width, and marks of direction */
	{0x2028, 0x202e}, /* ends of line and paragraph, embeddings and overrides */
	{0x2060, 0x206f}, /* invisible operators, isolates */
	{0xfeff, 0xfeff}, /* byte order mark */
	{0xfff9, 0xfffb}, /* interlinear annotation */
	{0xe0000, 0xe0fff},
};

static bool
is_hidden(uint32_t point)
{
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (point >= hidden[i].first && point <= hidden[i].last)
			return true;
	return false;
}

/* Length of the UTF-8 sequence that begins with this byte (RFC 3629, 4); 0: none does. */
static size_t
sequence_length(unsigned char byte)
{
	if (byte >= 0xc2 && byte <= 0xdf)
		return 2;
	if (byte >= 0xe0 && byte <= 0xef)
		return 3;
	return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

/*
 * Whether a decoded character is valid: no overlong form, no surrogate, within Unicode.
 */
static bool
is_scalar(uint32_t point, size_t length)
{
	static const uint32_t first[] = {0, 0, 0x80, 0x800, 0x10000};

	return point >= first[length] && point <= 0x10ffff &&
	       (point < 0xd800 || point > 0xdfff);
}

/*
 * Length in bytes of the non-ASCII character at the start of a text. -1: it must not be
 * printed; 0: the text ends within it.
 */
static int
sequence_check(const unsigned char *text, size_t length)
{
	const size_t wanted = sequence_length(text[0]);
	uint32_t point;
	size_t i;

	if (wanted == 0)
		return -1;
	point = text[0] & (0x7fu >> wanted);
	for (i = 1; i < wanted && i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return -1;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (i < wanted)
		return 0;
	return is_scalar(point, wanted) && !is_hidden(point) ? (int)wanted : -1;
}

void
escape_byte(char byte, char *out)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[(unsigned char)byte >> 4];
	out[3] = digits[(unsigned char)byte & 15];
}

size_t
escape_next(const char *text, size_t length, char out[ESCAPE_BYTES], size_t *wrote)
{
	const unsigned char first = length > 0 ? (unsigned char)text[0] : 0;
	int bytes = 1;

	*wrote = 0;
	if (length == 0)
		return 0;
	if (first >= 0x80)
		bytes = sequence_check((const unsigned char *)text, length);
	else if ((first < 0x20 && first != '\n' && first != '\t') || first == 0x7f)
		bytes = -1;
	if (bytes == 0)
		return 0;
	if (bytes > 0) {
		memcpy(out, text, (size_t)bytes);
		*wrote = (size_t)bytes;
		return (size_t)bytes;
	}
	/* print one byte; the following ones are handled on their own */
	escape_byte(text[0], out);
	*wrote = 4;
	return 1;
}

size_t
escape_text(char *out, size_t size, const char *text, size_t length)
{
	char piece[ESCAPE_BYTES];
	size_t used = 0, wrote, taken;

	while (length > 0) {
		taken = escape_next(text, length, piece, &wrote);
		if (taken == 0) { /* the text ends within a character */
			escape_byte(text[0], piece);
			taken = 1;
			wrote = 4;
		}
		if (used + wrote >= size)
			break;
		memcpy(out + used, piece, wrote);
		used += wrote;
		text += taken;
		length -= taken;
	}
	out[used] = '\0';
	return used;
}
