/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of IPv4 or IPv6 addresses, prefixes and ranges, as it is written in a rule file
 * and as nft prints it in JSON.
 */
#ifndef RULES_ADDRESSES_H
#define RULES_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <policy/ir.h>

struct interval {
	u128 lo; /* in host order; of IPv4 the lowest 32 bits */
	u128 hi; /* the last address of the interval */
};

/* All zeros is an empty list. */
struct addresses {
	struct interval *interval;
	size_t count;
	int family;  /* AF_INET or AF_INET6; 0: the list is empty */
	bool ranges; /* an element is written as a prefix or a range */
};

/*
 * Append the list of one family that begins at text, up to the brace that ends it:
 * numbers only, in the one form that nft can read in no other way. Returns the length of
 * the list without the brace; 0: it is empty, has anything else, or memory is out.
 */
size_t addresses_read(struct addresses *list, const char *text);
/* Append the intervals of another list of this family. Returns false without memory. */
bool addresses_append(struct addresses *list, const struct addresses *other);

/*
 * Sort the list and remove what is listed twice. merge: join intervals that overlap or
 * are adjacent, as nft does in a set with the flag auto-merge. Without it, returns false
 * for intervals that overlap: nft refuses these.
 */
bool addresses_sort(struct addresses *list, bool merge);

/* Write a sorted list as nft does in JSON, joined by commas. */
void addresses_write(const struct addresses *list, FILE *out);

void addresses_free(struct addresses *list);

#endif
