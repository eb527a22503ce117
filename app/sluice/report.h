/* SPDX-License-Identifier: BSD-3-Clause */
/* Print the reports at the start and at the end of the program. */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H

#include "sluice.h"

/* Print configuration and rules, with --check and at each start. */
void report_config(const struct sluice_config *config, unsigned workers);
void report_rules(const struct sluice_config *config, const struct policy *policy);

/* Print ports, wires, workers and tables. */
void report_start(const struct sluice *s);

/*
 * Print the final table of ports and drops. Call it after the workers have ended and
 * before the ports are stopped.
 */
void report_end(struct sluice *s);

#endif
