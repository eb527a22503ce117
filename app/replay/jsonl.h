/* SPDX-License-Identifier: BSD-3-Clause */
/* What a line of verdicts.jsonl has besides the verdict: docs/replay.md. */
#ifndef REPLAY_JSONL_H
#define REPLAY_JSONL_H

#include <stdio.h>

#include <jansson.h>

#include "sinks.h"

/*
 * Append the members of the extended form, each after a comma. r: the verdict, or NULL.
 */
void jsonl_extend(FILE *file, const struct item *item, const struct engine_record *r);

/*
 * Return the name of a file as a JSON string; NULL: no memory. A name need not be UTF-8,
 * which JSON demands: other bytes become \xNN (base/escape.h).
 */
json_t *jsonl_file(const char *file);

#endif
