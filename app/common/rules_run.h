/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of a file as JSON, by way of sluice-rules: what ruleset_load() takes. */
#ifndef COMMON_RULES_RUN_H
#define COMMON_RULES_RUN_H

#include <stddef.h>

/*
 * Run sluice-rules on a file and wait for it. program: its path, or NULL: it is looked for
 * beside the running program, then in PATH. The child gets no signal mask of ours, and no
 * standard input unless file is "-".
 *
 * Returns 0; *json is malloced, of *length bytes and a 0 after them. Or -errno, and err is
 * one message, perhaps of several lines, without a newline at its end: -ENOENT without
 * the program, -EINVAL where it refuses the file, -ENOMEM, or what starting it said.
 */
int rules_run(const char *program, const char *file, char **json, size_t *length,
	      char *err, size_t err_size);

#endif
