/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measures the floor of this machine: the time to read the cache lines of a packet when
 * their addresses are known in advance and nothing else is done. The other benchmarks are
 * compared with it.
 */
#include "bench.h"

#include <stdio.h>

/* number of cache lines read in a round; reading one is an operation */
#define LINES (1u << 20)

static void
measure(struct bench *b, size_t bytes, uint32_t *first, uint32_t *second)
{
	uint32_t lines = (uint32_t)(bytes / BENCH_LINE);
	struct bench_floor one = {.first_stride = BENCH_LINE, .count = LINES};
	struct bench_floor read, written;
	struct bench_case cases[] = {
		{.name = "one line", .run = bench_floor_run, .arg = &one},
		{.name = "two lines", .run = bench_floor_run, .arg = &read},
		{.name = "two lines, one written",
		 .run = bench_floor_run,
		 .arg = &written},
	};
	struct bench_random r = {4711};
	char params[64];
	uint32_t i;

	one.first = bench_memory(b, bytes);
	if (one.first == NULL)
		return;
	for (i = 0; i < LINES; i++) {
		first[i] = bench_random_below(&r, lines);
		second[i] = bench_random_below(&r, lines);
	}
	one.first_order = first;
	read = one;
	read.second = one.first;
	read.second_stride = BENCH_LINE;
	read.second_order = second;
	written = read;
	written.write = true;
	snprintf(params, sizeof(params), "kib=%zu", bytes >> 10);
	bench_run(b, params, cases, 3);
	bench_memory_free(one.first, bytes);
}

int
main(int argc, char **argv)
{
	static const size_t kib[] = {32, 512, 8192, 65536, 262144, 1048576};
	uint32_t *orders;
	struct bench b;
	unsigned i;
	int rc = bench_start(&b, argc, argv, "floor", 1);

	if (rc != BENCH_GO_ON)
		return rc;
	orders = bench_memory(&b, 2 * LINES * sizeof(*orders));
	if (orders == NULL)
		return 1;
	for (i = 0; i < sizeof(kib) / sizeof(kib[0]); i++)
		measure(&b, kib[i] << 10, orders, orders + LINES);
	bench_memory_free(orders, 2 * LINES * sizeof(*orders));
	return bench_end(&b);
}
