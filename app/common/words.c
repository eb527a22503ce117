/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <string.h>

#define WORD_MAX 128

static unsigned
smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance. Only three rows of the matrix are kept. */
unsigned
word_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1], *old = rows[0], *above = rows[1], *row = rows[2];
	size_t i, j, n = strnlen(b, WORD_MAX);
	unsigned *free_row;

	for (j = 0; j <= n; j++)
		old[j] = above[j] = (unsigned)j;
	for (i = 0; a[i] != '\0'; i++) {
		row[0] = (unsigned)i + 1;
		for (j = 1; j <= n; j++) {
			row[j] = above[j - 1] + (a[i] != b[j - 1]);
			row[j] = smaller(row[j], above[j] + 1);
			row[j] = smaller(row[j], row[j - 1] + 1);
			if (i > 0 && j > 1 && a[i] == b[j - 2] && a[i - 1] == b[j - 1])
				row[j] = smaller(row[j], old[j - 2] + 1);
		}
		free_row = old;
		old = above;
		above = row;
		row = free_row;
	}
	return above[n];
}

unsigned
word_distance_max(const char *word)
{
	return (unsigned)(strlen(word) + 1) / 3;
}

const char *
word_nearest(const char *word, const char *const *words, size_t count)
{
	unsigned best = word_distance_max(word) + 1, distance;
	const char *nearest = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		distance = word_distance(word, words[i]);
		if (distance >= best)
			continue;
		best = distance;
		nearest = words[i];
	}
	return nearest;
}
