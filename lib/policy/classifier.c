/* SPDX-License-Identifier: BSD-3-Clause */
/* Lookup in the classifier of classifier.h: intersects bit vectors. */
#include "classifier.h"

/*
 * For each dimension, the offset in its bit vector of the first stored word of the
 * current group.
 */
struct offsets {
	uint32_t of[CLASSIFIER_DIMENSIONS_MAX];
};

static inline uint32_t
bits_count(uint64_t word)
{
	return (uint32_t)__builtin_popcountll(word);
}

static inline uint64_t
summaries_and(const uint64_t *const *vector, unsigned count, uint32_t group)
{
	uint64_t bits = ~0ull;
	unsigned i;

	for (i = 0; i < count; i++)
		bits &= vector[i][group];
	return bits;
}

/*
 * One 64-bit word of the intersection of the bit vectors. The caller has checked by the
 * summaries that each bit vector stores this word.
 */
static inline uint64_t
words_and(const uint64_t *const *vector, unsigned count, uint32_t group, unsigned word,
	  const struct offsets *offsets)
{
	uint64_t bits = ~0ull, before;
	unsigned i;

	for (i = 0; i < count; i++) {
		before = vector[i][group] & ((1ull << word) - 1);
		bits &= vector[i][offsets->of[i] + bits_count(before)];
	}
	return bits;
}

uint32_t
classifier_find(const struct classifier *classifier, const uint64_t *const *vector,
		unsigned count, uint32_t from)
{
	uint32_t first = from / 64, group, word;
	struct offsets offsets;
	uint64_t summary, bits;
	unsigned i;

	if (count == 0)
		return from < classifier->entries ? from : classifier->entries;
	for (i = 0; i < count; i++)
		offsets.of[i] = classifier->groups;
	for (group = 0; group < classifier->groups; group++) {
		summary = group < first / 64 ? 0 : summaries_and(vector, count, group);
		if (group == first / 64)
			summary &= ~0ull << first % 64;
		for (; summary != 0; summary &= summary - 1) {
			word = (uint32_t)__builtin_ctzll(summary);
			bits = words_and(vector, count, group, word, &offsets);
			if (group * 64 + word == first)
				bits &= ~0ull << from % 64;
			if (bits != 0)
				return (group * 64 + word) * 64 +
				       (uint32_t)__builtin_ctzll(bits);
		}
		for (i = 0; i < count; i++)
			offsets.of[i] += bits_count(vector[i][group]);
	}
	return classifier->entries;
}
