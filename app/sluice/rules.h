/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule file: read at start, and again on SIGHUP or on a command. */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include <control/rules.h>
#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "config.h"

/*
 * Load the rules of the configuration, by sluice-rules and ruleset_load(). cancel: as
 * rules_run() has it. Returns 0 and *policy, or -errno and a message. Warnings are
 * printed. Waits for a process, the configuration's rules_timeout at most, and compiles:
 * not for a thread that others wait for.
 */
int rules_load(const struct sluice_config *config, int cancel, struct policy **policy,
	       struct ruleset_error *error);

/* What struct control_reload wants; context is the configuration. */
int rules_reload(void *context, int cancel, struct policy **policy, char *message,
		 size_t size);
void rules_report(void *context, int status, const char *message);

#endif
