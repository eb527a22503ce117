/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A misbehaving program in the place of sluice-rules: each run ends, with an error, and
 * leaves no process behind.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules_run.h"

static char folder[] = "/tmp/sluice-rules-run-XXXXXX";
static char program[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(program, sizeof(program), "%s/program", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(program);
	return rmdir(folder);
}

/* Write this shell script to the file that is run in place of sluice-rules. */
static void
write_program(const char *script, mode_t mode)
{
	FILE *out = fopen(program, "w");

	assert_non_null(out);
	fprintf(out, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(program, mode), 0);
}

static char *json;
static char err[1024];

/* Run the script. Its output is in json, the message in err. */
static int
run(const char *script, const struct rules_limits *limits)
{
	size_t length = 0;
	int status;

	struct rules_limits whole = *limits;

	whole.program = program;
	write_program(script, 0700);
	json = NULL;
	err[0] = '\0';
	status = rules_run("x.nft", &whole, &json, &length, err, sizeof(err));
	if (status == 0)
		assert_int_equal(strlen(json), length);
	/* no child process is left, running or zombie */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return status;
}

static const struct rules_limits ample = {.seconds = 30, .bytes = 1 << 20, .cancel = -1};

static void
what_it_prints_comes_whole(void **state)
{
	(void)state;
	assert_int_equal(run("echo said >&2; printf '{%s %s}' \"$3\" \"$4\"", &ample), 0);
	assert_string_equal(json, "{-- x.nft}");
	free(json);
}

static void
what_it_complains_of_is_the_message(void **state)
{
	(void)state;
	assert_int_equal(run("echo one >&2; echo two >&2; echo out; exit 3", &ample),
			 -EINVAL);
	assert_string_equal(err, "one\ntwo");
	assert_int_equal(run("exit 1", &ample), -EINVAL);
	assert_non_null(strstr(err, "program: failed without a word"));
}

static void
one_that_is_killed_is_told(void **state)
{
	(void)state;
	assert_int_equal(run("echo half; echo why >&2; kill -KILL $$", &ample), -EINVAL);
	assert_non_null(strstr(err, "x.nft: "));
	assert_non_null(strstr(err, "program was killed by signal 9 (Killed): why"));
}

static void
one_that_is_not_there_or_no_program_is_told(void **state)
{
	struct rules_limits limits = ample;
	size_t length;

	(void)state;
	unlink(program);
	limits.program = program;
	assert_int_equal(rules_run("x.nft", &limits, &json, &length, err, sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err,
			       "program is neither beside this program nor in PATH"));
	limits.program = folder;
	assert_int_equal(rules_run("x.nft", &limits, &json, &length, err, sizeof(err)),
			 -EACCES);
	assert_non_null(strstr(err, "Permission denied"));
}

static void
output_without_end_ends(void **state)
{
	const char *expected = "program prints without end";

	(void)state;
	assert_int_equal(run("exec cat /dev/zero", &ample), -EFBIG);
	assert_non_null(strstr(err, expected));
	assert_int_equal(run("exec cat /dev/zero >&2", &ample), -EFBIG);
	assert_non_null(strstr(err, expected));
}

/* The time limit is 0 s, so it expires at once. */
static void
one_that_waits_ends_with_the_time(void **state)
{
	const struct rules_limits limits = {.seconds = 0, .cancel = -1};

	(void)state;
	assert_int_equal(run("exec sleep 1000", &limits), -ETIMEDOUT);
	assert_string_equal(err,
			    "x.nft: not read and loaded within 0 s: is it a pipe, or "
			    "on a file system that does not answer?");
	assert_int_equal(run("exec >&- 2>&-; trap '' TERM; exec sleep 1000", &limits),
			 -ETIMEDOUT);
}

static void
one_that_is_not_wanted_any_more_ends_at_once(void **state)
{
	struct rules_limits limits = ample;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	limits.cancel = fds[0];
	assert_int_equal(run("exec sleep 1000", &limits), -ECANCELED);
	assert_string_equal(err, "x.nft: loading was broken off");
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_comes_whole),
		cmocka_unit_test(what_it_complains_of_is_the_message),
		cmocka_unit_test(one_that_is_killed_is_told),
		cmocka_unit_test(one_that_is_not_there_or_no_program_is_told),
		cmocka_unit_test(output_without_end_ends),
		cmocka_unit_test(one_that_waits_ends_with_the_time),
		cmocka_unit_test(one_that_is_not_wanted_any_more_ends_at_once),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
