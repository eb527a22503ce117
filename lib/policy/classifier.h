/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What classifier_build.c makes and classifier.c reads.
 *
 * A bit vector is `groups` words of summary, each with one bit for each word of its 64 *
 * 64 rules, and then, in order, the words whose bit is set in the summary.
 */
#ifndef POLICY_CLASSIFIER_H
#define POLICY_CLASSIFIER_H

#include "policy_internal.h"

/* A field's values, divided into intervals; each begins at a boundary. */
struct dimension {
	enum field_id field;
	/*
	 * up to 16 bits: offset in bits of the vector of each value up to the last
	 * boundary
	 */
	uint32_t *direct;
	uint32_t last;
	/* more bits: the boundaries, from 0, and the offset of the vector of each */
	uint32_t nboundaries;
	uint32_t *boundary32; /* of 32 bits */
	u128 *boundary;       /* of more */
	uint32_t *vector;
	uint64_t *bits;
};

struct classifier {
	uint32_t nrules;
	uint32_t words;  /* of 64 rules */
	uint32_t groups; /* of 64 words */
	uint32_t *entry; /* entry point of each rule, and the chain's end */
	struct {
		struct dimension dimension[CLASSIFIER_DIMENSIONS_MAX];
		unsigned count;
	} family[2]; /* IPv4, IPv6 */
};

/* While building. */

/* Values that a rule can match. */
struct interval {
	u128 lo, hi;
	uint32_t rule;
};

/* The bit vectors of each step-th boundary, in at most `most` words. */
struct packing {
	size_t most;
	uint64_t *bits;
	uint32_t *vector;
	size_t used, room, count, step;
};

/*
 * Pack the bit vectors of the intervals between n boundaries, or of each second, fourth
 * .. boundary where they would need more than packing->most words, which is the one
 * member to set before. Sorts the intervals. Returns 0 or -ENOMEM; the packing is to be
 * freed in any case.
 */
int vectors_pack(struct packing *packing, const struct classifier *classifier,
		 struct interval *intervals, size_t count, const u128 *boundaries,
		 size_t n);
void packing_free(struct packing *packing);

#endif
