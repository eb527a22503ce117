/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model check: explores each universe and prints TAP, one test for each. See
 * README.md.
 *
 *	model_check [--states N] [--seconds N] [--universe NAME] [--threads N]
 *	            [--quiet] [--first]
 *
 * --first: stop at the first violation; do not search for a shorter path to it. Exit
 * status: 0 no violation; 1 a property is violated, and the path is printed; 2 usage.
 */
#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

struct options {
	uint64_t states; /* limit for all universes together */
	double seconds;
	const char *universe;
	unsigned threads;
	bool quiet, first;
};

static int
usage(void)
{
	unsigned i;

	fprintf(stderr, "usage: model_check [--states N] [--seconds N] [--universe NAME] "
			"[--threads N] [--quiet] [--first]\nuniverses:");
	for (i = 0; i < universe_count; i++)
		fprintf(stderr, " %s", universes[i].name);
	fprintf(stderr, "\n");
	return 2;
}

static bool
number(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && *end == '\0' && *value > 0 && *value < 1e12;
}

static bool
parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{"states", required_argument, NULL, 's'},
		{"seconds", required_argument, NULL, 't'},
		{"universe", required_argument, NULL, 'u'},
		{"threads", required_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},
		{"first", no_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	double value = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'q')
			o->quiet = true;
		else if (c == 'f')
			o->first = true;
		else if (c == 'u')
			o->universe = optarg;
		else if (c == '?' || !number(optarg, &value))
			return false;
		if (c == 's')
			o->states = (uint64_t)value;
		else if (c == 't')
			o->seconds = value;
		else if (c == 'j')
			o->threads = (unsigned)value;
	}
	return optind == argc;
}

/*
 * Explore a universe with its share of the remaining states. States that it does not use
 * remain for later universes.
 */
static bool
check(const struct universe *u, const struct options *o, unsigned count, unsigned number,
      uint64_t *visited)
{
	uint64_t left = o->states > *visited ? o->states - *visited : 1;
	struct exploration x = {.threads = o->threads,
				.seconds = o->seconds / count,
				.first = o->first};
	unsigned share = count - number + 1;
	bool ok;

	assert(share > 0);
	x.states = left > share ? left / share : 1;
	if (explore(u, &x) != 0) {
		printf("not ok %u - %s: no memory for %llu states\n", number, u->name,
		       (unsigned long long)x.states);
		return false;
	}
	ok = x.violation.property == NULL;
	*visited += x.visited;
	printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", number, u->name, u->text);
	if (!o->quiet)
		printf("# %s: %llu states, %llu steps, every order of %u%s\n", u->name,
		       (unsigned long long)x.visited, (unsigned long long)x.steps,
		       x.depth, x.exhausted ? " and of more, to the end" : "");
	if (!ok) {
		printf("# %s, after %u steps:\n", x.violation.property,
		       x.violation.length);
		trace_print(stdout, u, &x.violation);
	}
	fflush(stdout);
	return ok;
}

int
main(int argc, char **argv)
{
	struct options o = {.states = 1000000, .threads = 2};
	unsigned count = 0, i, n = 0, failed = 0;
	uint64_t visited = 0;

	if (!parse(argc, argv, &o))
		return usage();
	for (i = 0; i < universe_count; i++)
		count += o.universe == NULL || strcmp(o.universe, universes[i].name) == 0;
	if (count == 0)
		return usage();
	printf("1..%u\n", count);
	for (i = 0; i < universe_count; i++)
		if (o.universe == NULL || strcmp(o.universe, universes[i].name) == 0)
			failed += !check(&universes[i], &o, count, ++n, &visited);
	printf("# %llu distinct states in %u universes\n", (unsigned long long)visited,
	       count);
	return failed != 0;
}
