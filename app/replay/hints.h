/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hints: what the reader of the results must know about the capture. One line each with
 * the remedy, at the top of a report or on standard error.
 */
#ifndef REPLAY_HINTS_H
#define REPLAY_HINTS_H

#define HINTS_MAX 64u
#define HINTS_TEXT 512u

struct hints {
	char text[HINTS_MAX][HINTS_TEXT];
	unsigned count;
};

/* Add a line; ignored when there are HINTS_MAX lines already. */
void hints_add(struct hints *h, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
