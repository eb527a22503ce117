/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of messages about a ruleset, in the order in which they were added. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"

static void __attribute__((format(printf, 3, 0)))
report_vadd(struct ruleset_report *report, enum ruleset_level level, const char *format,
	    va_list ap)
{
	const size_t bytes = RULESET_MESSAGES_MAX * sizeof(*report->messages);
	char *text;

	report->total[level]++;
	if (report->messages == NULL)
		report->messages = malloc(bytes);
	if (report->messages == NULL || report->count == RULESET_MESSAGES_MAX ||
	    vasprintf(&text, format, ap) < 0)
		return;
	report->messages[report->count++] = (struct ruleset_message){level, text};
}

void
ruleset_report_add(struct ruleset_report *report, enum ruleset_level level,
		   const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report_vadd(report, level, format, ap);
	va_end(ap);
}

void
ruleset_report_free(struct ruleset_report *report)
{
	unsigned i;

	for (i = 0; i < report->count; i++)
		free(report->messages[i].text);
	free(report->messages);
	report->messages = NULL;
	report->count = 0;
}

#define LEFT_OUT_ROOM 64u /* bytes kept free for "and 4294967295 more" */

void
ruleset_report_text(const struct ruleset_report *report, enum ruleset_level level,
		    char *text, size_t size)
{
	static const char *const words[RULESET_LEVELS] = {"notice: ", "warning: ", ""};
	const struct ruleset_message *m;
	unsigned i, wanted = 0, written = 0;
	size_t used = 0, length;

	text[0] = '\0';
	for (i = level; i < RULESET_LEVELS; i++)
		wanted += report->total[i];
	for (i = 0; i < report->count; i++) {
		m = &report->messages[i];
		if (m->level < level)
			continue;
		length = strlen(words[m->level]) + strlen(m->text) + 1;
		/* the first message is always written, cut to fit if necessary */
		if (used + length + LEFT_OUT_ROOM > size && written > 0)
			break;
		used += (size_t)snprintf(text + used, size - used, "%s%s%s",
					 written > 0 ? "\n" : "", words[m->level],
					 m->text);
		used = used < size ? used : size - 1;
		written++;
	}
	if (written < wanted && used < size)
		snprintf(text + used, size - used, "%sand %u more",
			 written > 0 ? "\n" : "", wanted - written);
}
