/* SPDX-License-Identifier: BSD-3-Clause */
/* What answers look like for people. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

void show_stats(FILE *out, const json_t *stats);

/* all: those that are 0 as well. */
void show_drops(FILE *out, const json_t *drops, bool all);

void show_rules(FILE *out, const json_t *rules);

#endif
