/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mempool of packet buffers of a NUMA node. DPDK keeps each mbuf inside a page, so
 * that its memory is contiguous for a device; this leaves a gap at the end of each page.
 * The driver net_af_xdp registers the pool with the kernel as one area of (number of
 * mbufs) x (size of one), which does not count the gaps. Mbufs at the end of the pool
 * then lie outside the area, the kernel silently refuses them in the fill ring, and when
 * only such mbufs circulate, the port receives nothing any more. Such a port needs a pool
 * without gaps, in one chunk.
 */
#ifndef SLUICE_POOL_H
#define SLUICE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

/*
 * Create a pool of mbufs with a data room of `room` bytes near a NUMA node. contiguous:
 * in one chunk without gaps. Returns 0 or -errno; -ENOBUFS: there is enough memory, but
 * not in one piece.
 */
int pool_create(struct rte_mempool **pool, unsigned node, unsigned mbufs, uint16_t room,
		bool contiguous);

#endif
