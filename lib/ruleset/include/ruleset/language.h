/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints the language of rules that the code accepts and refuses, from the code's tables.
 */
#ifndef RULESET_LANGUAGE_H
#define RULESET_LANGUAGE_H

#include <stdio.h>

/*
 * Print the tables of docs/rules.md, as Markdown. Returns 0, or -ENOMEM when nothing was
 * printed.
 */
int ruleset_language_print(FILE *out);

#endif
