/* SPDX-License-Identifier: BSD-3-Clause */
#include "message.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "journal.h"

/* A kind of message: its priority in the journal, and the word that begins it. */
struct kind {
	const char *level;
	const char *word;
};

static const struct kind error = {JOURNAL_ERROR, ""};
static const struct kind warning = {JOURNAL_WARNING, "warning: "};
static const struct kind note = {JOURNAL_NOTE, ""};

static const char *program_name = "sluice";
static bool is_journal; /* standard error is read by systemd's journal */

void
message_begin(const char *program)
{
	program_name = program;
	is_journal = journal_reads(STDERR_FILENO);
}

const char *
message_program(void)
{
	return program_name;
}

static void
place_print(const struct message_place *place)
{
	if (place == NULL || place->file == NULL)
		return;
	fprintf(stderr, "%s:", place->file);
	if (place->line > 0)
		fprintf(stderr, "%u:", place->line);
	if (place->line > 0 && place->column > 0)
		fprintf(stderr, "%u:", place->column);
	fputc(' ', stderr);
}

/* Print text with the priority at the begin of each further line. */
static void
lines_print(const char *text, const char *level)
{
	const char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		fprintf(stderr, "%.*s\n%s", (int)(end - text), text, level);
		text = end + 1;
	}
	fputs(text, stderr);
}

/*
 * Print one message. The stream is locked meanwhile, so that lines of two threads do not
 * mix.
 */
static void __attribute__((format(printf, 4, 0)))
message_print(const struct message_place *place, const struct kind *kind, const char *end,
	      const char *format, va_list args)
{
	const char *level = is_journal ? kind->level : "";
	char *text = NULL;

	fflush(stdout);
	flockfile(stderr);
	fprintf(stderr, "%s%s: ", level, program_name);
	place_print(place);
	fputs(kind->word, stderr);
	if (is_journal && vasprintf(&text, format, args) >= 0)
		lines_print(text, level);
	else
		vfprintf(stderr, format, args);
	fputs(end, stderr);
	funlockfile(stderr);
	free(text);
}

int
message_error(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_print(NULL, &error, "\n", format, args);
	va_end(args);
	return status;
}

int
message_error_at(int status, const struct message_place *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_print(place, &error, "\n", format, args);
	va_end(args);
	return status;
}

int
message_misuse(const char *format, ...)
{
	va_list args;
	char end[128];

	snprintf(end, sizeof(end), "\nTry '%s --help'.\n", program_name);
	va_start(args, format);
	message_print(NULL, &error, end, format, args);
	va_end(args);
	return EXIT_USAGE;
}

void
message_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_print(NULL, &warning, "\n", format, args);
	va_end(args);
}

void
message_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_print(NULL, &note, "\n", format, args);
	va_end(args);
}
