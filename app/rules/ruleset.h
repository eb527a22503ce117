/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Convert a rule file to nft's JSON without changing this machine's own rules.
 *
 * Only the kernel can convert nft's text to its JSON: libnftables loads the text and then
 * lists the kernel's ruleset. It is loaded into a new network namespace, which ends with
 * the process. A process with threads may not create a user namespace; hence this is a
 * program of its own and not a library.
 *
 * Each function returns 0, or -errno after a message on standard error.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Rules named on the command line: a text in memory, or a file that nft reads itself. */
struct source {
	const char *name; /* name for messages; for a file, its path */
	char *content;    /* what was read from the file */
	char *text;       /* equal to content; NULL: nft reads the file by its path */
	size_t length;
	bool json;  /* text is JSON, not nft's language */
	bool named; /* name is a path */
};

/* Read a file; "-" is standard input. Returns 0 or -errno. */
int source_read(struct source *source, const char *file);
void source_free(struct source *source);

/*
 * Return the text of another file, malloced. It is truncated if reading fails midway;
 * NULL: the file cannot be read.
 */
char *source_text(const char *file);

/* Enter a new network namespace, and if required a user namespace. */
int namespace_enter(void);

/* Load the source and store the resulting ruleset as malloced JSON in *json. */
int nft_to_json(const struct source *source, char **json);

struct check_options {
	const char *ports; /* "lan,wan", the valid interface names; NULL: any name */
	/* with ports: names of mirror ports, in the same form; NULL: none */
	const char *mirrors;
	bool refuse_other; /* as in ruleset_options */
	bool explain;      /* say for each conntrack state what its packets cost */
};

/* Load the JSON as sluice does and print a summary. */
int ruleset_check(const struct source *source, const char *json,
		  const struct check_options *wanted);

/*
 * Print nft's messages, which quote the file. A message about a file outside of the rule
 * file's directory is reduced to its place.
 */
void messages_print(FILE *out, const char *messages, const struct source *source);

/* Return whether a message may quote a line of the source's text, by the same rule. */
bool source_is_quotable(const struct source *source, unsigned line);

#endif
