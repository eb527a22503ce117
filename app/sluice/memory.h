/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of the tables. It is large and accessed at random, so the page size decides how
 * fast it is. These are tried in turn: hugepages of the EAL, hugepages of the kernel,
 * transparent hugepages in ordinary memory. Whether enough memory is available is checked
 * before any of it is populated.
 */
#ifndef SLUICE_MEMORY_H
#define SLUICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory {
	void *address; /* zeroed and page aligned */
	size_t bytes;
	const char *kind; /* kind of memory, for messages */
	size_t mapped;    /* size of the mapping, bytes; 0: memory of the EAL */
};

/*
 * Allocate memory near a NUMA node and populate it, so that no packet waits for a page
 * fault. Returns 0; -ENOMEM, and message says how much is needed and available; or
 * -EINTR: the program shall end (stop.h).
 */
int memory_take(struct memory *memory, size_t bytes, int socket, char *message,
		size_t message_size);

/*
 * Return the bytes of ordinary memory that the machine and the control group of the
 * process have left, without a reserve for other programs.
 */
uint64_t memory_available(void);

/* Return the free bytes in hugepages of the kernel's default size. */
uint64_t memory_hugepages_free(void);

/* Return whether transparent hugepages are available to memory_take(). */
bool memory_transparent(void);

void memory_free(struct memory *memory);

#endif
