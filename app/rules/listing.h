/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parse the ruleset as nft prints it for people. It gives the text of each rule by its
 * handle, and what the JSON of nft 1.0.6 lacks (the flags of tables).
 */
#ifndef RULES_LISTING_H
#define RULES_LISTING_H

#include <stddef.h>

struct listing_rule {
	const char *text; /* not terminated */
	size_t length;
	unsigned long long handle;
	unsigned table; /* index in listing.tables */
};

struct listing_table {
	char *family;
	char *name;
	int dormant;
};

struct listing {
	struct listing_rule *rules; /* rules in the order of nft's JSON */
	size_t rule_count;
	struct listing_table *tables;
	unsigned table_count;
};

/*
 * Parse the output of `nft -a -t list ruleset`. The rules point into text, which must
 * stay valid. Returns 0 or -ENOMEM; call listing_free() in both cases.
 */
int listing_read(const char *text, struct listing *listing);
void listing_free(struct listing *listing);

#endif
