/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What filter_build.c makes and filter.c reads.
 *
 * A row of a plane is `groups` words of summary, a bit a word of the 64 * 64 rules of a group,
 * and then, in order, those words that the summary says are not zero.
 */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

#include "ir.h"

/* A field's values cut into ranges, the last cut that is not above a value being its row's. */
struct filter_plane {
	enum field_id field;
	/* of 16 bits at most: where in bits the row begins, of each value up to the last cut */
	uint32_t *direct;
	uint32_t last;
	/* else: the cuts, the first is 0, and the same of the row of each */
	uint32_t ncuts;
	uint32_t *narrow; /* of 32 bits */
	wide *cut;        /* of more */
	uint32_t *row;
	uint64_t *bits;
};

struct filter {
	uint32_t nrules;
	uint32_t words;  /* of rules, 64 each */
	uint32_t groups; /* of words, 64 each */
	uint32_t *body;  /* where each rule is entered, and the chain's end */
	struct {
		struct filter_plane plane[FILTER_PLANES_MAX];
		unsigned count;
	} family[2]; /* IPv4, IPv6 */
};

/* While building. */

/* Values with which a rule can be matched. */
struct filter_span {
	wide lo, hi;
	uint32_t rule;
};

/* The rows of a plane, of every step-th cut, in at most so many words. */
struct filter_packing {
	size_t most;
	uint64_t *bits;
	uint32_t *row;
	size_t used, room, count, step;
};

/*
 * The rows that the spans make between n cuts; of every second, fourth, .. cut if they would take
 * more than packing->most words, all else of which is filled. Sorts the spans. 0 or -ENOMEM; the
 * packing is to be freed in any case.
 */
int filter_pack(struct filter_packing *packing, const struct filter *filter,
		struct filter_span *spans, size_t count, const wide *cuts, size_t n);
void filter_packing_free(struct filter_packing *packing);

#endif
