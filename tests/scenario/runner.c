/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scenario-runner FILE.scn RULES_DIR [SLUICE_REPLAY]
 *
 *      scenario-runner -m RULES_DIR FILE.scn...
 *
 * Runs a scenario in each of its families, first through an engine in memory, then, where
 * the program is given, through sluice-replay; with -m many, in memory only, up to the first
 * that fails. TAP on stdout. Exit status: 0 all is as the
 * scenario says, 1 something is not, 2 the scenario cannot be read or run.
 */
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "../../app/replay/eal.h"
#include "scenario.h"

#define MBUFS 1023u

static int failed, number;

static void
report(bool good, const char *name, const char *family, const char *how)
{
	failed += !good;
	printf("%sok %d - %s, %s %s\n", good ? "" : "not ", ++number, name, family, how);
}

/* The first line without its "# ". */
static const char *
claim(const struct scenario *s)
{
	const char *text = s->text[0] + strspn(s->text[0], "# ");

	return *text != '\0' ? text : s->file;
}

static int
run(const struct scenario *s, const char *rules_dir, const char *program,
    struct rte_mempool *pool)
{
	static const char *const names[2] = {"IPv4", "IPv6"};
	struct outcome outcome;
	unsigned family;
	int status = 0, wrong;

	printf("1..%d\n", (s->family[0] + s->family[1]) * (program != NULL ? 2 : 1));
	for (family = 0; family < 2 && status == 0; family++) {
		if (!s->family[family])
			continue;
		wrong = scenario_run(s, family, rules_dir, pool, &outcome);
		report(wrong == 0, claim(s), names[family], "in memory");
		status = wrong < 0 ? 2 : 0;
		if (status == 0 && program != NULL) {
			wrong = scenario_replay(s, family, rules_dir, program, &outcome);
			report(wrong == 0, claim(s), names[family], "replayed");
			status = wrong < 0 ? 2 : 0;
		}
		outcome_free(&outcome);
	}
	return status != 0 ? status : failed != 0;
}

static int
run_file(const char *file, const char *rules_dir, const char *program,
	 struct rte_mempool *pool)
{
	struct scenario_error error;
	struct scenario *s;
	int status;

	if (scenario_load(file, &s, &error) != 0) {
		printf("1..1\nnot ok 1 - %s\n# %s\n", file, error.text);
		return 2;
	}
	status = run(s, rules_dir, program, pool);
	scenario_free(s);
	return status;
}

int
main(int argc, char **argv)
{
	bool many = argc > 3 && strcmp(argv[1], "-m") == 0;
	struct rte_mempool *pool;
	int status = 0, i;

	if (!many && argc != 3 && argc != 4) {
		fprintf(stderr,
			"usage: %s FILE.scn RULES_DIR [SLUICE_REPLAY]\n"
			"       %s -m RULES_DIR FILE.scn...\n",
			argv[0], argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (eal_start(argv[0], MBUFS) != 0 || (pool = eal_mempool(MBUFS)) == NULL) {
		printf("Bail out! the EAL does not start\n");
		return 2;
	}
	if (!many)
		status = run_file(argv[1], argv[2], argv[3], pool);
	for (i = 3; many && i < argc && status == 0; i++)
		status = run_file(argv[i], argv[2], NULL, pool);
	rte_mempool_free(pool);
	rte_eal_cleanup();
	return status;
}
