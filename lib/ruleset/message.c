/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes messages about the ruleset: where, then what is wrong, what was expected and what
 * to do. When sluice-rules has passed the place of the rule in the file and its text as
 * nft prints it (annotation.c), the message contains both.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

/* largest number of bytes that a message quotes of a rule's text */
#define QUOTED_MAX 600

static void
place_print(const struct loader *l, FILE *out)
{
	if (l->rule_place != NULL)
		fprintf(out, "%s: ", l->rule_place);
	else if (l->file != NULL)
		fprintf(out, "%s: ", l->file);
	if (l->chain != NULL)
		fprintf(out, "table %s %s, chain %s, rule \"%.*s%s\": ", l->family,
			l->table, l->chain, QUOTED_MAX, l->rule_text,
			strlen(l->rule_text) > QUOTED_MAX ? ".." : "");
}

static void __attribute__((format(printf, 3, 0)))
message_add(struct loader *l, enum ruleset_level level, const char *format, va_list ap)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL) {
		l->report->total[level]++;
		return;
	}
	place_print(l, out);
	vfprintf(out, format, ap);
	if (level == RULESET_WARNING && l->lenient)
		fputs("; the rule is left out, since it is not in a forward chain", out);
	fclose(out);
	if (text != NULL)
		ruleset_report_add(l->report, level, "%s", text);
	free(text);
}

int
loader_vfail(struct loader *l, const char *format, va_list ap)
{
	message_add(l, l->lenient ? RULESET_WARNING : RULESET_ERROR, format, ap);
	return -EINVAL;
}

int
loader_fail(struct loader *l, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message_add(l, l->lenient ? RULESET_WARNING : RULESET_ERROR, format, ap);
	va_end(ap);
	return -EINVAL;
}

void
loader_tell(struct loader *l, enum ruleset_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message_add(l, level, format, ap);
	va_end(ap);
}

int
loader_no_memory(struct loader *l)
{
	ruleset_report_add(l->report, RULESET_ERROR,
			   "not enough memory for the rules; free some, or load smaller "
			   "sets");
	return -ENOMEM;
}
