/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_EXPLAIN_H
#define CTL_EXPLAIN_H

#include <stdio.h>

#include <jansson.h>

/* Print the answer to `explain`: rule by rule what the packet meets, then the verdict. */
void explain_show(FILE *out, const json_t *explain);

#endif
