/* SPDX-License-Identifier: BSD-3-Clause */
/* Write the additional members of a line of verdicts.jsonl: docs/replay.md. */
#ifndef REPLAY_JSONL_H
#define REPLAY_JSONL_H

#include <stdio.h>

#include "sinks.h"

/*
 * Append the members of the extended form, each after a comma. r: the verdict, or NULL.
 */
void jsonl_extend(FILE *file, const struct item *item, const struct engine_record *r);

#endif
