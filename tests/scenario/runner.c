/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scenario-runner [-m] [-x] [-r SLUICE_REPLAY] RULES_DIR FILE|FOLDER...
 *
 * Run scenarios, each in its address families: first through an engine in memory; then,
 * with -x, through the XDP programs with an engine behind them, which must give the same
 * results; and, with -r, through sluice-replay. -m: stop at the first that fails. Prints
 * TAP. Exit status: 0 all results are as expected; 1 some are not; 2 a scenario cannot be
 * read or run.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>

#include "../../app/replay/eal.h"
#include "front.h"
#include "scenario.h"

#define MBUFS 1023u

static const char *const family_name[2] = {"IPv4", "IPv6"};

struct runner {
	const char *rules_dir;
	const char *program; /* path of sluice-replay; NULL: not used */
	bool first_only;     /* stop after the first failure */
	bool with_xdp;
	struct rte_mempool *pool;
	glob_t files;
	/* scenario of each file; NULL: the file could not be read */
	struct scenario **scenario;
	struct scenario_case *cases;
	unsigned n;      /* number of cases */
	unsigned tests;  /* number of reported tests */
	unsigned failed; /* number of failed tests */
	int status;
};

/* Return the first line of a scenario without "# ". */
static const char *
claim(const struct scenario *s)
{
	const char *text = s->text[0] + strspn(s->text[0], "# ");

	return *text != '\0' ? text : s->file;
}

static void
report(struct runner *r, bool good, const struct scenario_case *c, const char *how)
{
	r->failed += !good;
	printf("%sok %u - %s, %s %s\n", good ? "" : "not ", ++r->tests, claim(c->s),
	       family_name[c->family], how);
}

/* Collect the names of all files; those of a directory in sorted order. */
static int
find_files(struct runner *r, char **names, int n)
{
	int i, flags = 0;

	for (i = 0; i < n; i++, flags = GLOB_APPEND) {
		char pattern[512];
		struct stat st;
		bool folder = stat(names[i], &st) == 0 && S_ISDIR(st.st_mode);

		snprintf(pattern, sizeof(pattern), "%s%s", names[i],
			 folder ? "/*.scn" : "");
		if (glob(pattern, flags, NULL, &r->files) != 0) {
			printf("Bail out! %s: no scenario\n", pattern);
			return -1;
		}
	}
	return 0;
}

/* Read all files. A file that cannot be read is a failed test. */
static int
load(struct runner *r)
{
	struct scenario_error error;
	size_t i;

	r->scenario = calloc(r->files.gl_pathc, sizeof(*r->scenario));
	r->cases = calloc(2 * r->files.gl_pathc, sizeof(*r->cases));
	if (r->scenario == NULL || r->cases == NULL)
		return -1;
	for (i = 0; i < r->files.gl_pathc; i++) {
		unsigned family;

		if (scenario_load(r->files.gl_pathv[i], &r->scenario[i], &error) != 0) {
			printf("not ok %u - %s\n# %s\n", ++r->tests, r->files.gl_pathv[i],
			       error.text);
			r->failed++;
			r->status = 2;
			continue;
		}
		for (family = 0; family < 2; family++) {
			if (r->scenario[i]->family[family])
				r->cases[r->n++] =
					(struct scenario_case){.s = r->scenario[i],
							       .family = family};
		}
	}
	return 0;
}

static bool
stopped(const struct runner *r)
{
	return r->first_only && r->failed != 0;
}

static void
run_in_memory(struct runner *r)
{
	unsigned i;

	for (i = 0; i < r->n && !stopped(r); i++) {
		struct scenario_case *c = &r->cases[i];

		c->wrong = scenario_run(c->s, c->family, r->rules_dir, r->pool, NULL,
					&c->outcome);
		report(r, c->wrong == 0, c, "in memory");
		if (c->wrong < 0)
			r->status = 2;
	}
}

