/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Integers in network byte order, for code that is compiled without DPDK, mainly for BPF.
 * Names and types are those of rte_byteorder.h. C11 allows a typedef to be declared
 * twice, so a file may include both headers.
 */
#ifndef BASE_BYTEORDER_H
#define BASE_BYTEORDER_H

#include <stdint.h>

typedef uint16_t rte_be16_t;
typedef uint32_t rte_be32_t;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

static inline uint16_t
be16_to_host(rte_be16_t value)
{
	return __builtin_bswap16(value);
}

#else

static inline uint16_t
be16_to_host(rte_be16_t value)
{
	return value;
}

#endif

/* The conversion in the other direction, which is the same operation. */
static inline rte_be16_t
be16_from_host(uint16_t value)
{
	return be16_to_host(value);
}

#endif
