/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared by the fuzz targets: the input as a sequence of bytes, and require() for what
 * must hold.
 *
 * With FUZZ_LIE in the environment each target also requires something false about a
 * state that only a long input reaches. The corpus must then fail. This shows that a
 * broken requirement is noticed, and that the corpus reaches such states.
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

/* Return the next byte of the input; 0 at its end. */
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

static inline _Noreturn void
require_failed(const char *text, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
	abort();
}

#define require(claim)                                                                   \
	do {                                                                             \
		if (!(claim))                                                            \
			require_failed(#claim, __FILE__, __LINE__);                      \
	} while (0)

/* With FUZZ_LIE set: require `claim`, which is false for some inputs of the corpus. */
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
