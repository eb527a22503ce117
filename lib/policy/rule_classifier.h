/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which rules of a long chain can a packet match? How it is made:
 * rule_classifier_build.c.
 */
#ifndef POLICY_RULE_CLASSIFIER_H
#define POLICY_RULE_CLASSIFIER_H

#include "classifier.h"
#include "program.h"

#define CLASSIFIER_RULES_MIN 8 /* a shorter chain is walked as fast */
/* bit vectors of fewer rules are in a near cache: a batch of 1,000 costs a tenth more */
#define CLASSIFIER_BATCH_MIN 2000

struct rule_classifier {
	struct classifier family[2]; /* IPv4, IPv6; the entries are the rules */
	uint32_t *entry_point; /* instruction of each rule, and of the chain's end */
};

/*
 * For the instructions of a chain, from first to its INSTR_END; each rule has an
 * INSTR_CLASSIFY, which is given the classifier. Returns 0 or -ENOMEM.
 */
int rule_classifier_build(struct arena *arena, struct program *program, uint32_t first);

/* Whether the rules are so many that policy_classify_begin() is worth its cost. */
bool rule_classifier_wants_batch(const struct rule_classifier *rules);

/* Find and prefetch the packet's bit vectors. */
void rule_classifier_begin(const struct rule_classifier *rules,
			   struct policy_class *class,
			   const struct policy_packet *packet);

/* Then find class->first. */
void rule_classifier_end(struct policy_class *class);

/* Entry point of the first rule from an index on that can match, or the chain's end. */
uint32_t rule_classifier_next(const struct rule_classifier *rules,
			      struct policy_class *class,
			      const struct policy_packet *packet, uint32_t index);

#endif
