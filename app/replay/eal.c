/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#define BASE_MB 32u /* megabytes for EAL and ethdev, without the packets */
/* mbufs in the mempool's cache of a thread, in addition to those in its ring */
#define CACHE_MBUFS 128u
/* bytes of an mbuf with all overhead */
#define MBUF_BYTES (RTE_MBUF_DEFAULT_BUF_SIZE + 512u)

/*
 * Write the EAL argument for one lcore that may run on each core that this process may
 * use: "0@(2,3)". With a fixed core, parallel replays would share it.
 */
static void
lcores(char *text, size_t size)
{
	const char *separator = "0@(";
	size_t used = 0;
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_SET(0, &set);
	for (cpu = 0; cpu < CPU_SETSIZE && used + 8 < size; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%d", separator,
					 cpu);
		separator = ",";
	}
	snprintf(text + used, size - used, ")");
}

int
eal_start(const char *program, unsigned mbufs)
{
	char name[64], cores[1024], memory[16];
	char *argv[] = {
		name,
		(char[]){"--no-huge"},
		/* the EAL does not accept --in-memory with --no-huge */
		(char[]){"--no-shconf"},
		(char[]){"--no-pci"},
		(char[]){"--no-telemetry"},
		(char[]){"--log-level=*:error"},
		(char[]){"--lcores"},
		cores,
		(char[]){"-m"},
		memory,
	};

	snprintf(name, sizeof(name), "%s", program);
	lcores(cores, sizeof(cores));
	snprintf(memory, sizeof(memory), "%u",
		 BASE_MB + (unsigned)((uint64_t)mbufs * MBUF_BYTES >> 20));
	return rte_eal_init(RTE_DIM(argv), argv) < 0 ? -rte_errno : 0;
}

struct rte_mempool *
eal_mempool(unsigned mbufs)
{
	unsigned cache = RTE_MIN(mbufs / 4, CACHE_MBUFS);

	return rte_pktmbuf_pool_create("packets", mbufs, cache, 0,
				       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
}
