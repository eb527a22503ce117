/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Set up DPDK for a replay: no hugepages, no hardware devices, no files, no privileges.
 * Any number of replays can run in parallel.
 */
#ifndef REPLAY_EAL_H
#define REPLAY_EAL_H

#include <rte_mempool.h>

/*
 * Initialize the EAL with memory for `mbufs` packets. Returns 0, or -errno after the EAL
 * has printed the reason.
 */
int eal_start(const char *program, unsigned mbufs);

/* Create the mempool of the packets. Returns NULL with rte_errno on failure. */
struct rte_mempool *eal_mempool(unsigned mbufs);

#endif
