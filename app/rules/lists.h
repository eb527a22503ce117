/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Long lists of addresses in a rule file, which nft and the kernel need seconds for: the
 * kernel's time to list a set grows with the square of its elements.
 *
 * A list of numbers means the same to nft and to us. So it is taken out of the text, and
 * two adjacent addresses, its stand-in, take its place for nft. When the JSON of the
 * loaded ruleset has nothing but stand-ins in a set that admits the lists, these are put
 * in their place. A set with the flag auto-merge has joined the two addresses, which
 * nft 1.0.6 shows in no other way. Whatever else a file does with the elements, such as
 * deleting one, changes what becomes of the stand-in. Then, and after any error, the
 * caller loads the whole text (docs/adr/0047-long-lists-beside-nft.md).
 */
#ifndef RULES_LISTS_H
#define RULES_LISTS_H

#include <arpa/inet.h>

#include "addresses.h"

#define LISTS_MAX 100u        /* lists that are taken from one text */
#define LIST_BYTES_MIN 16384u /* length of the shortest list, about 1,000 addresses */

struct list {
	struct addresses addresses;
	char stand_in[2][INET6_ADDRSTRLEN];
	bool put; /* a set has the stand-in */
};

struct lists {
	unsigned count;
	struct list list[LISTS_MAX];
};

/*
 * Take the long lists out of a text. Returns the text with stand-ins, malloced; NULL: it
 * has no such list, or a statement that makes it unsafe, or memory is out.
 */
char *lists_take(struct lists *lists, const char *text);

/*
 * Put the lists into the JSON of nft, a malloced string, in place of their stand-ins.
 * Returns false, and leaves the JSON, when one of them is not where it should be.
 */
bool lists_put(struct lists *lists, char **json);

void lists_free(struct lists *lists);

#endif
