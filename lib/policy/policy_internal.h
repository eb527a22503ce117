/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of lib/policy share. In reading order:
 *
 *	policy/ir.h         chains, rules, matches, sets
 *	field.c             the fields of a packet
 *	set.c               the values of a match, sorted, and found again
 *	match.c             one match and one packet
 *	compile.c           a program for each conntrack state
 *	classifier_build.c, classifier_pack.c, classifier.c
 *	                    which rules of a long chain a packet can match
 *	eval.c              a program and a packet: the verdict
 *	policy.c            what is left of policy/policy.h
 */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H

#include <policy/ir.h>

#include "program.h"

/* set.c */
/* Index of the element that holds the values, -1: none. */
int64_t set_find(const struct ir_set *set, const u128 *values);
/* Of two u128, for qsort(). */
int u128_compare(const void *x, const void *y);
/* In order, without duplicates; returns how many are left. */
size_t u128_sort(u128 *values, size_t n);

/* match.c */
/* Whether a packet is of the family and protocol that a key implies. */
bool key_concerns(const struct ir_key *key, const struct policy_packet *packet);
/* Index in the match's set, -1: not in it. */
int64_t match_find(const struct ir_match *match, const struct policy_packet *packet);
/* A match on `ct state` alone, at load. */
bool match_test_ct(const struct ir_match *match, enum policy_ct ct);

/*
 * classifier_build.c, classifier.c: made for the instructions of a chain, from first to
 * its end
 */
#define CLASSIFIER_RULES_MIN 8 /* a shorter chain is walked as fast */
/* bit vectors of fewer rules are in a near cache: a batch of 1,000 costs a tenth more */
#define CLASSIFIER_BATCH_MIN 2000
#define CLASSIFIER_DIMENSIONS_MAX POLICY_DIMENSIONS_MAX

/* Returns 0 or -ENOMEM. */
int classifier_build(struct arena *arena, struct program *program, uint32_t first);
/* Whether the rules are so many that policy_classify_begin() is worth its cost. */
bool classifier_wants_batch(const struct classifier *classifier);
/* Find and prefetch the packet's bit vectors. */
void classifier_begin(const struct classifier *classifier, struct policy_class *class,
		      const struct policy_packet *packet);
/* Then find class->first. */
void classifier_end(struct policy_class *class);
/*
 * Entry point of the first rule from an index on that the packet can match, or the
 * chain's end.
 */
uint32_t classifier_next(const struct classifier *classifier, struct policy_class *class,
			 const struct policy_packet *packet, uint32_t index);

/* eval.c */
/* policy_eval() without classifiers: it must give the same verdicts and counts. */
void policy_eval_walk(const struct policy *policy, const struct policy_packet *packet,
		      struct policy_counter *counters, struct policy_verdict *verdict);

#endif
