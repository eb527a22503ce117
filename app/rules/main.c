/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-rules: a file of nftables rules in, its JSON out; or, with --check, what sluice
 * thinks of it. sluice runs it at start and at each reload.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "exit.h"
#include "ruleset.h"
#include "streams.h"

#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static const char usage[] =
	"usage: sluice-rules [--check] [--ports NAME,..] FILE\n"
	"\n"
	"Load an nftables file in a private network namespace and print it as JSON.\n"
	"A FILE that is already JSON ('nft -j list ruleset') is printed as it is;\n"
	"- is standard input.\n"
	"\n"
	"  -c, --check        print how sluice reads the rules, or why it refuses them\n"
	"  -p, --ports NAMES  with --check: ports that rules may name, joined by commas\n"
	"  -s, --seconds N    stop after N seconds\n"
	"  -h, --help         print this text\n"
	"\n"
	"Exit status: 0, 1 usage, 3 the rules cannot be read, loaded or evaluated.\n";

#define SECONDS_MAX 86400u
#define MEMORY_MAX ((rlim_t)4 << 30) /* 1,000,000 elements of sets take 0.7 GiB */

struct options {
	bool check;
	unsigned seconds; /* 0: no limit */
	char *ports;
	const char *file;
};

void
complain(const char *format, ...)
{
	va_list ap;

	fputs("sluice-rules: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static int
seconds_parse(const char *text, unsigned *seconds)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || text[0] < '0' || text[0] > '9' || n == 0 || n > SECONDS_MAX) {
		complain("--seconds: '%s' is not a number, 1 to %u expected", text,
			 SECONDS_MAX);
		return -EINVAL;
	}
	*seconds = (unsigned)n;
	return 0;
}

/* Returns 0, 1: help was asked for, or -EINVAL. */
static int
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"check", no_argument, NULL, 'c'},
		{"ports", required_argument, NULL, 'p'},
		{"seconds", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "cp:s:h", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->check = true;
			break;
		case 'p':
			options->ports = optarg;
			break;
		case 's':
			if (seconds_parse(optarg, &options->seconds) != 0)
				return -EINVAL;
			break;
		case 'h':
			return 1;
		default:
			return -EINVAL;
		}
	}
	if (optind + 1 != argc) {
		complain("one FILE is expected");
		return -EINVAL;
	}
	if (options->ports != NULL && !options->check) {
		complain("--ports says something with --check only");
		return -EINVAL;
	}
	options->file = argv[optind];
	return 0;
}

/* SIGALRM: the time limit is over. A library call may be in progress, so only exit. */
static void
alarm_handle(int number)
{
	static const char text[] = "sluice-rules: the time is over (--seconds)\n";
	ssize_t written;

	(void)number;
	written = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)written; /* when it fails, the exit status still tells */
	_exit(EXIT_RULES);
}

/* nft takes what memory a file asks for. A sanitizer reserves far more for itself. */
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
		source.text = NULL;
	} else if (ret == 0) {
		ret = namespace_enter();
		if (ret == 0)
			ret = nft_to_json(&source, &json);
	}
	if (ret == 0 && options->check)
		ret = ruleset_check(&source, json, strlen(json), options->ports);
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
	int status = 0;

	streams_begin();
	switch (options_parse(&options, argc, argv)) {
	case 0:
		if (options.check)
			streams_text();
		limits_set(&options);
		status = rules_do(&options) == 0 ? 0 : EXIT_RULES;
		break;
	case 1:
		fputs(usage, stdout);
		break;
	default:
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return streams_end("sluice-rules", status, EXIT_RULES);
}
