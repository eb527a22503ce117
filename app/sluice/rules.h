/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule file: read at start, and again on SIGHUP or on a command. */
#ifndef SLUICE_RULES_H
#define SLUICE_RULES_H

#include <control/rules.h>
#include <policy/policy.h>
#include <ruleset/ruleset.h>

#include "config.h"

/*
 * Load the rules of the configuration, by sluice-rules and ruleset_load(). Returns 0 and
 * *policy, or -errno and a message. Warnings are printed. Must not be called by a worker: it
 * waits for a process.
 */
int rules_load(const struct sluice_config *config, struct policy **policy,
	       struct ruleset_error *error);

/* What reloading needs. */
struct rules_reload {
	const struct sluice_config *config;
	struct control_rules *rules;
	struct control_worker *workers;
	pthread_mutex_t lock; /* a signal and a command may come at the same time */
};

/*
 * Load the rules again and put them in force, or leave the old ones; says which in message
 * and in the log. context is a struct rules_reload. Returns 0 or -errno.
 */
int rules_reload(void *context, char *message, size_t size);

#endif
