/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Count the connections that a firewall in the middle would break. Each connection is
 * simulated without and with the tracker. It counts as held back if with the tracker it
 * does not end, or makes no progress for a time 10 s longer than without. Prints TAP.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define HORIZON_MS 1500000u
#define HELD_MS 10000u

struct experiment {
	const char *name;
	enum happening what;
	enum forger forger;
	unsigned limit; /* how many of 800 may be held back */
};

static const struct experiment experiments[] = {
	{"plain", NOTHING, NOBODY, 0},
	{"rerouted", REROUTED, NOBODY, 0},
	{"restarted", RESTARTED, NOBODY, 5},
	{"guessed", NOTHING, GUESSES, 0},
	{"recalled", NOTHING, RECALLS, 0},
	{"rerouted, guessed", REROUTED, GUESSES, 0},
	{"rerouted, recalled", REROUTED, RECALLS, 0},
	{"restarted, guessed", RESTARTED, GUESSES, 25},
	{"restarted, recalled", RESTARTED, RECALLS, 5},
};

#define EXPERIMENTS (sizeof(experiments) / sizeof(experiments[0]))

struct totals {
	/*
	 * misled: runs that do not count, because without the tracker they did not end or
	 * a host accepted a forged segment
	 */
	unsigned runs, held, asymmetric, misled;
	uint64_t segments, dropped, forged, forged_passed;
};

static bool
held_back(const struct run_options *o, struct totals *t)
{
	struct run_options options = *o;
	struct run_result alone, tracked;

	options.tracked = false;
	options.loud = false;
	options.until = HORIZON_MS;
	alone = run(&options);
	t->runs++;
	if (!alone.finished || alone.misled) {
		t->misled++;
		return false;
	}
	options.tracked = true;
	options.loud = o->loud;
	options.until = alone.at + HORIZON_MS;
	tracked = run(&options);
	t->segments += tracked.segments;
	t->dropped += tracked.dropped;
	t->forged += tracked.forged;
	t->forged_passed += tracked.forged_passed;
	t->asymmetric += tracked.asymmetric;
	if (tracked.misled) {
		t->misled++;
		return false;
	}
	return !tracked.finished || tracked.stalled > alone.stalled + HELD_MS;
}

static bool
experiment(unsigned n, const struct experiment *x, unsigned first, unsigned runs,
	   bool loud)
{
	struct totals t = {0};
	unsigned i, allowed = (unsigned)((uint64_t)x->limit * runs / 800);
	bool good;

	for (i = 0; i < runs; i++) {
		struct run_options o = {.number = first + i,
					.what = x->what,
					.forger = x->forger,
					.loud = loud};

		if (held_back(&o, &t)) {
			t.held++;
			printf("# %s: number %u is held back\n", x->name, first + i);
		}
	}
	good = t.held <= allowed;
	printf("%sok %u - %s: %u of %u held back for more than 10 s, %u are allowed\n",
	       good ? "" : "not ", n, x->name, t.held, t.runs, allowed);
	printf("# %" PRIu64 " segments, %" PRIu64 " dropped; %u asymmetric; %" PRIu64
	       " forged, %" PRIu64 " passed; %u whose hosts believed the forger\n",
	       t.segments, t.dropped, t.asymmetric, t.forged, t.forged_passed, t.misled);
	return good;
}

static void
usage(FILE *to)
{
	fputs("usage: simulation [-n RUNS] [-s FIRST] [-o NAME] [-v]\n"
	      "  -n RUNS   connections in each experiment, 800\n"
	      "  -s FIRST  number of the first one, 0\n"
	      "  -o NAME   only the experiment of this name\n"
	      "  -v        a line for each segment, with the tracker\n",
	      to);
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || value > 100000000) {
		fprintf(stderr, "simulation: %s: expected a number up to 100000000\n",
			text);
		exit(2);
	}
	return (unsigned)value;
}

int
main(int argc, char **argv)
{
	unsigned runs = 800, first = 0, i, n = 0;
	const char *only = NULL;
	bool loud = false, good = true;
	int option;

	while ((option = getopt(argc, argv, "n:s:o:vh")) != -1) {
		switch (option) {
		case 'n':
			runs = number(optarg);
			break;
		case 's':
			first = number(optarg);
			break;
		case 'o':
			only = optarg;
			break;
		case 'v':
			loud = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	for (i = 0; i < EXPERIMENTS; i++)
		if (only == NULL || strcmp(only, experiments[i].name) == 0)
			good &= experiment(++n, &experiments[i], first, runs, loud);
	if (n == 0) {
		fprintf(stderr, "simulation: %s: no such experiment; there are:\n", only);
		for (i = 0; i < EXPERIMENTS; i++)
			fprintf(stderr, "  %s\n", experiments[i].name);
		return 2;
	}
	printf("1..%u\n", n);
	return good ? 0 : 1;
}