/* Run all cases again, with XDP programs before the engine, and compare the outcomes. */
static void
run_with_xdp(struct runner *r, struct front *front)
{
	struct outcome outcome;
	uint64_t passed, all;
	unsigned i;
	int wrong;

	for (i = 0; i < r->n && !stopped(r); i++) {
		struct scenario_case *c = &r->cases[i];

		wrong = scenario_run(c->s, c->family, r->rules_dir, r->pool, front,
				     &outcome);
		if (wrong == 0)
			wrong = outcome_compare(c->s, &c->outcome, &outcome);
		outcome_free(&outcome);
		report(r, wrong == 0, c, "with XDP");
		if (wrong < 0)
			r->status = 2;
	}
	front_count(front, &passed, &all);
	printf("# XDP programs passed %" PRIu64 " of %" PRIu64 " packets; the verifier "
	       "visited %u instructions\n",
	       passed, all, front_verified(front));
	if (r->n > 100 && passed == 0)
		report(r, false, &r->cases[0], "with XDP that passes nothing");
}

static void
run_xdp(struct runner *r)
{
	struct engine_config config = scenario_config(r->pool);
	char message[256] = "";
	struct front *front;

	/* the arrays of all optional features, whichever of them a scenario needs */
	config.acct = true;
	config.marks = true;
	config.track.ip_security_match = true;
	front = front_open(&config, message, sizeof(message));
	if (front == NULL) {
		printf("ok %u - with XDP # SKIP %s\n", ++r->tests, message);
		return;
	}
	run_with_xdp(r, front);
	front_close(front);
}

/*
 * Run all cases with the same configuration as the first unfinished one in one run of the
 * program. Cases that failed in memory are left out, since there is nothing to compare.
 */
static bool
replay_alike(struct runner *r)
{
	struct scenario_case **alike = r->n != 0 ? calloc(r->n, sizeof(*alike)) : NULL;
	unsigned i, n = 0;
	int status;

	for (i = 0; alike != NULL && i < r->n; i++) {
		struct scenario_case *c = &r->cases[i];

		if (c->replayed || (n != 0 && !scenario_alike(alike[0]->s, c->s)))
			continue;
		c->replayed = true;
		if (c->wrong == 0)
			alike[n++] = c;
		else
			report(r, false, c, "replayed");
	}
	if (n == 0) {
		free(alike);
		return false;
	}
	status = scenario_replay(alike, n, r->rules_dir, r->program);
	if (status != 0)
		r->status = 2;
	for (i = 0; i < n; i++)
		report(r, status == 0 && alike[i]->wrong == 0, alike[i], "replayed");
	free(alike);
	return true;
}

static int
run(struct runner *r, char **names, int n)
{
	if (find_files(r, names, n) != 0 || load(r) != 0)
		return 2;
	run_in_memory(r);
	if (r->with_xdp)
		run_xdp(r);
	while (r->program != NULL && !stopped(r) && replay_alike(r))
		;
	/* print the plan last, so that the test fails if the program dies before */
	printf("1..%u\n", r->tests);
	return r->status != 0 ? r->status : r->failed != 0;
}

static void
clean_up(struct runner *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		outcome_free(&r->cases[i].outcome);
	for (i = 0; r->scenario != NULL && i < r->files.gl_pathc; i++)
		scenario_free(r->scenario[i]);
	free(r->scenario);
	free(r->cases);
	globfree(&r->files);
	rte_mempool_free(r->pool);
	rte_eal_cleanup();
}

int
main(int argc, char **argv)
{
	struct runner r = {0};
	int option;

	while ((option = getopt(argc, argv, "mr:x")) != -1) {
		if (option == 'm')
			r.first_only = true;
		else if (option == 'r')
			r.program = optarg;
		else if (option == 'x')
			r.with_xdp = true;
		else
			return 2;
	}
	if (argc - optind < 2) {
		fprintf(stderr,
			"usage: %s [-m] [-x] [-r SLUICE_REPLAY] RULES_DIR "
			"FILE|FOLDER...\n",
			argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (eal_start(argv[0], MBUFS) != 0 || (r.pool = eal_mempool(MBUFS)) == NULL) {
		printf("Bail out! the EAL does not start\n");
		return 2;
	}
	r.rules_dir = argv[optind];
	r.status = run(&r, argv + optind + 1, argc - optind - 1);
	clean_up(&r);
	return r.status;
}
