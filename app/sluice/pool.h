/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mempool of packet buffers of a NUMA node.
 *
 * DPDK keeps each mbuf inside a page, so that a device finds it in one piece: the pool
 * has a gap at the end of each page. The driver net_af_xdp registers the pool with the
 * kernel as one area of (number of mbufs) x (size of one), without the gaps: mbufs at the
 * end of the pool lie outside, the kernel refuses them in the fill ring without a word,
 * and once all that circulate are of these, the port receives nothing any more. Such a
 * port needs a pool without gaps, of one chunk.
 */
#ifndef SLUICE_POOL_H
#define SLUICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

/*
 * Make a pool of mbufs of `room` bytes near a NUMA node; contiguous: without gaps, in one
 * chunk. Returns 0, or -errno: -ENOMEM, or -ENOBUFS when there is memory, but not in one
 * piece.
 */
int pool_create(struct rte_mempool **pool, unsigned node, unsigned mbufs, uint16_t room,
		bool contiguous);

#endif
