/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include <string.h>

static const char *
word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static int
number(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

/* Print what a step means for the packet. */
static void
meaning_show(FILE *out, const json_t *step)
{
	static const struct {
		const char *step;
		const char *text;
	} meanings[] = {
		{"left", "not for this ct state, or never"},
		{"failed", "no match: "},
		{"matched", "matches, goes on"},
		{"jump", "matches, to chain "},
		{"return", "matches, leaves the chain"},
		{"decided", "matches: "},
	};
	const char *kind = word(step, "step");
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(kind, meanings[i].step) == 0)
			fputs(meanings[i].text, out);
	fputs(word(step, "failed"), out);
	fputs(word(step, "verdict"), out);
	if (strcmp(kind, "jump") == 0)
		fputs(word(step, "chain"), out);
}

static void
step_show(FILE *out, const json_t *step)
{
	const int depth = number(step, "depth");
	const char *kind = word(step, "step");

	if (strcmp(kind, "chain") == 0) {
		fprintf(out, "chain %s\n", word(step, "chain"));
		return;
	}
	if (strcmp(kind, "policy") == 0) {
		fprintf(out, "    policy of chain %s: %s\n", word(step, "chain"),
			word(step, "verdict"));
		return;
	}
	fprintf(out, "%*srule %d, %s\n%*s", 4 * (depth + 1), "", number(step, "rule"),
		word(step, "text"), 4 * (depth + 2), "");
	meaning_show(out, step);
	fputc('\n', out);
}

void
explain_show(FILE *out, const json_t *explain)
{
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(explain, "steps"), i, step)
		step_show(out, step);
	fprintf(out, "%s", word(explain, "verdict"));
	if (number(explain, "rule") != 0)
		fprintf(out, ", by rule %d", number(explain, "rule"));
	fputs(json_is_true(json_object_get(explain, "remembered"))
		      ? "; the connection remembers the verdict\n"
		      : "; such packets are evaluated each time\n",
	      out);
}
