/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets share: bytes read one by one, and claims that have to hold.
 *
 * With FUZZ_LIE in the environment each target makes one claim that is wrong, about
 * something that only a deep input reaches. Its corpus must then fail: so a claim that
 * breaks is noticed, and the corpus gets that far.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *at;
	size_t left;
};

/* The next byte; 0 when there is none. */
static inline uint8_t
bytes_u8(struct bytes *b)
{
	if (b->left == 0)
		return 0;
	b->left--;
	return *b->at++;
}

static inline uint16_t
bytes_u16(struct bytes *b)
{
	uint16_t high = bytes_u8(b);

	return (uint16_t)(high << 8 | bytes_u8(b));
}

#define require(claim) require_at((claim), #claim, __FILE__, __LINE__)

static inline void
require_at(bool claim, const char *text, const char *file, int line)
{
	if (claim)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
	abort();
}

/* A claim that deep inputs disprove; made only to see it fail. */
static inline void
lie(bool claim)
{
	static int lying = -1;

	if (lying < 0)
		lying = getenv("FUZZ_LIE") != NULL;
	if (lying)
		require(claim);
}

#endif
