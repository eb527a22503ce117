/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-rules: convert a file of nftables rules to JSON; with --check, load the rules as
 * sluice does and print a summary. sluice runs it at start and at each reload.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ruleset/language.h>

#include "exit.h"
#include "hint.h"
#include "message.h"
#include "options.h"
#include "ruleset.h"
#include "streams.h"

#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define SECONDS_MAX 86400u
/* limit of memory; 1,000,000 set elements take 0.7 GiB */
#define MEMORY_MAX ((rlim_t)4 << 30)

struct options {
	bool check;
	bool language;
	bool explain; /* with check: also say what established packets cost */
	bool refuse_other;
	unsigned seconds; /* time limit; 0: none */
	const char *ports;
	const char *mirrors;
	const char *file;
};

static int
take_check(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->check = true;
	return OPTIONS_GO_ON;
}

static int
take_explain(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->check = true;
	((struct options *)context)->explain = true;
	return OPTIONS_GO_ON;
}

static int
take_language(void *context, const char *argument)
{
	(void)argument;
	((struct options *)context)->language = true;
	return OPTIONS_GO_ON;
}

static int
take_ports(void *context, const char *argument)
{
	((struct options *)context)->ports = argument;
	return OPTIONS_GO_ON;
}

static int
take_mirrors(void *context, const char *argument)
{
	((struct options *)context)->mirrors = argument;
	return OPTIONS_GO_ON;
}

static int
take_other(void *context, const char *argument)
{
	((struct options *)context)->refuse_other = strcmp(argument, "refuse") == 0;
	if (strcmp(argument, "refuse") != 0 && strcmp(argument, "notice") != 0)
		return message_misuse("--other %s: notice or refuse is expected",
				      argument);
	return OPTIONS_GO_ON;
}

static int
take_seconds(void *context, const char *argument)
{
	uint64_t seconds = 0;
	int status = options_number("--seconds", argument, 1, SECONDS_MAX, &seconds);

	((struct options *)context)->seconds = (unsigned)seconds;
	return status;
}

static int
take_file(void *context, const char *argument)
{
	struct options *options = context;

	if (options->file != NULL)
		return message_misuse("unexpected argument '%s' after the file '%s'",
				      argument, options->file);
	options->file = argument;
	return OPTIONS_GO_ON;
}

static const struct option_row rows[] = {
	{"check", 'c', NULL, "print how sluice reads the rules, or why it refuses them",
	 take_check},
	{"explain", 'e', NULL,
	 "the same, and for each conntrack state what a packet of an established\n"
	 "connection costs, and because of which rules",
	 take_explain},
	{"ports", 'p', "NAMES",
	 "with --check: ports that rules may name, joined by commas", take_ports},
	{"mirrors", 0, "NAMES",
	 "with --ports: ports in no wire, by which 'dup' may send copies", take_mirrors},
	{"other", 0, "WORD",
	 "with --check: chains that sluice does not evaluate are named\n"
	 "(notice, the default) or are an error (refuse)",
	 take_other},
	{"seconds", 's', "N", "stop after N seconds", take_seconds},
	{"language", 0, NULL,
	 "print the table of what rules may say, as docs/rules.md has it; no FILE",
	 take_language},
};

static const struct options_table table = {
	.usage = "[--check | --explain [--ports NAME,.. [--mirrors NAME,..]]"
		 " [--other WORD]] FILE",
	.about = "Load an nftables file in a private network namespace and print it as "
		 "JSON.\n"
		 "A FILE that is already JSON ('nft -j list ruleset') is printed as it "
		 "is;\n"
		 "- is standard input.",
	.after = "Exit status: 0; 2 misuse; 3 the rules cannot be read, loaded or "
		 "evaluated.",
	.version = SLUICE_VERSION,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.operand = take_file,
};

/* Parse the command line. Returns OPTIONS_GO_ON, or the exit status. */
static int
read_options(struct options *options, int argc, char **argv)
{
	int status = options_read(&table, argc, argv, options);

	if (status != OPTIONS_GO_ON)
		return status;
	if (options->language && (options->file != NULL || options->check))
		return message_misuse("--language stands alone, without FILE and "
				      "--check");
	if (options->file == NULL && !options->language)
		return message_misuse("no FILE with rules, one is expected");
	if (options->ports != NULL && !options->check)
		return message_misuse("--ports has an effect only with --check and "
				      "--explain");
	if (options->mirrors != NULL && options->ports == NULL)
		return message_misuse("--mirrors has an effect only with --ports");
	return OPTIONS_GO_ON;
}

/*
 * Handler of SIGALRM: the time limit has expired. A library call may be interrupted, so
 * only print and exit.
 */
static void
alarm_handle(int number)
{
	static const char text[] = "sluice-rules: the time is over (--seconds)\n";
	ssize_t written;

	(void)number;
	written = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)written; /* if this fails, the exit status still reports the timeout */
	_exit(EXIT_RULES);
}

/*
 * Limit the memory, because a file can make nft allocate any amount. Skipped with a
 * sanitizer, which itself reserves far more.
 */
static void
limits_set(const struct options *options)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	if (!SANITIZED)
		setrlimit(RLIMIT_AS, &memory);
	if (options->seconds > 0) {
		signal(SIGALRM, alarm_handle);
		alarm(options->seconds);
	}
}

static int
rules_do(const struct options *options)
{
	struct source source;
	char *json = NULL;
	int ret;

	ret = source_read(&source, options->file);
	if (ret == 0 && source.json) {
		json = source.text;
		source.text = source.content = NULL;
	} else if (ret == 0) {
		if (!SANITIZED)
			crash_watch(source.name);
		ret = namespace_enter();
		if (ret == 0)
			ret = nft_to_json(&source, &json);
	}
	if (ret == 0 && options->check)
		ret = ruleset_check(&source, json,
				    &(struct check_options){options->ports,
							    options->mirrors,
							    options->refuse_other,
							    options->explain});
	else if (ret == 0)
		fputs(json, stdout);
	free(json);
	source_free(&source);
	return ret;
}

int
main(int argc, char **argv)
{
	struct options options = {.check = false};
	int status;

	streams_begin();
	message_begin("sluice-rules");
	status = read_options(&options, argc, argv);
	if (status != OPTIONS_GO_ON)
		return streams_end(status, EXIT_RULES);
	if (options.check)
		streams_text();
	if (options.language) {
		ruleset_language_print(stdout);
		return streams_end(0, EXIT_RULES);
	}
	/*
	 * malloc() merges all free blocks of its "fastbins" whenever a large buffer comes
	 * or goes. libnftables alternates between both, so without fastbins a large
	 * ruleset takes a seventh less time.
	 */
	mallopt(M_MXFAST, 0);
	limits_set(&options);
	status = rules_do(&options) == 0 ? 0 : EXIT_RULES;
	return streams_end(status, EXIT_RULES);
}
