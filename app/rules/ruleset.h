/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a file of rules to nft's JSON, without touching the machine's own rules.
 *
 * Only a kernel turns nft's text into its JSON: libnftables loads the text, and lists
 * what the kernel then holds. So a network namespace is made that nothing else is in,
 * loaded, and left to vanish with the process. Making a user namespace is refused to
 * processes with threads; hence a program of its own and not a library.
 *
 * Each function returns 0 or -errno; then it has said on stderr what is wrong.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What the operator gave: text in memory, or only the name where nft reads it better. */
struct source {
	const char *name; /* for messages; of a file, its path */
	char *text;       /* NULL: a plain file of nft text, to be read by its path */
	size_t length;
	bool json;  /* text is JSON already */
	bool named; /* name is a path */
};

/* Look at a file, "-": stdin. */
int source_read(struct source *source, const char *file);
void source_free(struct source *source);

/* Into a network namespace of our own, and what that takes. */
int namespace_enter(void);

/* Load the source, list it: JSON, malloced, ending in 0. */
int nft_to_json(const struct source *source, char **json);

/*
 * Read the JSON as sluice does; say what it holds. ports: "lan,wan", or NULL: any name.
 */
int ruleset_check(const struct source *source, const char *json, size_t length,
		  char *ports);

/*
 * Print nft's messages. Of those about a file that is not below the folder of the rule
 * file only the place is printed: they quote it.
 */
void messages_print(FILE *out, const char *messages, const struct source *source);

/* Whether a message may quote a line of the source's text; likewise. */
bool source_is_quotable(const struct source *source, unsigned line);

/* One line on stderr, with the program's name. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
