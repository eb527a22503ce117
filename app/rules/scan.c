/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan.h"

#include <ctype.h>
#include <string.h>

/* What nft's scanner lets names have. */
static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("_-./", c) != NULL);
}

size_t
word_length(const char *text)
{
	size_t length = 0;

	while (is_word(text[length]))
		length++;
	return length;
}

size_t
word_skip(const char *text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(text, word, length) != 0 || is_word(text[length]))
		return 0;
	return length + strspn(text + length, " \t");
}

size_t
opaque_length(const char *text)
{
	size_t length;

	if (text[0] == '#')
		return strcspn(text, "\n");
	if (text[0] != '"')
		return 0;
	length = 1 + strcspn(text + 1, "\"\n");
	return text[length] == '"' ? length + 1 : length;
}

static bool
at_end(const struct scan *scan)
{
	return scan->at[0] == '\0' || (scan->end != NULL && scan->at >= scan->end);
}

static void
step(struct scan *scan)
{
	scan->line += scan->at[0] == '\n';
	scan->at++;
}

/* Skip a quoted text or a comment if one begins here; return whether it did. */
static bool
opaque_skip(struct scan *scan)
{
	size_t length = opaque_length(scan->at), i;

	for (i = 0; i < length && !at_end(scan); i++)
		step(scan);
	return length > 0;
}

/* Skip what separates statements: blanks, separators and comments. */
static void
blanks_skip(struct scan *scan)
{
	while (!at_end(scan)) {
		if (scan->at[0] == '#')
			opaque_skip(scan);
		else if (strchr(" \t\r\n;", scan->at[0]) != NULL)
			step(scan);
		else
			return;
	}
}

/* Skip a block in braces if one begins here; return whether it did. */
static bool
braces_skip(struct scan *scan, struct statement *s)
{
	unsigned depth = 0;
	bool first = s->body == NULL;

	if (scan->at[0] != '{')
		return false;
	if (first) {
		s->body = scan->at + 1;
		s->body_line = scan->line;
	}
	do {
		if (opaque_skip(scan))
			continue;
		depth += scan->at[0] == '{';
		depth -= scan->at[0] == '}';
		if (depth == 0 && first)
			s->body_length = (size_t)(scan->at - s->body);
		step(scan);
	} while (!at_end(scan) && depth > 0);
	if (depth > 0 && first)
		s->body_length = (size_t)(scan->at - s->body);
	return true;
}

bool
scan_next(struct scan *scan, struct statement *s)
{
	memset(s, 0, sizeof(*s));
	blanks_skip(scan);
	if (at_end(scan))
		return false;
	s->text = scan->at;
	s->line = scan->line;
	while (!at_end(scan) && strchr("\n;", scan->at[0]) == NULL) {
		if (scan->at[0] == '#')
			break;
		if (scan->at[0] == '\\' && scan->at[1] == '\n')
			step(scan); /* the statement continues on the next line */
		else if (braces_skip(scan, s) || opaque_skip(scan))
			continue;
		step(scan);
	}
	s->length = (size_t)(scan->at - s->text);
	return true;
}

void
statement_word(const struct statement *s, unsigned n, char word[SCAN_WORD_BYTES])
{
	const char *at = s->text, *end = s->text + s->length, *begin;
	size_t length;

	word[0] = '\0';
	do {
		while (at < end && strchr(" \t\\\n", *at) != NULL)
			at++;
		begin = at;
		if (at < end && *at == '"') {
			begin = ++at;
			while (at < end && *at != '"')
				at++;
		} else {
			while (at < end && strchr(" \t\\\n{\"", *at) == NULL)
				at++;
		}
		length = (size_t)(at - begin);
		if (at < end && strchr("\"{", *at) != NULL)
			at++;
	} while (n-- > 0 && at < end);
	if (n != (unsigned)-1 || length >= SCAN_WORD_BYTES)
		return;
	memcpy(word, begin, length);
	word[length] = '\0';
}
