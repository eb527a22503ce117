/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK as a replay needs it: no hugepages, no devices but its own, no files, no
 * privileges, so that any number of replays run side by side.
 */
#ifndef REPLAY_EAL_H
#define REPLAY_EAL_H

#include <rte_mempool.h>

/*
 * Start the EAL with memory for `mbufs` packets. Returns 0, or -errno: it says why
 * itself.
 */
int eal_start(const char *program, unsigned mbufs);

/* The packets' memory; NULL: rte_errno. */
struct rte_mempool *eal_mempool(unsigned mbufs);

#endif
