/* SPDX-License-Identifier: BSD-3-Clause */
/* The connections of `list`: as lines, as a table or as JSON, perhaps in an order. */
#ifndef CTL_LIST_H
#define CTL_LIST_H

#include <stdbool.h>

#include "ctl.h"

struct list; /* opaque */

/* Print the head of a table. Returns NULL without memory. */
struct list *list_new(const struct options *options);
void list_free(struct list *list);

/*
 * Print an object with a connection, or keep it for the order. Returns 0; 1: no more is
 * wanted; or -ENOMEM.
 */
int list_take(struct list *list, const json_t *object);

/*
 * Print a line of sluice's answer as it is, when it is a connection and that is what is
 * wanted: -o json without order and columns. Returns false when list_take() has to do it;
 * else *status is as that of list_take().
 */
bool list_take_line(struct list *list, const char *line, size_t length, int *status);

/* Print what was kept. */
void list_end(struct list *list);

#endif
