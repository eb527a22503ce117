/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packs the bit vectors of a dimension. A typical bit vector has few bits set, so the
 * words that are zero are left out, and a summary has one bit for each word: a dimension
 * of 10,000 networks needs 40 bytes for each bit vector in place of 1,300, and stays in a
 * cache.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier.h"
#include "set.h"

/* What is possible at a place, while the intervals are gone through in order. */
struct sweep {
	const struct classifier *classifier;
	struct packing *to;
	const struct interval *begin; /* by where they begin */
	const struct interval *end;   /* by where they end */
	size_t count, begun, ended;
	uint32_t *times; /* intervals that each rule is in: it may have several */
	uint64_t *word, *summary;
};

static int
by_begin(const void *a, const void *b)
{
	return u128_compare(&((const struct interval *)a)->lo,
			    &((const struct interval *)b)->lo);
}

static int
by_end(const void *a, const void *b)
{
	return u128_compare(&((const struct interval *)a)->hi,
			    &((const struct interval *)b)->hi);
}

static void
rule_enter(struct sweep *s, uint32_t rule)
{
	if (s->times[rule]++ > 0)
		return;
	s->word[rule / 64] |= 1ull << rule % 64;
	s->summary[rule / 4096] |= 1ull << rule / 64 % 64;
}

static void
rule_leave(struct sweep *s, uint32_t rule)
{
	if (--s->times[rule] > 0)
		return;
	s->word[rule / 64] &= ~(1ull << rule % 64);
	if (s->word[rule / 64] == 0)
		s->summary[rule / 4096] &= ~(1ull << rule / 64 % 64);
}

static bool
vector_add(struct sweep *s)
{
	struct packing *to = s->to;
	size_t most = s->classifier->groups + s->classifier->words;
	size_t room = (to->room + most) * 2;
	uint64_t *grown, left;
	uint32_t i;

	if (to->room - to->used < most) {
		grown = realloc(to->bits, room * sizeof(*grown));
		if (grown == NULL)
			return false;
		to->bits = grown;
		to->room = room;
	}
	to->vector[to->count++] = (uint32_t)to->used;
	memcpy(&to->bits[to->used], s->summary,
	       s->classifier->groups * sizeof(*s->summary));
	to->used += s->classifier->groups;
	for (i = 0; i < s->classifier->groups; i++)
		for (left = s->summary[i]; left != 0; left &= left - 1)
			to->bits[to->used++] =
				s->word[i * 64 + (uint32_t)__builtin_ctzll(left)];
	return true;
}

/* 0, -ENOMEM, or -E2BIG: it takes too many words, and more than one vector. */
static int
sweep_run(struct sweep *s, const u128 *boundaries, size_t n)
{
	size_t i, next, step = s->to->step;

	for (i = 0; i < n; i = next) {
		next = n - i <= step ? n : i + step;
		for (; s->begun < s->count &&
		       (next == n || s->begin[s->begun].lo < boundaries[next]);
		     s->begun++)
			rule_enter(s, s->begin[s->begun].rule);
		if (!vector_add(s))
			return -ENOMEM;
		if (s->to->used > s->to->most && n > step)
			return -E2BIG;
		for (; next < n && s->ended < s->count &&
		       s->end[s->ended].hi < boundaries[next];
		     s->ended++)
			rule_leave(s, s->end[s->ended].rule);
	}
	return 0;
}

int
vectors_pack(struct packing *to, const struct classifier *classifier,
	     struct interval *intervals, size_t count, const u128 *boundaries, size_t n)
{
	struct interval *ends = malloc((count + 1) * sizeof(*ends));
	struct sweep s = {.classifier = classifier,
			  .to = to,
			  .begin = intervals,
			  .count = count};
	int rc = -ENOMEM;

	*to = (struct packing){.most = to->most,
			       .vector = malloc(n * sizeof(*to->vector))};
	s.times = malloc(classifier->nrules * sizeof(*s.times));
	s.word = malloc((classifier->words + classifier->groups) * sizeof(*s.word));
	if (ends != NULL && to->vector != NULL && s.times != NULL && s.word != NULL) {
		s.summary = &s.word[classifier->words];
		qsort(intervals, count, sizeof(*intervals), by_begin);
		memcpy(ends, intervals, count * sizeof(*ends));
		qsort(ends, count, sizeof(*ends), by_end);
		s.end = ends;
		rc = -E2BIG;
	}
	for (to->step = 1; rc == -E2BIG; to->step *= 2) {
		s.begun = s.ended = to->used = to->count = 0;
		memset(s.times, 0, classifier->nrules * sizeof(*s.times));
		memset(s.word, 0,
		       (classifier->words + classifier->groups) * sizeof(*s.word));
		rc = sweep_run(&s, boundaries, n);
		if (rc == 0)
			break;
	}
	free(ends);
	free(s.times);
	free(s.word);
	return rc;
}

void
packing_free(struct packing *packing)
{
	free(packing->bits);
	free(packing->vector);
}
