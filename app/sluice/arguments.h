/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: `sluice [EAL options] -- [options]`. */
#ifndef SLUICE_ARGUMENTS_H
#define SLUICE_ARGUMENTS_H

#include <stdbool.h>

#include "config.h"

#define ARGUMENTS_MAX_EAL 256

struct arguments {
	const char *config;
	/* path of the control socket; NULL: that of the configuration */
	const char *control;
	bool check;
	int eal_argc; /* number of the arguments before "--", with the program's name */
	char **eal_argv;
};

/*
 * Read the command line. Returns OPTIONS_GO_ON (options.h), or the status to exit with:
 * 0 after --help and --version, EXIT_USAGE after a message.
 */
int arguments_read(struct arguments *arguments, int argc, char **argv);

/*
 * Build the arguments for the EAL: those of the configuration, without options that are
 * also on the command line, then those of the command line. argv has room for
 * ARGUMENTS_MAX_EAL. Returns their number, or -1 when they do not fit.
 */
int arguments_eal(const struct arguments *arguments, const struct sluice_config *config,
		  char **argv);

#endif
