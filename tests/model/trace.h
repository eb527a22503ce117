/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include <stdio.h>

#include "explore.h"

/* Print the path to a violation as a scenario. */
void trace_print(FILE *out, const struct universe *u, const struct violation *v);

#endif
