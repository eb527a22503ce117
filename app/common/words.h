/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit distance of words, to suggest the word that a misspelled one stands for. */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include <stddef.h>

/*
 * Return the number of letters to insert, delete, change or swap with the next one to
 * turn a into b. Letters of b after the 128th are ignored.
 */
unsigned word_distance(const char *a, const char *b);

/*
 * Return the largest distance at which a word still counts as a misspelling: about one
 * letter in three.
 */
unsigned word_distance_max(const char *word);

/* Return the most similar of `count` words; NULL if none is similar enough. */
const char *word_nearest(const char *word, const char *const *words, size_t count);

#endif
