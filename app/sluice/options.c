/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <rte_version.h>

#include "exit.h"

static const char usage[] =
	"usage: sluice [EAL options] -- -c FILE [options]\n"
	"\n"
	"  -c, --config FILE  the configuration (docs/configuration.md)\n"
	"      --check        read configuration and rules, say what they mean, and end\n"
	"  -h, --help         this text\n"
	"  -V, --version      versions of sluice and DPDK\n"
	"\n"
	"EAL options of the command line are added to those of the configuration, and\n"
	"replace those that can stand only once.\n"
	"SIGHUP reloads the rules; SIGINT and SIGTERM end.\n";

static int
usage_error(const char *what, const char *argument)
{
	fprintf(stderr, "sluice: %s%s\nTry 'sluice -- --help'.\n", what, argument);
	return EXIT_USAGE;
}

/* Where the program's own options begin; without "--" all that there are. */
static int
own_options(struct options *options, int argc, char **argv)
{
	int i;

	options->eal_argv = argv;
	options->eal_argc = 1;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			options->eal_argc = i;
			return i;
		}
	}
	return 0;
}

int
options_read(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option, begin = own_options(options, argc, argv);

	options->config = NULL;
	options->check = false;
	argc -= begin;
	argv += begin;
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config = optarg;
			break;
		case 'k':
			options->check = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			printf("sluice %s, %s\n", SLUICE_VERSION, rte_version());
			return 0;
		case ':':
			return usage_error("a value is missing after ", argv[optind - 1]);
		default:
			return usage_error(begin == 0 ? "EAL options come before --, "
							"sluice's after; unknown: "
						      : "unknown option ",
					   argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument ", argv[optind]);
	if (options->config == NULL)
		return usage_error("no configuration, -c FILE expected", "");
	return -1;
}

/* Length of an option's name: "--vdev" of "--vdev=x", "-l" of "-l0-3". */
static size_t
option_length(const char *argument)
{
	if (argument[0] == '-' && argument[1] != '-')
		return 2;
	return strcspn(argument, "=");
}

static bool
is_option(const char *argument, const char *name)
{
	size_t length = option_length(argument);

	return length == strlen(name) && strncmp(argument, name, length) == 0;
}

/* Options that add up. */
static bool
is_repeatable(const char *argument)
{
	static const char *const names[] = {"--vdev",  "-a", "--allow",    "-b",
					    "--block", "-d", "--log-level"};
	size_t i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (is_option(argument, names[i]))
			return true;
	return false;
}

/* The ways to say which cores: only one of them may be given. */
static bool
is_cores(const char *argument)
{
	return is_option(argument, "-l") || is_option(argument, "-c") ||
	       is_option(argument, "--lcores");
}

/* Whether the command line gives this option, too. */
static bool
is_overridden(const struct options *options, const char *argument)
{
	size_t length = option_length(argument);
	const char *given;
	int i;

	if (argument[0] != '-' || is_repeatable(argument))
		return false;
	for (i = 1; i < options->eal_argc; i++) {
		given = options->eal_argv[i];
		if (given[0] != '-')
			continue;
		if (is_cores(argument) && is_cores(given))
			return true;
		if (option_length(given) == length &&
		    strncmp(given, argument, length) == 0)
			return true;
	}
	return false;
}

int
options_eal(const struct options *options, const struct sluice_config *config,
	    char **argv)
{
	unsigned i;
	int argc = 0, j;
	bool skipping = false;

	if (config->eal_count + (unsigned)options->eal_argc >= OPTIONS_MAX_EAL)
		return -1;
	argv[argc++] = options->eal_argv[0];
	for (i = 0; i < config->eal_count; i++) {
		/* what is skipped takes its value with it */
		if (config->eal[i][0] == '-')
			skipping = is_overridden(options, config->eal[i]);
		if (!skipping)
			argv[argc++] = (char *)(uintptr_t)config->eal[i];
	}
	for (j = 1; j < options->eal_argc; j++)
		argv[argc++] = options->eal_argv[j];
	argv[argc] = NULL;
	return argc;
}
