/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of a file as JSON, by way of sluice-rules: what ruleset_load() takes. */
#ifndef COMMON_RULES_RUN_H
#define COMMON_RULES_RUN_H

#include <stddef.h>

#define RULES_RUN_JSON_MAX ((size_t)256 << 20) /* 65,535 rules have 26 MiB */
#define RULES_RUN_SECONDS 60u                  /* where the configuration does not say */

/* How to run it, and what bounds the run. */
struct rules_limits {
	const char *program; /* path of sluice-rules; NULL: it is looked for */
	unsigned seconds;    /* then sluice-rules is killed */
	size_t bytes;        /* of JSON, at most; 0: RULES_RUN_JSON_MAX */
	int cancel; /* descriptor that becomes readable to end it before; -1: none */
};

/*
 * Run sluice-rules on a file and wait for it. It is looked for beside the running
 * program, then in PATH. The child gets no signal mask of ours, and no
 * standard input unless file is "-".
 *
 * Returns 0; *json is malloced, of *length bytes and a 0 after them. Or -errno, and err
 * is one message, perhaps of several lines, without a newline at its end: -ENOENT without
 * the program, -EINVAL where it refuses the file or is killed, -ETIMEDOUT, -ECANCELED,
 * -EFBIG where it prints without end, -ENOMEM, or what starting it said. The message may
 * quote what the file holds: it has to be escaped (base/escape.h) where it is printed.
 */
int rules_run(const char *file, const struct rules_limits *limits, char **json,
	      size_t *length, char *err, size_t err_size);

#endif
