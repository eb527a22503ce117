/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of the tables: large, taken once, and touched at random, so the size of its
 * pages decides how fast it is. Tried in this order: hugepages that the EAL holds,
 * hugepages of the kernel, transparent hugepages on ordinary memory. Whether there is
 * enough is found out before anything is touched.
 */
#ifndef SLUICE_MEMORY_H
#define SLUICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory {
	void *address; /* zeroed, aligned to a page */
	size_t bytes;
	const char *kind; /* for people */
	size_t mapped;    /* 0: the EAL's */
};

/*
 * Take memory near a NUMA node, all of it there at once, so that no packet waits for a
 * page. Returns 0, or -ENOMEM and in message how much is needed and how much there is, or
 * -EINTR: the program is to end (stop.h).
 */
int memory_take(struct memory *memory, size_t bytes, int socket, char *message,
		size_t message_size);

/* Bytes of free hugepages of the kernel's default size, now. */
uint64_t memory_hugepages_free(void);

/*
 * Whether ordinary memory may get transparent hugepages when asked for, as memory_take()
 * does.
 */
bool memory_transparent(void);

void memory_free(struct memory *memory);

#endif
