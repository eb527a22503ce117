/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The next rule that a packet can match; what for, and how it is made:
 * classifier_build.c.
 */
#include "classifier.h"
#include "field.h"

/* Halving without branches, which would be guessed wrong every other time. */
static uint32_t
u32_find(const uint32_t *boundary, uint32_t count, uint32_t value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(boundary[at + half] <= value);
	}
	return at;
}

static uint32_t
u128_find(const u128 *boundary, uint32_t count, u128 value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(boundary[at + half] <= value);
	}
	return at;
}

static const uint64_t *
vector_find(const struct dimension *dimension, u128 value)
{
	uint32_t at;

	if (dimension->direct != NULL) {
		at = (uint32_t)value < dimension->last ? (uint32_t)value
						       : dimension->last;
		return &dimension->bits[dimension->direct[at]];
	}
	if (dimension->boundary32 != NULL)
		at = u32_find(dimension->boundary32, dimension->nboundaries,
			      (uint32_t)value);
	else
		at = u128_find(dimension->boundary, dimension->nboundaries, value);
	return &dimension->bits[dimension->vector[at]];
}

bool
classifier_wants_batch(const struct classifier *classifier)
{
	return classifier->nrules >= CLASSIFIER_BATCH_MIN;
}

void
classifier_begin(const struct classifier *classifier, struct policy_class *class,
		 const struct policy_packet *packet)
{
	unsigned family = packet->family == 4 ? 0 : 1, i;
	const struct dimension *dimension = classifier->family[family].dimension;

	class->classifier = classifier;
	class->first = 0;
	class->count = classifier->family[family].count;
	for (i = 0; i < class->count; i++) {
		class->vector[i] = vector_find(&dimension[i],
					       field_load(dimension[i].field, packet));
		__builtin_prefetch(class->vector[i]);
	}
}

/*
 * The words of each vector that stand before its group's: what its earlier groups have.
 */
struct places {
	uint32_t of[CLASSIFIER_DIMENSIONS_MAX];
};

static void
places_next(struct places *places, const struct policy_class *class, uint32_t group)
{
	unsigned i;

	for (i = 0; i < class->count; i++)
		places->of[i] += (uint32_t)__builtin_popcountll(class->vector[i][group]);
}

static uint64_t
summaries_and(const struct policy_class *class, uint32_t group)
{
	uint64_t bits = ~0ull;
	unsigned i;

	for (i = 0; i < class->count; i++)
		bits &= class->vector[i][group];
	return bits;
}

/* One word of a group that is not zero in any vector. */
static uint64_t
words_and(const struct policy_class *class, uint32_t group, unsigned word,
	  const struct places *places)
{
	uint64_t bits = ~0ull, before;
	unsigned i;

	for (i = 0; i < class->count; i++) {
		before = class->vector[i][group] & ((1ull << word) - 1);
		bits &= class->vector[i][places->of[i] +
					 (uint32_t)__builtin_popcountll(before)];
	}
	return bits;
}

/* The first rule from a place on that all vectors have, or nrules. */
static uint32_t
rule_find(const struct classifier *classifier, const struct policy_class *class,
	  uint32_t index)
{
	uint32_t first = index / 64, group, word;
	struct places places;
	uint64_t summary, bits;
	unsigned i;

	if (class->count == 0)
		return index < classifier->nrules ? index : classifier->nrules;
	for (i = 0; i < class->count; i++)
		places.of[i] = classifier->groups;
	for (group = 0; group < classifier->groups; group++) {
		summary = group < first / 64 ? 0 : summaries_and(class, group);
		if (group == first / 64)
			summary &= ~0ull << first % 64;
		for (; summary != 0; summary &= summary - 1) {
			word = (uint32_t)__builtin_ctzll(summary);
			bits = words_and(class, group, word, &places);
			if (group * 64 + word == first)
				bits &= ~0ull << index % 64;
			if (bits != 0)
				return (group * 64 + word) * 64 +
				       (uint32_t)__builtin_ctzll(bits);
		}
		places_next(&places, class, group);
	}
	return classifier->nrules;
}

void
classifier_end(struct policy_class *class)
{
	class->first = class->classifier->entry[rule_find(class->classifier, class, 0)];
}

uint32_t
classifier_next(const struct classifier *classifier, struct policy_class *class,
		const struct policy_packet *packet, uint32_t index)
{
	if (class->classifier != classifier)
		classifier_begin(classifier, class, packet);
	else if (index == 0 && class->first != 0)
		return class->first;
	return classifier->entry[rule_find(classifier, class, index)];
}
