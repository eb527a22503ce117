/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of a replay: from --rules, else from the configuration, else none. */
#ifndef REPLAY_RULES_H
#define REPLAY_RULES_H

#include <policy/policy.h>

#include "config.h"

/*
 * Load the rules and create their run-time state. Returns an exit status; each except
 * EXIT_SUCCESS follows a message on stderr.
 */
int rules_load(const struct sluice_config *config, const char *file,
	       struct policy **policy, struct policy_state **state);

#endif
