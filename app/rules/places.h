/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Find the place of each rule in the file, which neither nft nor the kernel reports. The
 * text is scanned for tables, chains and rules, and the n-th rule of a table in the text
 * is matched with the n-th rule in the kernel.
 */
#ifndef RULES_PLACES_H
#define RULES_PLACES_H

#include "listing.h"
#include "ruleset.h"

/*
 * Return an array, indexed like listing->rules, of malloced strings "rules.nft:7". An
 * element is NULL if its place is not known, because the table has another number of
 * rules than the text, for example after a deletion. Returns NULL when memory is out.
 */
char **places_read(const struct listing *listing, const struct source *source);
void places_free(const struct listing *listing, char **places);

#endif
