/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEATS_DEFAULT 5u

static void
usage(FILE *out, const char *program, uint32_t connections)
{
	fprintf(out,
		"usage: %s [-o text|json] [-r repeats] [-c connections] [-s]\n"
		"  -o  rows as text, or as one JSON object a line (text)\n"
		"  -r  measured rounds, 1 to %u (%u)\n"
		"  -c  largest number of connections to measure with (%u)\n"
		"  -s  sweep: 1, 10, 100 .. connections, the simplest traffic only, for "
		"plots\n",
		program, BENCH_REPEATS_MAX, REPEATS_DEFAULT, connections);
}

/* Parse a number from 1 to max. Returns 0 if the text is not one. */
static uint32_t
number_of(const char *text, uint32_t max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || value > max)
		return 0;
	return (uint32_t)value;
}

static bool
option(struct bench *b, int letter, const char *value)
{
	switch (letter) {
	case 'o':
		b->json = strcmp(value, "json") == 0;
		return b->json || strcmp(value, "text") == 0;
	case 'r':
		b->repeats = number_of(value, BENCH_REPEATS_MAX);
		return b->repeats != 0;
	case 's':
		b->sweep = true;
		return true;
	case 'c':
		b->connections = number_of(value, 1u << 30);
		return b->connections != 0;
	default:
		return false;
	}
}

static void
stay_on_this_processor(void)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_note("not bound to a processor: %s", strerror(errno));
}

int
bench_start(struct bench *b, int argc, char **argv, const char *program,
	    uint32_t connections)
{
	int letter;

	*b = (struct bench){.program = program,
			    .repeats = REPEATS_DEFAULT,
			    .connections = connections,
			    .pages = "none"};
	while ((letter = getopt(argc, argv, "o:r:c:sh")) != -1) {
		if (letter == 'h') {
			usage(stdout, argv[0], connections);
			return EXIT_SUCCESS;
		}
		if (letter == '?' || !option(b, letter, optarg)) {
			if (letter != '?')
				fprintf(stderr, "%s: bad value for -%c: %s\n", argv[0],
					letter, optarg);
			usage(stderr, argv[0], connections);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument: %s\n", argv[0], argv[optind]);
		usage(stderr, argv[0], connections);
		return 2;
	}
	stay_on_this_processor();
	setvbuf(stdout, NULL, _IOLBF, 0);
	return BENCH_GO_ON;
}

int
bench_end(struct bench *b)
{
	/*
	 * Report a busy machine although only CPU time counts: other programs also slow
	 * caches and memory down.
	 */
	if (b->wall_ns > b->cpu_ns + b->cpu_ns / 20)
		bench_note("%s: the machine was busy: %.0f percent of the time went to "
			   "others",
			   b->program,
			   100.0 - 100.0 * (double)b->cpu_ns / (double)b->wall_ns);
	if (b->any_row)
		return EXIT_SUCCESS;
	bench_note("%s: nothing was measured", b->program);
	return EXIT_FAILURE;
}

void
bench_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("# ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t
bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
bench_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int
compare_doubles(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

double
bench_median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* params as a JSON object: numbers stay numbers, everything else is a string. */
static void
print_params(const char *params)
{
	char copy[256], *save = NULL, *word, *value;
	const char *comma = "";

	snprintf(copy, sizeof(copy), "%s", params);
	putchar('{');
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		if (*value != '\0' && strspn(value, "0123456789") == strlen(value))
			printf("%s\"%s\":%s", comma, word, value);
		else
			printf("%s\"%s\":\"%s\"", comma, word, value);
		comma = ",";
	}
	putchar('}');
}

static void
print_head(struct bench *b)
{
	if (!b->any_row && !b->json)
		printf("%-8s %-26s %-40s %9s %9s %9s %7s\n", "bench", "case",
		       "parameters", "ns", "min", "max", "ratio");
	b->any_row = true;
}

static void
print_row(struct bench *b, const char *params, const struct bench_case *c)
{
	print_head(b);
	if (b->json) {
		printf("{\"bench\":\"%s\",\"case\":\"%s\",\"params\":", b->program,
		       c->name);
		print_params(params);
		printf(",\"ns\":%.3f,\"min\":%.3f,\"max\":%.3f,"
		       "\"ratio\":%.3f,\"rounds\":%u,"
		       "\"pages\":\"%s\"}\n",
		       c->median, c->min, c->max, c->ratio, b->repeats, b->pages);
		return;
	}
	printf("%-8s %-26s %-40s %9.2f %9.2f %9.2f %7.2f\n", b->program, c->name, params,
	       c->median, c->min, c->max, c->ratio);
}

void
bench_value(struct bench *b, const char *params, const char *name, double value,
	    const char *unit)
{
	print_head(b);
	if (b->json) {
		printf("{\"bench\":\"%s\",\"case\":\"%s\",\"params\":", b->program, name);
		print_params(params);
		printf(",\"value\":%.6g,\"unit\":\"%s\"}\n", value, unit);
	} else {
		printf("%-8s %-26s %-40s %9.4g %s\n", b->program, name, params, value,
		       unit);
	}
}

static double
run_once(struct bench *b, struct bench_case *c)
{
	uint64_t wall, cpu, operations;

	if (c->prepare != NULL)
		c->prepare(c->arg);
	wall = bench_now_ns();
	cpu = bench_cpu_ns();
	operations = c->run(c->arg);
	cpu = bench_cpu_ns() - cpu;
	wall = bench_now_ns() - wall;
	if (!c->wall) {
		b->wall_ns += wall;
		b->cpu_ns += cpu;
	}
	return (double)(c->wall ? wall : cpu) /
	       (double)(operations != 0 ? operations : 1);
}

static void
summarize(struct bench_case *c, const double *first, unsigned rounds)
{
	double values[BENCH_REPEATS_MAX];
	unsigned i;

	for (i = 0; i < rounds; i++)
		values[i] = c->ns[i] / first[i];
	c->ratio = bench_median(values, rounds);
	memcpy(values, c->ns, rounds * sizeof(values[0]));
	c->median = bench_median(values, rounds);
	c->min = values[0];
	c->max = values[rounds - 1];
}

void
bench_run(struct bench *b, const char *params, struct bench_case *cases, unsigned n)
{
	unsigned round, i;

	for (i = 0; i < n; i++)
		run_once(b, &cases[i]);
	for (round = 0; round < b->repeats; round++)
		for (i = 0; i < n; i++)
			cases[i].ns[round] = run_once(b, &cases[i]);
	for (i = 0; i < n; i++) {
		summarize(&cases[i], cases[0].ns, b->repeats);
		print_row(b, params, &cases[i]);
	}
}
