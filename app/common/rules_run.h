/* SPDX-License-Identifier: BSD-3-Clause */
/* Convert a rule file to JSON with the program sluice-rules; ruleset_load() reads it. */
#ifndef COMMON_RULES_RUN_H
#define COMMON_RULES_RUN_H

#include <stddef.h>

#define RULES_RUN_JSON_MAX ((size_t)256 << 20) /* bytes; 65,535 rules take 26 MiB */
#define RULES_RUN_SECONDS 60u                  /* default time limit, seconds */

/* How to run sluice-rules, and limits of the run. */
struct rules_limits {
	const char *program; /* path of sluice-rules; NULL: search for it */
	unsigned seconds;    /* time limit, after which sluice-rules is killed */
	size_t bytes;        /* limit of the JSON in bytes; 0: RULES_RUN_JSON_MAX */
	/* descriptor that cancels the run when it becomes readable; -1: none */
	int cancel;
};

/*
 * Run sluice-rules on a file and wait for it. It is searched for beside the running
 * program, then in PATH. The child starts with an empty signal mask, and without standard
 * input unless file is "-".
 *
 * Returns 0; *json is malloced and holds *length bytes and a terminating 0. Otherwise
 * returns -errno and a message in err, possibly of several lines, without a line feed at
 * its end: -ENOENT: the program was not found; -EINVAL: it rejected the file or was
 * killed; -ETIMEDOUT; -ECANCELED; -EFBIG: its output exceeds a limit; -ENOMEM; or the
 * error from starting it. The message may quote the file: escape it (base/escape.h) when
 * printing.
 */
int rules_run(const char *file, const struct rules_limits *limits, char **json,
	      size_t *length, char *err, size_t err_size);

#endif
