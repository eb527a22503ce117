/* SPDX-License-Identifier: BSD-3-Clause */
/* Command `sluicectl health`: whether a running sluice needs attention, for monitors. */
#ifndef CTL_HEALTH_H
#define CTL_HEALTH_H

#include <stdio.h>

#include <jansson.h>

/* Occupancy of a table, percent, at which connections will soon be refused. */
#define HEALTH_TABLE_PERCENT 95

/*
 * Judge the answer to `stats`: a port without a link, a reload that failed, and a table
 * that is nearly full, of all workers or of one, are reasons. A table of a worker that
 * has reached 80 % is a warning. Prints reasons, one a line, or "ok", then the warnings;
 * json: an object with `healthy`, `reasons` and `warnings`. Returns 0 if there is no
 * reason, else 1.
 */
int health_show(FILE *out, const json_t *stats, int json);

#endif
