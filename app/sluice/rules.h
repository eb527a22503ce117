/* SPDX-License-Identifier: BSD-3-Clause */
/* Load the rule file: at start, and for a reload. */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include <control/rules.h>
#include <policy/policy.h>

#include "config.h"
#include "rules_load.h"

/*
 * Load the rules of the configuration, for the interfaces of the one that is running.
 * Results and report as in rules_load_file(); cancel as in struct rules_limits.
 */
int rules_load(const struct sluice_config *config, const struct sluice_config *running,
	       int cancel, struct policy **policy, struct ruleset_report *report);

/* The same, with the report as a message. */
int rules_reload(const struct sluice_config *config, const struct sluice_config *running,
		 int cancel, struct policy **policy, char *message, size_t size);

#endif
