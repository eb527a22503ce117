/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the rules of a long chain that can match a packet. rule_classifier_build.c
 * explains how.
 */
#ifndef POLICY_RULE_CLASSIFIER_H
#define POLICY_RULE_CLASSIFIER_H

#include "classifier.h"
#include "program.h"

/* number of rules; for fewer, evaluating each rule is as fast */
#define CLASSIFIER_RULES_MIN 8
/*
 * Number of rules from which on batches pay. The bit vectors of fewer rules fit a near
 * cache; with 1,000 rules a batch costs 10 % more.
 */
#define CLASSIFIER_BATCH_MIN 2000

struct rule_classifier {
	/* one for IPv4 and one for IPv6; their entries are the rules */
	struct classifier family[2];
	/* instruction at which each rule is entered, then that of the chain's end */
	uint32_t *entry_point;
};

/*
 * Build the classifier for the instructions of a chain, from `first` to its INSTR_END.
 * Stores it in the INSTR_CLASSIFY at which each rule begins. Returns 0 or -ENOMEM.
 */
int rule_classifier_build(struct arena *arena, struct program *program, uint32_t first);

/* Whether there are enough rules for policy_classify_begin() to pay. */
bool rule_classifier_wants_batch(const struct rule_classifier *rules);

/* First step of a batch: find the packet's bit vectors and prefetch them. */
void rule_classifier_begin(const struct rule_classifier *rules,
			   struct policy_class *class,
			   const struct policy_packet *packet);

/* Second step: set class->first to the first rule that can match. */
void rule_classifier_end(struct policy_class *class);

/*
 * Entry point of the first rule, from an index on, that can match; or that of the chain's
 * end.
 */
uint32_t rule_classifier_next(const struct rule_classifier *rules,
			      struct policy_class *class,
			      const struct policy_packet *packet, uint32_t index);

#endif
