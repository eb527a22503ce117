/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Split a text in nft's language into statements, at line feeds and semicolons outside of
 * braces and quotes. The text in the braces of a `table` or `chain` can be split
 * likewise.
 */
#ifndef RULES_SCAN_H
#define RULES_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct scan {
	const char *at;  /* position in the text */
	const char *end; /* end of the text to read; NULL: its terminating 0 */
	unsigned line;   /* line number of `at`, from 1 */
};

struct statement {
	const char *text; /* not terminated */
	size_t length;
	unsigned line;
	const char *body; /* text after its first brace; NULL: it has no brace */
	size_t body_length;
	unsigned body_line;
};

/* Read the next non-empty statement. Returns false at the end. */
bool scan_next(struct scan *scan, struct statement *statement);

/*
 * Copy the n-th word of a statement, from 0, without quotes; "": there are fewer words.
 */
#define SCAN_WORD_BYTES 256u
void statement_word(const struct statement *statement, unsigned n,
		    char word[SCAN_WORD_BYTES]);

/* Return the length of a comment or quoted text, in which words have no meaning; or 0. */
size_t opaque_length(const char *text);
/* Return the length of the word that begins here; 0: none does. */
size_t word_length(const char *text);
/*
 * Return the length of a word and the blanks after it if the text starts with the word;
 * otherwise 0.
 */
size_t word_skip(const char *text, const char *word);

#endif
