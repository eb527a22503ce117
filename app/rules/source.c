/* SPDX-License-Identifier: BSD-3-Clause */
/* Read the rule file: check its kind, then load its text. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "message.h"
#include "ruleset.h"

/* 64 MiB; 65,535 rules and a million elements take 20 */
#define TEXT_MAX ((size_t)64 << 20)

static int
text_read(struct source *source, FILE *in)
{
	size_t room = 0, got;
	char *grown;

	do {
		if (room - source->length < 4096) {
			room = room == 0 ? 64 * 1024 : room * 2;
			grown = realloc(source->text, room + 1);
			if (grown == NULL) {
				message_error(0, "%s: no memory for it", source->name);
				return -ENOMEM;
			}
			source->text = grown;
		}
		got = fread(source->text + source->length, 1, room - source->length, in);
		source->length += got;
		if (source->length > TEXT_MAX) {
			message_error(0,
				      "%s: more than %zu MiB: this is no file of rules",
				      source->name, TEXT_MAX >> 20);
			return -EFBIG;
		}
	} while (got > 0);
	if (ferror(in)) {
		message_error(0, "%s: %s", source->name, strerror(errno));
		return -EIO;
	}
	source->text[source->length] = '\0';
	return 0;
}

static bool
starts_as_json(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text == '{';
}

/* Reject what nft would accept or report badly: bytes 0, malformed JSON. */
static int
text_check(struct source *source)
{
	json_error_t at;
	json_t *root;
	bool quote;

	source->json = starts_as_json(source->text);
	if (strlen(source->text) != source->length) {
		message_error(0, "%s: holds a byte 0: this is no file of rules",
			      source->name);
		return -EINVAL;
	}
	if (!source->json)
		return 0;
	root = json_loadb(source->text, source->length, 0, &at);
	if (root == NULL) {
		quote = !source->named || source_is_quotable(source, (unsigned)at.line);
		message_error(0, "%s:%d:%d: not JSON%s%s", source->name, at.line,
			      at.column, quote ? ": " : "", quote ? at.text : "");
		return -EINVAL;
	}
	json_decref(root);
	return 0;
}

/* Return whether the file is the terminal of standard input, such as /dev/stdin. */
static bool
is_terminal(const char *file)
{
	struct stat status, own;

	return isatty(STDIN_FILENO) && stat(file, &status) == 0 &&
	       fstat(STDIN_FILENO, &own) == 0 && status.st_rdev == own.st_rdev;
}

/*
 * Check before opening that a file is of a kind that can contain rules, because opening a
 * device may have side effects. Terminals (/dev/stdin) and pipes (the shell's <(..)) are
 * allowed.
 */
static int
kind_check(const char *file)
{
	struct stat status;
	const char *kind = NULL;

	if (stat(file, &status) != 0)
		return 0; /* open() will fail and report the reason */
	if (S_ISDIR(status.st_mode))
		kind = "a directory";
	else if (S_ISBLK(status.st_mode) ||
		 (S_ISCHR(status.st_mode) && !is_terminal(file)))
		kind = "a device";
	else if (S_ISSOCK(status.st_mode))
		kind = "a socket";
	else if (S_ISREG(status.st_mode) && status.st_size > (off_t)TEXT_MAX)
		kind = "larger than 64 MiB";
	if (kind == NULL)
		return 0;
	message_error(0, "%s: is %s, a file of rules is expected", file, kind);
	return -EINVAL;
}

int
source_read(struct source *source, const char *file)
{
	bool standard = strcmp(file, "-") == 0;
	struct stat status;
	FILE *in;
	int ret;

	memset(source, 0, sizeof(*source));
	source->named = !standard;
	source->name = standard ? "standard input" : file;
	if (!standard && kind_check(file) != 0)
		return -EINVAL;
	in = standard ? stdin : fopen(file, "re");
	if (in == NULL || fstat(fileno(in), &status) != 0) {
		ret = -errno;
		message_error(0, "%s: %s", source->name, strerror(errno));
		if (in != NULL && !standard)
			fclose(in);
		return ret;
	}
	ret = text_read(source, in);
	if (!standard)
		fclose(in);
	if (ret == 0)
		ret = text_check(source);
	if (ret == 0 && !source->json && S_ISREG(status.st_mode) && !standard) {
		/*
		 * let nft read the file by its path, so that messages and includes refer
		 * to it
		 */
		source->content = source->text;
		source->text = NULL;
	}
	if (source->text != NULL)
		source->content = source->text;
	return ret;
}

void
source_free(struct source *source)
{
	free(source->content);
}

char *
source_text(const char *file)
{
	struct source source = {.name = file};
	FILE *in = kind_check(file) == 0 ? fopen(file, "re") : NULL;

	if (in != NULL) {
		text_read(&source, in);
		fclose(in);
	}
	return source.text;
}
