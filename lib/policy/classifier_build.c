/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds a dimension from its intervals. A sweep visits the boundaries in ascending
 * order, keeps the set of entries that match, and stores it at each boundary as a bit
 * vector. With summaries, a dimension of 10,000 networks needs 40 bytes for each bit
 * vector instead of 1,300, and stays in a cache.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classifier.h"
#include "u128.h"

/* State of the sweep: the entries that match the values at the current boundary. */
struct sweep {
	const struct classifier *classifier;
	struct packing *to;
	const struct interval *begin; /* the intervals, sorted by lo */
	const struct interval *end;   /* the intervals, sorted by hi */
	size_t count, begun, ended;
	/* for each entry: how many of its intervals contain the current value */
	uint32_t *times;
	uint64_t *word, *summary;
};

void
interval_add(struct interval_list *list, uint32_t entry, u128 lo, u128 hi)
{
	size_t room = list->room == 0 ? 256 : list->room * 2;
	struct interval *grown;

	if (list->count == list->room && !list->failed) {
		grown = realloc(list->interval, room * sizeof(*grown));
		if (grown == NULL) {
			list->failed = true;
		} else {
			list->interval = grown;
			list->room = room;
		}
	}
	if (!list->failed)
		list->interval[list->count++] = (struct interval){lo, hi, entry};
}

void
interval_list_free(struct interval_list *list)
{
	free(list->interval);
}

void
classifier_init(struct classifier *classifier, uint32_t entries)
{
	memset(classifier, 0, sizeof(*classifier));
	classifier->entries = entries;
	classifier->words = (entries + 63) / 64;
	classifier->groups = (classifier->words + 63) / 64;
}

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
entry_enter(struct sweep *s, uint32_t entry)
{
	if (s->times[entry]++ > 0)
		return;
	s->word[entry / 64] |= 1ull << entry % 64;
	s->summary[entry / 4096] |= 1ull << entry / 64 % 64;
}

static void
entry_leave(struct sweep *s, uint32_t entry)
{
	if (--s->times[entry] > 0)
		return;
	s->word[entry / 64] &= ~(1ull << entry % 64);
	if (s->word[entry / 64] == 0)
		s->summary[entry / 4096] &= ~(1ull << entry / 64 % 64);
}

