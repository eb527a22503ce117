/* SPDX-License-Identifier: BSD-3-Clause */
/* What filter_build.c makes and filter.c reads. */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

#include "ir.h"

/* A field's values cut into ranges, the last cut that is not above a value being its row's. */
struct filter_plane {
	enum field_id field;
	uint32_t ncuts;
	wide *cut;        /* the first is 0 */
	uint32_t *narrow; /* of 32 bits: the same cuts */
	uint16_t *
		direct; /* of 16 bits at most: the row of each value up to the last cut */
	uint64_t *rows; /* filter->stride words of each */
};

struct filter {
	uint32_t nrules;
	uint32_t words;  /* of a row's rules; the summary follows: a bit a word */
	uint32_t stride; /* both */
	uint32_t *body;  /* where each rule is entered, and the chain's end */
	struct {
		struct filter_plane plane[FILTER_PLANES_MAX];
		unsigned count;
	} family[2]; /* IPv4, IPv6 */
};

#endif
