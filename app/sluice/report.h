/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program says of itself at start and at the end. */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H

#include "sluice.h"

/* Configuration and rules: what --check prints, and the start as well. */
void report_config(const struct sluice_config *config, unsigned workers);
void report_rules(const struct sluice_config *config, const struct policy *policy);

/* Ports, wires, workers, tables. */
void report_start(const struct sluice *s);

/* The last table: ports and drops. The workers have ended, the ports have not. */
void report_end(struct sluice *s);

#endif
