/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scenario-runner [-m] [-r SLUICE_REPLAY] RULES_DIR FILE|FOLDER...
 *
 * Runs scenarios in each of their families, first through an engine in memory, then,
 * where the program is given, through sluice-replay. -m: no further than the first that
 * fails. TAP on stdout. Exit status: 0 all is as the scenarios say, 1 something is not, 2
 * a scenario cannot be read or run.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>

#include "../../app/replay/eal.h"
#include "scenario.h"

#define MBUFS 1023u

static const char *const family_name[2] = {"IPv4", "IPv6"};

struct runner {
	const char *rules_dir;
	const char *program; /* sluice-replay, or NULL */
	bool first_only;     /* stop at the first that fails */
	struct rte_mempool *pool;
	glob_t files;
	struct scenario **scenario; /* of each file; NULL: could not be read */
	struct scenario_case *cases;
	unsigned n;      /* cases */
	unsigned tests;  /* reported */
	unsigned failed; /* of them */
	int status;
};

/* The first line without its "# ". */
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

/* The names of all files, those of a folder in their order. */
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

/* Read all files. What cannot be read is a test that fails. */
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

		c->wrong = scenario_run(c->s, c->family, r->rules_dir, r->pool,
					&c->outcome);
		report(r, c->wrong == 0, c, "in memory");
		if (c->wrong < 0)
			r->status = 2;
	}
}

/*
 * All cases that are configured like the first of them that is not done, in one go. What
 * has failed in memory has nothing to be compared with.
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
	while (r->program != NULL && !stopped(r) && replay_alike(r))
		;
	printf("1..%u\n", r->tests); /* at the end: who dies before it has failed */
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

	while ((option = getopt(argc, argv, "mr:")) != -1) {
		if (option == 'm')
			r.first_only = true;
		else if (option == 'r')
			r.program = optarg;
		else
			return 2;
	}
	if (argc - optind < 2) {
		fprintf(stderr,
			"usage: %s [-m] [-r SLUICE_REPLAY] RULES_DIR FILE|FOLDER...\n",
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
