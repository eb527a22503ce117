/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <rte_version.h>

#include "exit.h"
#include "message.h"
#include "options.h"

static int
take_config(void *context, const char *argument)
{
	((struct arguments *)context)->config = argument;
	return OPTIONS_GO_ON;
}

static int
take_control(void *context, const char *argument)
{
	if (argument[0] == '\0' ||
	    strlen(argument) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return message_misuse("--control %s: a path of 1 to %zu characters is "
				      "expected",
				      argument,
				      sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	((struct arguments *)context)->control = argument;
	return OPTIONS_GO_ON;
}

static int
take_check(void *context, const char *argument)
{
	(void)argument;
	((struct arguments *)context)->check = true;
	return OPTIONS_GO_ON;
}

static const struct option_row rows[] = {
	{"config", 'c', "FILE", "the configuration (docs/configuration.md)", take_config},
	{"control", 0, "PATH", "the control socket, in place of that of FILE",
	 take_control},
	{"check", 0, NULL,
	 "say what configuration and rules mean and what would\n"
	 "stop a start, and end",
	 take_check},
};

/* Return the index of the program's own first option: after "--", or 1 without one. */
static int
own_begin(struct arguments *arguments, int argc, char **argv)
{
	int i;

	arguments->eal_argv = argv;
	arguments->eal_argc = 1;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			arguments->eal_argc = i;
			return i;
		}
	}
	return 0;
}

int
arguments_read(struct arguments *arguments, int argc, char **argv)
{
	char version[128];
	const struct options_table table = {
		.usage = "[EAL options] -- -c FILE [options]",
		.after = "EAL options of the command line are added to those of the "
			 "configuration, and\n"
			 "replace those that can stand only once. Without EAL options "
			 "the -- may be left out.\n"
			 "SIGHUP reloads the rules; SIGINT and SIGTERM end.",
		.version = version,
		.rows = rows,
		.count = RTE_DIM(rows),
	};
	int begin = own_begin(arguments, argc, argv), status;

	snprintf(version, sizeof(version), "%s, %s", SLUICE_VERSION, rte_version());
	arguments->config = arguments->control = NULL;
	arguments->check = false;
	status = options_read(&table, argc - begin, argv + begin, arguments);
	if (status == EXIT_USAGE && begin == 0 && argc > 1)
		message_note("EAL options stand before '--', those of sluice behind it: "
			     "sluice -l 0-1 -- -c FILE");
	if (status == OPTIONS_GO_ON && arguments->config == NULL)
		return message_misuse("no configuration, -c FILE is expected");
	return status;
}

/*
 * Return the length of an option's name: of "--vdev" in "--vdev=x", of "-l" in "-l0-3".
 */
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

/* Return whether an option may be given several times. */
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

/* Return whether an option selects cores; only one such option is allowed. */
static bool
is_cores(const char *argument)
{
	return is_option(argument, "-l") || is_option(argument, "-c") ||
	       is_option(argument, "--lcores");
}

/* Return whether the command line overrides this option of the configuration. */
static bool
is_overridden(const struct arguments *arguments, const char *argument)
{
	size_t length = option_length(argument);
	const char *given;
	int i;

	if (argument[0] != '-' || is_repeatable(argument))
		return false;
	for (i = 1; i < arguments->eal_argc; i++) {
		given = arguments->eal_argv[i];
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
arguments_eal(const struct arguments *arguments, const struct sluice_config *config,
	      char **argv)
{
	unsigned i;
	int argc = 0, j;
	bool skipping = false;

	if (config->eal_count + (unsigned)arguments->eal_argc >= ARGUMENTS_MAX_EAL)
		return -1;
	argv[argc++] = arguments->eal_argv[0];
	for (i = 0; i < config->eal_count; i++) {
		/* also skip the value of the omitted option */
		if (config->eal[i][0] == '-')
			skipping = is_overridden(arguments, config->eal[i]);
		if (!skipping)
			argv[argc++] = (char *)(uintptr_t)config->eal[i];
	}
	for (j = 1; j < arguments->eal_argc; j++)
		argv[argc++] = arguments->eal_argv[j];
	argv[argc] = NULL;
	return argc;
}
