/* SPDX-License-Identifier: BSD-3-Clause */
/* Compute how much memory a configuration needs, before any device is used. */
#ifndef SLUICE_SIZES_H
#define SLUICE_SIZES_H

#include <stdbool.h>

#include "config.h"

/* Bytes of a packet buffer besides its data room: the headers of mbuf and mempool. */
#define SIZES_MBUF_HEADER 256u

/* Mbufs in the mempool cache of each worker. */
#define SIZES_POOL_CACHE 256u

/*
 * Return how many mbufs a worker can hold, without those in the queues of its ports.
 * shared: some wires have several workers, so fragments are also held before their owner
 * is known.
 */
unsigned sizes_worker_mbufs(const struct engine_config *engine, bool shared);

/* The memory that a configuration needs, bytes. */
struct sizes {
	size_t tables;
	size_t mbufs;
};

/*
 * Print the memory of each part, one a line, and whether hugepages are available.
 * workers: at least 1. A port is counted with one queue and the configured descriptors,
 * since the real numbers are known only when the device runs. Returns the sums.
 */
struct sizes sizes_report(const struct sluice_config *config, unsigned workers);

#endif
