/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between two configurations, and what a running sluice can take over from
 * the second one. The list of the keys that it can is in changes.c.
 */
#ifndef COMMON_CHANGES_H
#define COMMON_CHANGES_H

#include "config.h"

/* A key with two values, as text like that of the file. */
struct config_change {
	const char *key; /* such as "conntrack.udp_timeout" */
	bool live;       /* config_take() takes it over; otherwise it needs a restart */
	const char *before;
	const char *after;
};

/*
 * Call each() for each key whose value differs, in the order of the lists of keys. The
 * change is valid during the call. Returns 0 or -ENOMEM.
 */
int config_changes(const struct sluice_config *before, const struct sluice_config *after,
		   void (*each)(void *context, const struct config_change *change),
		   void *context);

/*
 * Copy the values of the keys that can change while sluice runs. Takes ownership of
 * `from`, and frees the configuration of the call before: texts that were read from
 * config before the call may not be used any more.
 */
void config_take(struct sluice_config *config, struct sluice_config *from);

#endif
