/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory, random numbers and the floor of bench.h. */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#define HUGE (UINT64_C(2) << 20)
#define FLOOR_BURST 32u
#define EAL_WORDS 8

static size_t
round_up(size_t bytes)
{
	return (bytes + HUGE - 1) & ~(HUGE - 1);
}

/* KiB of this process's memory in transparent huge pages. */
static unsigned long
transparent_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kib = 0;
	char line[256];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "AnonHugePages: %lu", &kib) == 1)
			break;
	fclose(file);
	return kib;
}

bool
bench_has_memory(size_t bytes)
{
	unsigned long available = 0;
	FILE *file = fopen("/proc/meminfo", "r");
	char line[256];

	if (file == NULL)
		return true;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %lu", &available) == 1)
			break;
	fclose(file);
	return bytes / 1024 + 65536 < available;
}

/*
 * Map memory aligned to huge pages: map one huge page more, then unmap what is before and
 * after.
 */
static void *
map_aligned(size_t bytes)
{
	char *map = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (map == MAP_FAILED)
		return NULL;
	before = (HUGE - ((uintptr_t)map & (HUGE - 1))) & (HUGE - 1);
	if (before != 0)
		munmap(map, before);
	munmap(map + before + bytes, HUGE - before);
	return map + before;
}

void
bench_memory_advise(void *memory, size_t bytes)
{
	/* fails where the kernel has none: then use small pages */
	madvise(memory, bytes, MADV_HUGEPAGE);
}

void *
bench_memory(struct bench *b, size_t bytes)
{
	unsigned long before = transparent_kib();
	void *memory;

	bytes = round_up(bytes);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (memory != MAP_FAILED) {
		b->pages = "hugetlb";
		return memory;
	}
	memory = bench_has_memory(bytes) ? map_aligned(bytes) : NULL;
	if (memory == NULL) {
		bench_note("%zu MiB of memory are not to be had", bytes >> 20);
		return NULL;
	}
	bench_memory_advise(memory, bytes);
	memset(memory, 0, bytes);
	b->pages = transparent_kib() - before >= bytes / 2048 ? "transparent" : "plain";
	return memory;
}

void
bench_memory_free(void *memory, size_t bytes)
{
	if (memory != NULL)
		munmap(memory, round_up(bytes));
}

static int
advise_list(const struct rte_memseg_list *list, void *arg)
{
	(void)arg;
	bench_memory_advise(list->base_va, list->len);
	return 0;
}

int
bench_eal(const struct bench *b, unsigned megabytes)
{
	static const char *const words[] = {"--no-huge", "--no-shconf", "--no-pci",
					    "--no-telemetry", "--log-level=error"};
	char text[EAL_WORDS][32], *argv[EAL_WORDS + 1];
	unsigned n = 0, i;

	/* EAL wants strings that it may change */
	snprintf(text[n++], sizeof(text[0]), "%s", b->program);
	for (i = 0; i < RTE_DIM(words); i++)
		snprintf(text[n++], sizeof(text[0]), "%s", words[i]);
	snprintf(text[n++], sizeof(text[0]), "-m%u", megabytes);
	snprintf(text[n++], sizeof(text[0]), "-l%d", sched_getcpu());
	for (i = 0; i < n; i++)
		argv[i] = text[i];
	argv[n] = NULL;
	if (rte_eal_init((int)n, argv) < 0) {
		bench_note("EAL does not start: %s", rte_strerror(rte_errno));
		return -1;
	}
	/* --no-huge: ask for transparent huge pages before the memory is used */
	rte_memseg_list_walk(advise_list, NULL);
	return 0;
}

uint64_t
bench_random(struct bench_random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

uint32_t
bench_random_below(struct bench_random *r, uint32_t below)
{
	return (uint32_t)(((bench_random(r) >> 32) * below) >> 32);
}

/*
 * Draw a number below n by Zipf's law with exponent 1.0. Inverting the continuous density
 * 1/x gives a rank: r has the probability ln((r + 1) / r) / ln(n + 1). To shuffle ranks
 * without memory, the rank is multiplied by an odd number modulo a power of two that is
 * at least n, repeatedly until the result is below n.
 */
static uint32_t
zipf(struct bench_random *r, uint32_t n)
{
	double u = (double)(bench_random(r) >> 11) * 0x1p-53;
	uint64_t number = (uint64_t)pow((double)n + 1, u) - 1;
	uint64_t mask = 1;

	while (mask < n)
		mask <<= 1;
	mask--;
	do
		number = (number * UINT64_C(0x9e3779b1) + 12345) & mask;
	while (number >= n);
	return (uint32_t)number;
}

void
bench_order(uint32_t *order, uint32_t count, uint32_t n, enum bench_order kind)
{
	struct bench_random r = {88172645463325252u + n};
	uint32_t i;

	for (i = 0; i < count; i++)
		order[i] = kind == BENCH_ZIPF ? zipf(&r, n) : bench_random_below(&r, n);
}

uint64_t
bench_floor_run(void *arg)
{
	const struct bench_floor *f = arg;
	uint32_t i, j, value;
	uint64_t sum = 0;
	char *line;

	for (i = 0; i + FLOOR_BURST <= f->count; i += FLOOR_BURST) {
		for (j = i; j < i + FLOOR_BURST; j++) {
			__builtin_prefetch(f->first +
					   f->first_order[j] * f->first_stride);
			if (f->second != NULL)
				__builtin_prefetch(f->second +
						   f->second_order[j] * f->second_stride);
		}
		for (j = i; j < i + FLOOR_BURST; j++) {
			memcpy(&value, f->first + f->first_order[j] * f->first_stride, 4);
			sum += value;
			if (f->second == NULL)
				continue;
			line = f->second + f->second_order[j] * f->second_stride +
			       f->write_offset;
			memcpy(&value, line, 4);
			sum += value++;
			if (f->write)
				memcpy(line, &value, 4);
		}
	}
	bench_use(sum);
	return i;
}
