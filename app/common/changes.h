/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between two configurations, and what a running sluice can take over from
 * the second one. The list of the keys that it can is in changes.c.
 */
#ifndef COMMON_CHANGES_H
#define COMMON_CHANGES_H

#include <stddef.h>

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

#define CHANGE_VALUE_BYTES 400u /* of a value in a message, which a long one has */

/*
 * Append a line to a message: "\nKEY: BEFORE -> AFTER", and whether it needs a restart.
 * If a value is too long, both begin a little before the first difference; "..." stands
 * for what is left out, and for the lines that do not fit, at the end. size is that of
 * the whole text, which is terminated by 0.
 */
void config_change_add(char *text, size_t size, const struct config_change *change);

/*
 * Copy the values of the keys that can change while sluice runs. Takes ownership of
 * `from`, and frees the configuration of the call before: texts that were read from
 * config before the call may not be used any more.
 */
void config_take(struct sluice_config *config, struct sluice_config *from);

#endif
