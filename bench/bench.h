/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared by the benchmarks: options, memory in huge pages, the measuring loop, and the
 * output rows. One program answers one question; README.md describes the method.
 *
 * A measurement is an array of cases that do the same work in different ways. bench_run()
 * runs each once without measuring, and then all in turn for several rounds, so that
 * other load of the machine affects all cases alike. A row has median, minimum and
 * maximum, and the ratio to the first case, computed for each round. On a shared machine
 * the ratio is the most reliable figure.
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		struct bench b;
 *		struct bench_case cases[] = {
 *			{.name = "floor", .run = bench_floor_run, .arg = &floor},
 *			{.name = "engine", .prepare = rewind, .run = packets,
 *			 .arg = &state},
 *		};
 *		int rc = bench_start(&b, argc, argv, "engine", 1000000);
 *
 *		if (rc != BENCH_GO_ON)
 *			return rc;
 *		...
 *		bench_run(&b, "connections=1000 order=zipf", cases, 2);
 *		return bench_end(&b);
 *	}
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_GO_ON (-1)
#define BENCH_REPEATS_MAX 101u
#define BENCH_LINE 64u

struct bench {
	const char *program;
	bool json;
	unsigned repeats;
	uint32_t connections; /* largest number of connections to measure with */
	/* measure each power of ten, for a plot, with the simplest traffic only */
	bool sweep;
	bool any_row;
	const char *pages; /* kind of pages of the last bench_memory() */
	uint64_t wall_ns;  /* time in all run() so far: wall clock and CPU */
	uint64_t cpu_ns;
};

/*
 * One way to do the work. run() does it and returns the number of operations (packets,
 * lookups); the CPU time of this thread in run() is measured, or with `wall` the wall
 * clock, where other threads do a part of the work. prepare(), which may be NULL, is
 * called before each run() and not measured.
 */
struct bench_case {
	const char *name;
	void (*prepare)(void *arg);
	uint64_t (*run)(void *arg);
	void *arg;
	bool wall;
	/* filled by bench_run() */
	double median, min, max; /* nanoseconds an operation */
	double ratio;            /* ratio to the first case, median of the rounds */
	double ns[BENCH_REPEATS_MAX];
};

/*
 * Read the options (-o json|text, -r repeats, -c connections, -s, -h), and pin the
 * process to its current processor. Returns BENCH_GO_ON, or the exit status.
 */
int bench_start(struct bench *b, int argc, char **argv, const char *program,
		uint32_t connections);

/* Exit status of the program. */
int bench_end(struct bench *b);

/*
 * Measure n cases and print a row for each. params: words "name=value", separated by
 * blanks.
 */
void bench_run(struct bench *b, const char *params, struct bench_case *cases, unsigned n);

/* The median of n values, which are sorted. */
double bench_median(double *values, unsigned n);

/* Print a row with a number that is not a time, and its unit. */
void bench_value(struct bench *b, const char *params, const char *name, double value,
		 const char *unit);

/* Print a note on stderr, so that stdout has only rows. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Return the monotonic time, to measure something without bench_run(). */
uint64_t bench_now_ns(void);

/* Return the CPU time of this thread. */
uint64_t bench_cpu_ns(void);

/*
 * Return zeroed memory, aligned to 2 MiB, with all pages present: reserved huge pages,
 * else transparent huge pages, else small pages; b->pages says which. Returns NULL, after
 * a note, when there is not enough.
 */
void *bench_memory(struct bench *b, size_t bytes);
void bench_memory_free(void *memory, size_t bytes);

/* Ask the kernel for transparent huge pages in mapped memory. */
void bench_memory_advise(void *memory, size_t bytes);

/* Whether this much memory is free. */
bool bench_has_memory(size_t bytes);

/*
 * Start DPDK's EAL without devices and without reserved huge pages. Returns 0, or -1
 * after a note.
 */
int bench_eal(const struct bench *b, unsigned megabytes);

/* A random number generator; it gives the same numbers in each run. */
struct bench_random {
	uint64_t state;
};

uint64_t bench_random(struct bench_random *r);
uint32_t bench_random_below(struct bench_random *r, uint32_t below);

enum bench_order {
	BENCH_UNIFORM,
	BENCH_ZIPF, /* Zipf with exponent 1.0, in a shuffled order */
};

/*
 * Fill order with count numbers below n, drawn by `kind`; the same arguments give the
 * same numbers.
 */
void bench_order(uint32_t *order, uint32_t count, uint32_t n, enum bench_order kind);

/*
 * The floor: a lower bound of the time that an operation takes because of cache misses.
 * It reads one or two cache lines for each operation, prefetched for 32 operations at a
 * time from addresses that are known in advance. No code that needs the same lines can be
 * faster.
 */
struct bench_floor {
	char *first; /* line first_order[i] is at first_order[i] * first_stride */
	size_t first_stride;
	const uint32_t *first_order;
	char *second; /* NULL: one line */
	size_t second_stride;
	const uint32_t *second_order;
	bool write; /* add 1 to the 4 bytes at write_offset of the second line */
	size_t write_offset;
	uint32_t count; /* operations, a multiple of 32 */
};

uint64_t bench_floor_run(void *floor);

/* Keep the compiler from removing the computation of a value. */
static inline void
bench_use(uint64_t value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
}

#endif
