/* SPDX-License-Identifier: BSD-3-Clause */
/* Choose between the words for one thing and for several, in messages. */
#ifndef COMMON_PLURAL_H
#define COMMON_PLURAL_H

#include <stdint.h>

/* Return `one` if n is 1, else `many`: plural(n, "packet is", "packets are"). */
static inline const char *
plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

#endif
