/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of a plane, from its spans: between two cuts the same rules are possible. Most rows
 * are of few of many rules, so the words of bits that are zero are left out, and the summary says
 * which those are: a plane of 10,000 networks takes 40 bytes a row, not 1,300, and stays in a
 * cache.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* What is possible at a place, while the spans are gone through in order. */
struct sweep {
	const struct filter *filter;
	struct filter_packing *to;
	const struct filter_span *begin; /* by where they begin */
	const struct filter_span *end;   /* by where they end */
	size_t count, begun, ended;
	uint32_t *times; /* spans that each rule is in: it may have several */
	uint64_t *word, *summary;
};

static int
by_begin(const void *a, const void *b)
{
	return wide_compare(&((const struct filter_span *)a)->lo,
			    &((const struct filter_span *)b)->lo);
}

static int
by_end(const void *a, const void *b)
{
	return wide_compare(&((const struct filter_span *)a)->hi,
			    &((const struct filter_span *)b)->hi);
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
row_add(struct sweep *s)
{
	struct filter_packing *to = s->to;
	size_t most = s->filter->groups + s->filter->words;
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
	to->row[to->count++] = (uint32_t)to->used;
	memcpy(&to->bits[to->used], s->summary, s->filter->groups * sizeof(*s->summary));
	to->used += s->filter->groups;
	for (i = 0; i < s->filter->groups; i++)
		for (left = s->summary[i]; left != 0; left &= left - 1)
			to->bits[to->used++] =
				s->word[i * 64 + (uint32_t)__builtin_ctzll(left)];
	return true;
}

/* 0, -ENOMEM, or -E2BIG: it takes too many words, and more than one row. */
static int
sweep_run(struct sweep *s, const wide *cuts, size_t n)
{
	size_t i, next, step = s->to->step;

	for (i = 0; i < n; i = next) {
		next = n - i <= step ? n : i + step;
		for (; s->begun < s->count &&
		       (next == n || s->begin[s->begun].lo < cuts[next]);
		     s->begun++)
			rule_enter(s, s->begin[s->begun].rule);
		if (!row_add(s))
			return -ENOMEM;
		if (s->to->used > s->to->most && n > step)
			return -E2BIG;
		for (;
		     next < n && s->ended < s->count && s->end[s->ended].hi < cuts[next];
		     s->ended++)
			rule_leave(s, s->end[s->ended].rule);
	}
	return 0;
}

int
filter_pack(struct filter_packing *to, const struct filter *filter,
	    struct filter_span *spans, size_t count, const wide *cuts, size_t n)
{
	struct filter_span *ends = malloc((count + 1) * sizeof(*ends));
	struct sweep s = {.filter = filter, .to = to, .begin = spans, .count = count};
	int rc = -ENOMEM;

	*to = (struct filter_packing){.most = to->most,
				      .row = malloc(n * sizeof(*to->row))};
	s.times = malloc(filter->nrules * sizeof(*s.times));
	s.word = malloc((filter->words + filter->groups) * sizeof(*s.word));
	if (ends != NULL && to->row != NULL && s.times != NULL && s.word != NULL) {
		s.summary = &s.word[filter->words];
		qsort(spans, count, sizeof(*spans), by_begin);
		memcpy(ends, spans, count * sizeof(*ends));
		qsort(ends, count, sizeof(*ends), by_end);
		s.end = ends;
		rc = -E2BIG;
	}
	for (to->step = 1; rc == -E2BIG; to->step *= 2) {
		s.begun = s.ended = to->used = to->count = 0;
		memset(s.times, 0, filter->nrules * sizeof(*s.times));
		memset(s.word, 0, (filter->words + filter->groups) * sizeof(*s.word));
		rc = sweep_run(&s, cuts, n);
		if (rc == 0)
			break;
	}
	free(ends);
	free(s.times);
	free(s.word);
	return rc;
}

void
filter_packing_free(struct filter_packing *packing)
{
	free(packing->bits);
	free(packing->row);
}
