/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of connections in the order of a column: numbers from the largest, texts from the
 * first, equal ones in the order of arrival. With a limit, no more than twice as many
 * lines are kept.
 */
#ifndef CTL_SORT_H
#define CTL_SORT_H

#include <stdint.h>
#include <stdio.h>

#include "columns.h"

struct sort; /* opaque */

/* limit: number of lines that are printed; 0: all. Returns NULL without memory. */
struct sort *sort_new(const struct column *column, uint64_t limit);
void sort_free(struct sort *sort);

/* Add the line of a connection, which is copied. Returns 0 or -ENOMEM. */
int sort_add(struct sort *sort, const json_t *connection, const char *line);

/* Print the lines in order. Returns their number. */
uint64_t sort_print(struct sort *sort, FILE *out);

#endif
