/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The object "sluice" at the end of the JSON, which lib/ruleset reads for its messages
 * (lib/ruleset/annotation.c describes it).
 */
#ifndef RULES_ANNOTATE_H
#define RULES_ANNOTATE_H

#include <stdbool.h>

#include "listing.h"

struct annotations {
	const struct listing *listing;
	char **places; /* place of each rule of the listing (places.h); NULL: not known */
	bool flowtables; /* flow tables have been removed from the text */
};

/*
 * Append the object to the JSON of nft, a malloced string. Without memory the JSON is
 * left unchanged.
 */
void annotate(char **json, const struct annotations *annotations);

#endif
