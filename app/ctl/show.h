/* SPDX-License-Identifier: BSD-3-Clause */
/* Print answers as text for people. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* The text of an object, with all but printable ASCII escaped; to be freed. */
char *show_json_text(const json_t *object);

void show_stats(FILE *out, const json_t *stats);

/* Print the drop counters. all: include the reasons with count 0. */
void show_drops(FILE *out, const json_t *drops, bool all);

/* Print the endpoints by state, and the transitions, for each side of the wire. */
void show_states(FILE *out, const json_t *states);

void show_rules(FILE *out, const json_t *rules);

#endif
