/* SPDX-License-Identifier: BSD-3-Clause */
/* The next rule that a packet can match; what for, and how it is made: filter_build.c. */
#include <rte_common.h>
#include <rte_prefetch.h>

#include "filter.h"

/* Halving without branches, which would be guessed wrong every other time. */
static uint32_t
narrow_find(const uint32_t *cut, uint32_t count, uint32_t value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(cut[at + half] <= value);
	}
	return at;
}

static uint32_t
wide_find(const wide *cut, uint32_t count, wide value)
{
	uint32_t at = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		at += half & -(uint32_t)(cut[at + half] <= value);
	}
	return at;
}

static const uint64_t *
row_find(const struct filter_plane *plane, wide value)
{
	uint32_t at;

	if (plane->direct != NULL) {
		at = RTE_MIN((uint32_t)value, plane->last);
		return &plane->bits[plane->direct[at]];
	}
	if (plane->narrow != NULL)
		at = narrow_find(plane->narrow, plane->ncuts, (uint32_t)value);
	else
		at = wide_find(plane->cut, plane->ncuts, value);
	return &plane->bits[plane->row[at]];
}

bool
filter_is_long(const struct filter *filter)
{
	return filter->nrules >= FILTER_LOOK_MIN;
}

void
filter_look(const struct filter *filter, struct policy_look *look,
	    const struct policy_packet *packet)
{
	unsigned family = packet->family == 4 ? 0 : 1, i;
	const struct filter_plane *plane = filter->family[family].plane;

	look->filter = filter;
	look->first = 0;
	look->count = filter->family[family].count;
	for (i = 0; i < look->count; i++) {
		look->row[i] = row_find(&plane[i], field_load(plane[i].field, packet));
		rte_prefetch0(look->row[i]);
	}
}

/* The words of each row that stand before its group's: what its earlier groups have. */
struct places {
	uint32_t of[FILTER_PLANES_MAX];
};

static void
places_next(struct places *places, const struct policy_look *look, uint32_t group)
{
	unsigned i;

	for (i = 0; i < look->count; i++)
		places->of[i] += (uint32_t)__builtin_popcountll(look->row[i][group]);
}

static uint64_t
summaries_and(const struct policy_look *look, uint32_t group)
{
	uint64_t bits = ~0ull;
	unsigned i;

	for (i = 0; i < look->count; i++)
		bits &= look->row[i][group];
	return bits;
}

/* One word of a group that is not zero in any row. */
static uint64_t
words_and(const struct policy_look *look, uint32_t group, unsigned word,
	  const struct places *places)
{
	uint64_t bits = ~0ull, before;
	unsigned i;

	for (i = 0; i < look->count; i++) {
		before = look->row[i][group] & ((1ull << word) - 1);
		bits &= look->row[i]
				 [places->of[i] + (uint32_t)__builtin_popcountll(before)];
	}
	return bits;
}

/* The first rule from a place on that all rows have, or nrules. */
static uint32_t
rule_find(const struct filter *filter, const struct policy_look *look, uint32_t index)
{
	uint32_t first = index / 64, group, word;
	struct places places;
	uint64_t summary, bits;
	unsigned i;

	if (look->count == 0)
		return RTE_MIN(index, filter->nrules);
	for (i = 0; i < look->count; i++)
		places.of[i] = filter->groups;
	for (group = 0; group < filter->groups; group++) {
		summary = group < first / 64 ? 0 : summaries_and(look, group);
		if (group == first / 64)
			summary &= ~0ull << first % 64;
		for (; summary != 0; summary &= summary - 1) {
			word = (uint32_t)__builtin_ctzll(summary);
			bits = words_and(look, group, word, &places);
			if (group * 64 + word == first)
				bits &= ~0ull << index % 64;
			if (bits != 0)
				return (group * 64 + word) * 64 +
				       (uint32_t)__builtin_ctzll(bits);
		}
		places_next(&places, look, group);
	}
	return filter->nrules;
}

void
filter_look_first(struct policy_look *look)
{
	look->first = look->filter->body[rule_find(look->filter, look, 0)];
}

uint32_t
filter_next(const struct filter *filter, struct policy_look *look,
	    const struct policy_packet *packet, uint32_t index)
{
	if (look->filter != filter)
		filter_look(filter, look, packet);
	else if (index == 0 && look->first != 0)
		return look->first;
	return filter->body[rule_find(filter, look, index)];
}
