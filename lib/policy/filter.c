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

static uint32_t
row_find(const struct filter_plane *plane, wide value)
{
	uint32_t last;

	if (plane->direct != NULL) {
		last = plane->narrow[plane->ncuts - 1];
		return plane->direct[RTE_MIN((uint32_t)value, last)];
	}
	if (plane->narrow != NULL)
		return narrow_find(plane->narrow, plane->ncuts, (uint32_t)value);
	return wide_find(plane->cut, plane->ncuts, value);
}

static void
rows_find(const struct filter *filter, struct filter_rows *rows,
	  const struct policy_packet *packet)
{
	unsigned family = packet->family == 4 ? 0 : 1, i;
	const struct filter_plane *plane = filter->family[family].plane;
	uint32_t row;

	rows->filter = filter;
	rows->count = filter->family[family].count;
	for (i = 0; i < rows->count; i++) {
		row = row_find(&plane[i], field_load(plane[i].field, packet));
		rows->row[i] = &plane[i].rows[(size_t)row * filter->stride];
		rte_prefetch0(&rows->row[i][filter->words]);
	}
}

static uint64_t
rows_and(const struct filter_rows *rows, uint32_t word)
{
	uint64_t bits = ~0ull;
	unsigned i;

	for (i = 0; i < rows->count; i++)
		bits &= rows->row[i][word];
	return bits;
}

/* The first rule from a place on that all rows have, or nrules. */
static uint32_t
rule_find(const struct filter *filter, const struct filter_rows *rows, uint32_t index)
{
	uint32_t first = index / 64, at, word;
	uint64_t summary, bits;

	for (at = first / 64; at < filter->stride - filter->words; at++) {
		summary = rows_and(rows, filter->words + at);
		if (at == first / 64)
			summary &= ~0ull << first % 64;
		for (; summary != 0; summary &= summary - 1) {
			word = at * 64 + (uint32_t)__builtin_ctzll(summary);
			if (word >= filter->words)
				break;
			bits = rows_and(rows, word);
			if (word == first)
				bits &= ~0ull << index % 64;
			if (bits != 0)
				return word * 64 + (uint32_t)__builtin_ctzll(bits);
		}
	}
	return filter->nrules;
}

uint32_t
filter_next(const struct filter *filter, struct filter_rows *rows,
	    const struct policy_packet *packet, uint32_t index)
{
	if (rows->filter != filter)
		rows_find(filter, rows, packet);
	return filter->body[RTE_MIN(rule_find(filter, rows, index), filter->nrules)];
}
