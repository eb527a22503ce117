/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_malloc.h>

#include "stop.h"

#define MIB 1048576.0
#define HUGE_BYTES (2u << 20)
/* bytes populated between two checks for a signal */
#define POPULATE_BYTES ((size_t)64 << 20)

/* Bytes that must stay free for all other programs. */
#define RESERVE_BYTES (64u << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since Linux 5.14; older headers lack it */
#endif

/* Return the number after a name in /proc/meminfo; 0 if the name is missing. */
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

/* Read a number from a control group file: the one after `key`, or the only one. */
static uint64_t
group_number(const char *folder, const char *file, const char *key)
{
	unsigned long long value = UINT64_MAX;
	char path[PATH_MAX], line[128];
	size_t length = key != NULL ? strlen(key) : 0;
	FILE *stream;

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
		return UINT64_MAX;
	stream = fopen(path, "re");
	if (stream == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), stream) != NULL)
		if ((key == NULL ||
		     (strncmp(line, key, length) == 0 && line[length] == ' ')) &&
		    sscanf(line + length, "%llu", &value) == 1)
			break;
	fclose(stream);
	return value;
}

/* Names of the files and keys in a version of control groups. */
struct group_files {
	const char *root;
	const char *limit;
	const char *usage;
	/* key in memory.stat: memory that the kernel reclaims before it kills */
	const char *cache;
};

static const struct group_files group_v2 = {"/sys/fs/cgroup", "memory.max",
					    "memory.current", "inactive_file"};
static const struct group_files group_v1 = {"/sys/fs/cgroup/memory",
					    "memory.limit_in_bytes",
					    "memory.usage_in_bytes",
					    "total_inactive_file"};

/* Return the memory that a group may still allocate, bytes; UINT64_MAX: no limit. */
static uint64_t
group_available(const struct group_files *files, const char *folder)
{
	uint64_t limit = group_number(folder, files->limit, NULL);
	uint64_t used = group_number(folder, files->usage, NULL), cache;

	if (limit == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	cache = group_number(folder, "memory.stat", files->cache);
	if (cache != UINT64_MAX)
		used -= RTE_MIN(used, cache);
	return limit > used ? limit - used : 0;
}

/* Return the least value of a group and its parents, up to the mounted root. */
static uint64_t
groups_available(const struct group_files *files, const char *group)
{
	char folder[PATH_MAX];
	uint64_t available = UINT64_MAX;
	char *slash;

	snprintf(folder, sizeof(folder), "%s%s", files->root, group);
	for (;;) {
		available = RTE_MIN(available, group_available(files, folder));
		slash = strrchr(folder, '/');
		if (slash == NULL || strlen(folder) <= strlen(files->root))
			return available;
		*slash = '\0';
	}
}

/* Return whether a list such as "cpu,memory" contains a word. */
static bool
has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list != NULL; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
	}
	return false;
}

/*
 * Return the memory that the control groups still allow; beyond it the kernel kills the
 * process. A line of /proc/self/cgroup is "4:cpu,memory:/folder" in version 1,
 * "0::/folder" in version 2.
 */
static uint64_t
cgroup_available(void)
{
	FILE *stream = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX], *controllers, *folder;
	uint64_t available = UINT64_MAX;

	if (stream == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), stream) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		folder = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
		if (folder == NULL)
			continue;
		*folder++ = '\0';
		if (strcmp(line, "0:") == 0)
			available = RTE_MIN(available,
					    groups_available(&group_v2, folder));
		else if (has_word(controllers + 1, "memory"))
			available = RTE_MIN(available,
					    groups_available(&group_v1, folder));
	}
	fclose(stream);
	return available;
}

uint64_t
memory_available(void)
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

/*
 * Populate the pages now, so that packets do not wait for page faults. Older kernels do
 * not support this; there the faults occur later. Returns 0, -ENOMEM or -EINTR.
 */
static int
populate(char *address, size_t bytes)
{
	size_t done, piece;

	for (done = 0; done < bytes; done += piece) {
		if (stop_wanted())
			return -EINTR;
		piece = RTE_MIN(bytes - done, POPULATE_BYTES);
		if (madvise(address + done, piece, MADV_POPULATE_WRITE) == 0)
			continue;
		return errno == ENOMEM || errno == EFAULT ? -ENOMEM : 0;
	}
	return 0;
}

/*
 * Map memory with these flags, and store the address in *memory. Returns 0, -ENOMEM or
 * -EINTR.
 */
static int
map_populated(struct memory *memory, size_t bytes, int flags)
{
	char *address = map(bytes, flags);
	int status;

	if (address == NULL)
		return -ENOMEM;
	if ((flags & MAP_HUGETLB) == 0)
		madvise(address, bytes, MADV_HUGEPAGE);
	status = populate(address, bytes);
	if (status != 0) {
		munmap(address, bytes);
		return status;
	}
	memory->address = address;
	memory->mapped = bytes;
	return 0;
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
	/* the file contains, for example, "always [madvise] never" */
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
	int status;

	memset(memory, 0, sizeof(*memory));
	memory->bytes = bytes;
	if (rte_eal_has_hugepages() != 0) {
		memory->kind = "hugepages of the EAL";
		memory->address = rte_zmalloc_socket("tables", bytes, RTE_CACHE_LINE_SIZE,
						     socket);
		if (memory->address != NULL)
			return 0;
	}
	memory->kind = "hugepages";
	status = map_populated(memory, rounded, MAP_HUGETLB);
	if (status != -ENOMEM)
		return status;
	available = memory_available();
	memory->kind = "ordinary memory, transparent hugepages where there are some";
	if (rounded <= available)
		status = map_populated(memory, rounded, 0);
	if (status != -ENOMEM)
		return status;
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
