/* SPDX-License-Identifier: BSD-3-Clause */
#include "conntrack.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct word {
	const char *theirs[2]; /* short and long form */
	const char *ours;
};

static const struct word commands[] = {
	{{"-L", "--dump"}, "list"},     {{"-E", "--event"}, "events"},
	{{"-D", "--delete"}, "delete"}, {{"-F", "--flush"}, "flush"},
	{{"-S", "--stats"}, "stats"},   {{"-C", "--count"}, "count"},
};

static const struct word options[] = {
	{{"-s", "--orig-src"}, "--src"},
	{{"-d", "--orig-dst"}, "--dst"},
	{{"--orig-port-src", "--orig-port-src"}, "--sport"},
	{{"--orig-port-dst", "--orig-port-dst"}, "--dport"},
};

/* The options of top(1), behind the command `top`. */
static const struct word top_options[] = {
	{{"-n", "--iterations"}, "--count"},
	{{"-d", "--delay"}, "--interval"},
};

/* Return our word for theirs, or NULL. */
static const char *
word_find(const struct word *words, size_t count, const char *theirs)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(words[i].theirs[0], theirs) == 0 ||
		    strcmp(words[i].theirs[1], theirs) == 0)
			return words[i].ours;
	return NULL;
}

/* Replace the words behind the command. */
static void
words_replace(const struct word *words, size_t count, int argc, char **argv)
{
	const char *ours;
	int i;

	for (i = 2; i < argc; i++) {
		ours = word_find(words, count, argv[i]);
		if (ours != NULL)
			argv[i] = (char *)(uintptr_t)ours;
	}
}

void
conntrack_translate(int argc, char **argv)
{
	const char *ours;

	if (argc < 2)
		return;
	if (strcmp(argv[1], "top") == 0 ||
	    (argc > 3 && strcmp(argv[1], "-s") == 0 && strcmp(argv[3], "top") == 0)) {
		words_replace(top_options, sizeof(top_options) / sizeof(top_options[0]),
			      argc, argv);
		return;
	}
	ours = word_find(commands, sizeof(commands) / sizeof(commands[0]), argv[1]);
	if (ours == NULL)
		return;
	argv[1] = (char *)(uintptr_t)ours;
	words_replace(options, sizeof(options) / sizeof(options[0]), argc, argv);
}
