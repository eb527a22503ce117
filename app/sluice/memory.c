/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#define MIB 1048576.0
#define HUGE_BYTES (2u << 20)

/* What must stay free for everything else on the machine. */
#define RESERVE_BYTES (64u << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* A number behind a name in /proc/meminfo; 0: not there. */
static uint64_t
meminfo(const char *name)
{
	FILE *stream = fopen("/proc/meminfo", "re");
	unsigned long long value = 0;
	size_t length = strlen(name);
	char line[128];

	if (stream == NULL)
		return 0;
	while (fgets(line, sizeof(line), stream) != NULL) {
		if (strncmp(line, name, length) == 0 &&
		    sscanf(line + length, ": %llu", &value) == 1)
			break;
	}
	fclose(stream);
	return value;
}

static uint64_t
read_number(const char *folder, const char *file)
{
	unsigned long long value = UINT64_MAX;
	char path[512];
	FILE *stream;

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", folder, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return UINT64_MAX;
	if (fscanf(stream, "%llu", &value) != 1)
		value = UINT64_MAX; /* "max" */
	fclose(stream);
	return value;
}

/* What the control group leaves us; past it the kernel kills. */
static uint64_t
cgroup_available(void)
{
	FILE *stream = fopen("/proc/self/cgroup", "re");
	uint64_t most, used;
	char line[320], *folder = NULL;

	if (stream == NULL)
		return UINT64_MAX;
	while (folder == NULL && fgets(line, sizeof(line), stream) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0)
			folder = line + 3;
	}
	fclose(stream);
	if (folder == NULL)
		return UINT64_MAX;
	most = read_number(folder, "memory.max");
	used = read_number(folder, "memory.current");
	if (most == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	return most > used ? most - used : 0;
}

static uint64_t
ordinary_available(void)
{
	uint64_t bytes = RTE_MIN(meminfo("MemAvailable") * 1024, cgroup_available());

	return bytes > RESERVE_BYTES ? bytes - RESERVE_BYTES : 0;
}

static void *
map(size_t bytes, int flags)
{
	void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return address == MAP_FAILED ? NULL : address;
}

/* Ordinary memory, in hugepages where the kernel finds some, all of it there at once. */
static void *
map_ordinary(size_t bytes)
{
	char *address = map(bytes, 0);

	if (address == NULL)
		return NULL;
	madvise(address, bytes, MADV_HUGEPAGE);
	/* no page faults among the packets; an older kernel takes them there */
	if (madvise(address, bytes, MADV_POPULATE_WRITE) != 0 && errno == ENOMEM) {
		munmap(address, bytes);
		return NULL;
	}
	return address;
}

uint64_t
memory_hugepages_free(void)
{
	return meminfo("HugePages_Free") * meminfo("Hugepagesize") * 1024;
}

bool
memory_transparent(void)
{
	FILE *stream = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[64] = "";
	bool any;

	if (stream == NULL)
		return false;
	/* "always [madvise] never" */
	any = fgets(line, sizeof(line), stream) != NULL &&
	      strstr(line, "[never]") == NULL;
	fclose(stream);
	return any;
}

int
memory_take(struct memory *memory, size_t bytes, int socket, char *message,
	    size_t message_size)
{
	size_t rounded = RTE_ALIGN_CEIL(bytes, HUGE_BYTES);
	uint64_t available;

	memset(memory, 0, sizeof(*memory));
	memory->bytes = bytes;
	if (rte_eal_has_hugepages() != 0) {
		memory->kind = "hugepages of the EAL";
		memory->address = rte_zmalloc_socket("tables", bytes, RTE_CACHE_LINE_SIZE,
						     socket);
		if (memory->address != NULL)
			return 0;
	}
	memory->mapped = rounded;
	memory->kind = "hugepages";
	memory->address = map(rounded, MAP_HUGETLB | MAP_POPULATE);
	if (memory->address != NULL)
		return 0;
	available = ordinary_available();
	memory->kind = "ordinary memory, transparent hugepages where there are some";
	if (rounded <= available)
		memory->address = map_ordinary(rounded);
	if (memory->address != NULL)
		return 0;
	memory->mapped = 0;
	snprintf(message, message_size,
		 "the tables of a worker need %.0f MiB, there are %.0f MiB of memory and "
		 "%.0f MiB of hugepages: lower conntrack.max or max_ipv6, or add memory",
		 (double)bytes / MIB, (double)available / MIB,
		 (double)memory_hugepages_free() / MIB);
	return -ENOMEM;
}

void
memory_free(struct memory *memory)
{
	if (memory->mapped != 0)
		munmap(memory->address, memory->mapped);
	else
		rte_free(memory->address);
	memory->address = NULL;
}
