/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the benchmarks share: options, memory in huge pages, the measuring loop and the
 * rows. One program answers one question; the method is in README.md.
 *
 * A measurement is an array of cases that do the same work in different ways. bench_run()
 * lets each run once unmeasured, and then in turn, over and over, so that whatever else
 * the machine does hits all of them alike. Rows carry the median, the least and the most,
 * and the ratio to the first case, taken round by round, which is what to trust on a
 * shared machine.
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
	uint32_t connections; /* the largest number to measure with */
	bool sweep; /* every power of ten, for a plot; only the simplest traffic */
	bool any_row;
	const char *pages; /* of the last bench_memory() */
	uint64_t wall_ns;  /* spent in all run() so far, and on the processor of that */
	uint64_t cpu_ns;
};

/*
 * One way to do the work. run() returns how many operations (packets, lookups) it has
 * done; only its time counts, and of that what this thread was on the processor.
 * prepare(), may be NULL, comes before each run and does not count.
 */
struct bench_case {
	const char *name;
	void (*prepare)(void *arg);
	uint64_t (*run)(void *arg);
	void *arg;
	/* filled by bench_run() */
	double median, min, max; /* nanoseconds an operation */
	double ratio;            /* to the first case: median over the rounds */
	double ns[BENCH_REPEATS_MAX];
};

/*
 * Read the options: -o json|text, -r repeats, -c connections, -s, -h. Stays on the
 * processor that it runs on. Returns BENCH_GO_ON, or the exit status.
 */
int bench_start(struct bench *b, int argc, char **argv, const char *program,
		uint32_t connections);

/* Exit status of the program. */
int bench_end(struct bench *b);

/*
 * Measure n cases and print a row each. params: words "name=value", blanks between them.
 */
void bench_run(struct bench *b, const char *params, struct bench_case *cases, unsigned n);

/* The median of n values, which are sorted. */
double bench_median(double *values, unsigned n);

/* Print a row that is not a time: a number with its unit. */
void bench_value(struct bench *b, const char *params, const char *name, double value,
		 const char *unit);

/* Say something that is no row: on stderr, so that the rows stay clean. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Monotonic time, for what bench_run() does not measure. */
uint64_t bench_now_ns(void);

/* Time that this thread was on the processor. */
uint64_t bench_cpu_ns(void);

/*
 * Zeroed memory, touched, aligned to 2 MiB: in reserved huge pages, else in transparent
 * ones, else in plain pages; b->pages says which. NULL, with a note, when there is not as
 * much.
 */
void *bench_memory(struct bench *b, size_t bytes);
void bench_memory_free(void *memory, size_t bytes);

/* Ask for transparent huge pages in memory that somebody else has mapped. */
void bench_memory_advise(void *memory, size_t bytes);

/* Whether this much memory is free. */
bool bench_has_memory(size_t bytes);

/*
 * Start DPDK's EAL without devices and without reserved huge pages. 0, or -1 with a note.
 */
int bench_eal(const struct bench *b, unsigned megabytes);

/* Numbers: the same sequence in each run. */
struct bench_random {
	uint64_t state;
};

uint64_t bench_random(struct bench_random *r);
uint32_t bench_random_below(struct bench_random *r, uint32_t below);

enum bench_order {
	BENCH_UNIFORM,
	BENCH_ZIPF, /* exponent 1.0; which is how popular, is shuffled */
};

/* count numbers below n in an order; the same for the same arguments. */
void bench_order(uint32_t *order, uint32_t count, uint32_t n, enum bench_order kind);

/*
 * The physical floor: for each operation one or two cache lines, known beforehand, 32
 * operations prefetched at a time. Nothing that fetches the same lines can be faster.
 */
struct bench_floor {
	char *first; /* of line first_order[i], stride bytes apart */
	size_t first_stride;
	const uint32_t *first_order;
	char *second; /* NULL: one line */
	size_t second_stride;
	const uint32_t *second_order;
	bool write; /* the second line, at offset write_offset, 4 bytes: one is added */
	size_t write_offset;
	uint32_t count; /* operations, a multiple of 32 */
};

uint64_t bench_floor_run(void *floor);

/* Have the compiler believe that a value is used. */
static inline void
bench_use(uint64_t value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
}

#endif
