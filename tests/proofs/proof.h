/* SPDX-License-Identifier: BSD-3-Clause */
/* Arbitrary input for a proof: any value that the type can have. */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __FRAMAC__
#include <__fc_builtin.h>
#else /* declarations for clang-tidy and compilers */
int Frama_C_interval(int min, int max);
void Frama_C_make_unknown(char *p, size_t l);
#endif

/* Give each byte of an object an arbitrary value. */
#define ANY(object) Frama_C_make_unknown((char *)&(object), sizeof(object))

static inline bool
any_bool(void)
{
	return Frama_C_interval(0, 1);
}

/* A number from 0 to max; with -eva-split-return full each is analysed by itself. */
static inline uint32_t
each(uint32_t max)
{
	uint32_t i;

	for (i = 0; i < max; i++)
		if (any_bool())
			break;
	return i;
}

#endif
