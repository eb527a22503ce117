/* SPDX-License-Identifier: BSD-3-Clause */
/* How much memory a configuration needs, told before a device is touched. */
#ifndef SLUICE_SIZES_H
#define SLUICE_SIZES_H

#include <stdbool.h>

#include "config.h"

/* Bytes of a packet buffer beside its data room: its header, and that of the pool. */
#define SIZES_MBUF_HEADER 256u

/* Of a mempool that a worker takes from. */
#define SIZES_POOL_CACHE 256u

/*
 * Mbufs that a worker can hold, those of its ports' queues not counted. shared: some
 * wires have several workers, so that fragments are gathered before they are judged, too.
 */
unsigned sizes_worker_mbufs(const struct engine_config *engine, bool shared);

/*
 * Print what each part takes, a line each, and whether hugepages are there for it.
 * workers: 1 or more. Ports count with one queue and the descriptors that the
 * configuration asks for: what a device really gets is known when it runs only.
 */
void sizes_report(const struct sluice_config *config, unsigned workers);

#endif
