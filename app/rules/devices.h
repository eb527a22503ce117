/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Create the interfaces that a rule file names and that do not exist. `iif "eth0"` is
 * compared with an interface index, so nft accepts it only if the interface exists, and a
 * new network namespace contains only "lo". The names are taken from nft's messages and
 * from the text. The interfaces exist as long as the namespace.
 */
#ifndef RULES_DEVICES_H
#define RULES_DEVICES_H

#include <stdbool.h>

#include "ruleset.h"

/* limit of created interfaces, the largest number of sluice's ports */
#define DEVICES_MAX 256u

struct devices {
	char name[DEVICES_MAX][16]; /* names, of at most IFNAMSIZ bytes */
	unsigned count;
};

/*
 * Create the interfaces that nft's messages or device lists in the source's text name and
 * that are not in the list yet. Returns how many were created; if any, load the file
 * again.
 */
unsigned devices_create(struct devices *devices, const struct source *source,
			const char *messages);

#endif
