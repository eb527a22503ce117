/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decide which lines nft's messages may quote. A rule file may include any file that we
 * can read, and messages are shown to each user who may reload rules, so a line is quoted
 * only when its file is below the directory of the rule file. The file that nft has read
 * may have been replaced since by a link to another place. Therefore the line is read
 * again through a path that cannot leave the directory, and must be equal.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ruleset.h"

#define QUOTE_BYTES 1023u /* length of the longest line that nft quotes */

/* The parsed first line of a message: "FILE:LINE:COLUMNS: Error: ..". */
struct header {
	char file[PATH_MAX];
	unsigned line;
	int place; /* length of "FILE:LINE:COLUMNS" */
};

static int
open_beneath(int folder, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* Return the part of a path after a directory; NULL: the path is not in it. */
static const char *
path_behind(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 0 && folder[length - 1] == '/')
		length--;
	if (strncmp(path, folder, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + strspn(path + length, "/");
}

/*
 * Convert a path in a message of nft to one relative to the directory, written to inside.
 * Returns false if it is outside. nft prefixes included paths with the directory as we
 * passed it; paths with ./ and ../ are relative to the working directory.
 */
static bool
path_inside(const char *path, const char *folder, char inside[PATH_MAX])
{
	char real[PATH_MAX], cwd[PATH_MAX], whole[2 * PATH_MAX];
	const char *behind = path_behind(path, folder);

	if (behind == NULL && realpath(folder, real) != NULL) {
		if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
			cwd[0] = '\0';
		snprintf(whole, sizeof(whole), "%s%s%s", cwd, cwd[0] != '\0' ? "/" : "",
			 path);
		behind = path_behind(whole, real);
	}
	if (behind != NULL)
		snprintf(inside, PATH_MAX, "%s", behind);
	return behind != NULL;
}

/* Return whether a line of a file equals this text, as far as nft quotes a line. */
static bool
line_is(FILE *in, unsigned number, const char *text, size_t length)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t got = 0;
	bool same = false;

	while (number-- > 0 && got >= 0)
		got = getline(&line, &room, in);
	if (got > 0 && line[got - 1] == '\n')
		got--;
	if (got > (ssize_t)QUOTE_BYTES)
		got = QUOTE_BYTES;
	if (got >= 0)
		same = (size_t)got == length && memcmp(line, text, length) == 0;
	free(line);
	return same;
}

static bool
line_is_inside(const char *folder, const struct header *header, const char *text,
	       size_t length)
{
	char path[PATH_MAX];
	bool inside = path_inside(header->file, folder, path);
	int at = inside ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int fd = at >= 0 ? open_beneath(at, path) : -1;
	struct stat stat;
	bool same = false;
	FILE *in;

	if (at >= 0)
		close(at);
	in = fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? fdopen(fd, "r")
								       : NULL;
	if (in != NULL) {
		same = line_is(in, header->line, text, length);
		fclose(in);
	} else if (fd >= 0) {
		close(fd);
	}
	return same;
}

/* Parse the first line of a message. Returns false for other lines. */
static bool
header_read(struct header *header, const char *text, size_t length)
{
	static const char *const words[] = {": Error: ", ": Warning: "};
	unsigned first, last;
	const char *end = NULL, *colon;
	char place[64];
	size_t i;

	for (i = 0; end == NULL && i < sizeof(words) / sizeof(words[0]); i++)
		end = memmem(text, length, words[i], strlen(words[i]));
	if (end == NULL)
		return false;
	colon = memrchr(text, ':', (size_t)(end - text));
	if (colon != NULL)
		colon = memrchr(text, ':', (size_t)(colon - text));
	if (colon == NULL || (size_t)(colon - text) >= sizeof(header->file) ||
	    (size_t)(end - colon) >= sizeof(place))
		return false;
	snprintf(header->file, sizeof(header->file), "%.*s", (int)(colon - text), text);
	snprintf(place, sizeof(place), "%.*s", (int)(end - colon), colon);
	header->place = (int)(end - text);
	return sscanf(place, ":%u:%u-%u", &header->line, &first, &last) == 3;
}

static bool
begins(const char *text, size_t length, const char *with)
{
	return length >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* Return the length of a line without its line feed. */
static size_t
line_length(const char *text)
{
	return strcspn(text, "\n");
}

/* Return the length of the part of a line that nft quotes. */
static size_t
quoted_length(const char *text)
{
	size_t length = line_length(text);

	return length < QUOTE_BYTES ? length : QUOTE_BYTES;
}

static const char *
line_next(const char *text)
{
	const char *end = strchr(text, '\n');

	return end != NULL ? end + 1 : text + strlen(text);
}

bool
source_is_quotable(const struct source *source, unsigned line)
{
	char *copy = strdup(source->name);
	struct header header = {.line = line};
	const char *text = source->text;
	bool inside = false;

	snprintf(header.file, sizeof(header.file), "%s", source->name);
	while (--line > 0)
		text = line_next(text);
	if (copy != NULL)
		inside = line_is_inside(dirname(copy), &header, text,
					quoted_length(text));
	free(copy);
	return inside;
}

/*
 * Return whether a message with this header may be printed unchanged. rest: the text
 * after the header.
 */
static bool
message_is_ours(const struct source *source, const char *folder,
		const struct header *header, const char *rest)
{
	/* the rules were read from standard input */
	if ((source->text != NULL || strcmp(source->name, "/dev/stdin") == 0) &&
	    strcmp(header->file, "/dev/stdin") == 0)
		return true;
	return folder != NULL &&
	       line_is_inside(folder, header, rest, quoted_length(rest));
}

static const char text_end[] = ": Error: syntax error, unexpected end of file";
static const char text_hidden[] =
	": Error: what is wrong is not shown: the file is not below "
	"the folder of the rules";

/*
 * Return whether the error is an unexpected end of the file, for example a missing brace.
 * Such an error belongs to no line, but nft quotes one.
 */
static bool
ends_early(const char *error)
{
	return strncmp(error, text_end, strlen(text_end)) == 0;
}

void
messages_print(FILE *out, const char *messages, const struct source *source)
{
	char *copy = source->text == NULL ? strdup(source->name) : NULL;
	const char *folder = copy != NULL ? dirname(copy) : NULL;
	const char *line, *next;
	struct header header;
	bool ours = true;
	size_t length;

	for (line = messages; *line != '\0'; line = next) {
		next = line_next(line);
		length = line_length(line);
		if (begins(line, length, "In file included from ")) {
			ours = true;
		} else if (header_read(&header, line, length)) {
			ours = message_is_ours(source, folder, &header, next);
			if (!ours)
				fprintf(out, "%.*s%s\n", header.place, line,
					ends_early(line + header.place) ? text_end
									: text_hidden);
		}
		if (ours)
			fprintf(out, "%.*s\n", (int)length, line);
	}
	free(copy);
}
