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

void
conntrack_translate(int argc, char **argv)
{
	const char *ours;
	int i;

	if (argc < 2)
		return;
	ours = word_find(commands, sizeof(commands) / sizeof(commands[0]), argv[1]);
	if (ours == NULL)
		return;
	argv[1] = (char *)(uintptr_t)ours;
	for (i = 2; i < argc; i++) {
		ours = word_find(options, sizeof(options) / sizeof(options[0]), argv[i]);
		if (ours != NULL)
			argv[i] = (char *)(uintptr_t)ours;
	}
}
