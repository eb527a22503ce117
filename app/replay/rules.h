/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of a replay: from --rules, else those of the configuration, else none. */
#ifndef REPLAY_RULES_H
#define REPLAY_RULES_H

#include <policy/policy.h>

#include "config.h"

/*
 * Load them, and make their state. names: of the ports, by the engine's number.
 * Returns an exit status; anything but EXIT_SUCCESS has been explained on stderr.
 */
int rules_load(const struct sluice_config *config, const char *file,
	       const char *const *names, unsigned ports, struct policy **policy,
	       struct policy_state **state);

#endif
