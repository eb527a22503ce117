/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What classifier_build.c makes and classifier.c reads.
 *
 * A bit vector is `groups` words of summary, each with one bit for each word of its 64 *
 * 64 rules, and then, in order, the words whose bit is set in the summary.
 */
#ifndef POLICY_CLASSIFIER_H
#define POLICY_CLASSIFIER_H

#include "program.h"

#define CLASSIFIER_RULES_MIN 8 /* a shorter chain is walked as fast */
/* bit vectors of fewer rules are in a near cache: a batch of 1,000 costs a tenth more */
#define CLASSIFIER_BATCH_MIN 2000
#define CLASSIFIER_DIMENSIONS_MAX POLICY_DIMENSIONS_MAX

/* For the instructions of a chain, from first to its end. Returns 0 or -ENOMEM. */
int classifier_build(struct arena *arena, struct program *program, uint32_t first);
/* Whether the rules are so many that policy_classify_begin() is worth its cost. */
bool classifier_wants_batch(const struct classifier *classifier);
/* Find and prefetch the packet's bit vectors. */
void classifier_begin(const struct classifier *classifier, struct policy_class *class,
		      const struct policy_packet *packet);
/* Then find class->first. */
void classifier_end(struct policy_class *class);
/* Entry point of the first rule from an index on that can match, or the chain's end. */
uint32_t classifier_next(const struct classifier *classifier, struct policy_class *class,
			 const struct policy_packet *packet, uint32_t index);

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
