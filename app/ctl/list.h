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

/* Print what was kept. */
void list_end(struct list *list);

#endif