/* Append the entries that match now as the next bit vector. */
static bool
vector_add(struct sweep *s)
{
	struct packing *to = s->to;
	size_t longest = s->classifier->groups + s->classifier->words + 1;
	size_t room = (to->room + longest) * 2;
	uint64_t *grown, summary;
	uint32_t i;

	if (to->bits == NULL || to->room - to->used < longest) {
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
		for (summary = s->summary[i]; summary != 0; summary &= summary - 1)
			to->bits[to->used++] =
				s->word[i * 64 + (uint32_t)__builtin_ctzll(summary)];
	return true;
}

/*
 * Build the bit vectors of every step-th boundary, where `step` is that of the packing.
 * Returns 0, -ENOMEM, or -E2BIG when more than one bit vector would be needed and they
 * take too many words.
 */
static int
sweep_run(struct sweep *s, const u128 *boundaries, size_t n)
{
	size_t i, next, step = s->to->step;

	for (i = 0; i < n; i = next) {
		next = n - i <= step ? n : i + step;
		for (; s->begun < s->count &&
		       (next == n || s->begin[s->begun].lo < boundaries[next]);
		     s->begun++)
			entry_enter(s, s->begin[s->begun].entry);
		if (!vector_add(s))
			return -ENOMEM;
		if (s->to->used > s->to->words_max && n > step)
			return -E2BIG;
		for (; next < n && s->ended < s->count &&
		       s->end[s->ended].hi < boundaries[next];
		     s->ended++)
			entry_leave(s, s->end[s->ended].entry);
	}
	return 0;
}

int
vectors_pack(struct packing *to, const struct classifier *classifier,
	     struct interval *intervals, size_t count, const u128 *boundaries, size_t n)
{
	size_t words = classifier->words + classifier->groups;
	struct interval *ends = malloc((count + 1) * sizeof(*ends));
	struct sweep s = {
		.classifier = classifier,
		.to = to,
		.begin = intervals,
		.end = ends,
		.count = count,
		.times = malloc((classifier->entries + 1) * sizeof(*s.times)),
		.word = malloc((words + 1) * sizeof(*s.word)),
	};
	int rc = -ENOMEM;

	*to = (struct packing){.words_max = to->words_max,
			       .vector = malloc(n * sizeof(*to->vector))};
	if (ends != NULL && to->vector != NULL && s.times != NULL && s.word != NULL) {
		s.summary = &s.word[classifier->words];
		if (count > 0) {
			qsort(intervals, count, sizeof(*intervals), by_begin);
			memcpy(ends, intervals, count * sizeof(*ends));
			qsort(ends, count, sizeof(*ends), by_end);
		}
		rc = -E2BIG;
	}
	for (to->step = 1; rc == -E2BIG; to->step *= 2) {
		s.begun = s.ended = to->used = to->count = 0;
		memset(s.times, 0, classifier->entries * sizeof(*s.times));
		memset(s.word, 0, words * sizeof(*s.word));
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

/*
 * Return all values at which the set of matching entries can change: the start of each
 * interval, and the value after its end. Returns NULL when memory runs out.
 */
static u128 *
boundaries_make(const struct interval_list *list, u128 max, size_t *n)
{
	u128 *boundaries = calloc(2 * list->count + 1, sizeof(*boundaries));
	size_t count = 0, i;

	if (boundaries == NULL)
		return NULL;
	boundaries[count++] = 0;
	for (i = 0; i < list->count; i++) {
		boundaries[count++] = list->interval[i].lo;
		if (list->interval[i].hi < max)
			boundaries[count++] = list->interval[i].hi + 1;
	}
	*n = u128_sort(boundaries, count);
	return boundaries;
}

/*
 * Fill dimension->direct, the table that has the offset of the bit vector for each value.
 */
static void
direct_keep(struct dimension *dimension, struct arena *arena,
	    const struct packing *packing, const u128 *boundaries)
{
	size_t last = packing->count - 1, i;
	uint32_t value = 0, end;

	dimension->last = (uint32_t)boundaries[last * packing->step];
	dimension->direct = arena_take(arena, (size_t)dimension->last + 1,
				       sizeof(*dimension->direct));
	for (i = 0; i <= last && dimension->direct != NULL; i++) {
		end = i == last ? dimension->last + 1
				: (uint32_t)boundaries[(i + 1) * packing->step];
		for (; value < end; value++)
			dimension->direct[value] = packing->vector[i];
	}
}

/* Store the boundaries that have a bit vector, for binary search. */
static void
boundaries_keep(struct dimension *dimension, struct arena *arena,
		const struct packing *packing, const u128 *boundaries, unsigned bits)
{
	uint32_t i;

	dimension->nboundaries = (uint32_t)packing->count;
	dimension->vector = arena_take(arena, packing->count, sizeof(*dimension->vector));
	if (bits <= 32)
		dimension->boundary32 = arena_take(arena, packing->count,
						   sizeof(*dimension->boundary32));
	else
		dimension->boundary = arena_take(arena, packing->count,
						 sizeof(*dimension->boundary));
	for (i = 0; i < packing->count && !arena->failed; i++) {
		dimension->vector[i] = packing->vector[i];
		if (bits <= 32)
			dimension->boundary32[i] =
				(uint32_t)boundaries[i * packing->step];
		else
			dimension->boundary[i] = boundaries[i * packing->step];
	}
}

int
classifier_add(struct classifier *classifier, struct arena *arena,
	       struct interval_list *list, unsigned bits, bool direct)
{
	struct dimension *dimension = &classifier->dimension[classifier->count++];
	struct packing packing = {.words_max = DIMENSION_BYTES / sizeof(*packing.bits)};
	u128 *boundaries;
	size_t n;
	int ret;

	if (list->failed)
		return -ENOMEM;
	boundaries = boundaries_make(list, ~(u128)0 >> (128 - bits), &n);
	if (boundaries == NULL)
		return -ENOMEM;
	ret = vectors_pack(&packing, classifier, list->interval, list->count, boundaries,
			   n);
	if (ret == 0) {
		dimension->exact = packing.step == 1;
		dimension->bits = arena_take(arena, packing.used,
					     sizeof(*dimension->bits));
		if (dimension->bits != NULL)
			memcpy(dimension->bits, packing.bits,
			       packing.used * sizeof(*packing.bits));
		if (direct)
			direct_keep(dimension, arena, &packing, boundaries);
		else
			boundaries_keep(dimension, arena, &packing, boundaries, bits);
	}
	packing_free(&packing);
	free(boundaries);
	return ret == 0 && arena->failed ? -ENOMEM : ret;
}
