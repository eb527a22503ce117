/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: `sluice [EAL options] -- [options]`. */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include <stdbool.h>

#include "config.h"

#define OPTIONS_MAX_EAL 256

struct options {
	const char *config;
	bool check;
	int eal_argc; /* the program's name and what stands before "--" */
	char **eal_argv;
};

/*
 * Read the command line. Returns -1 to go on, else the status to exit with: --help,
 * --version, or an error, which it has printed.
 */
int options_read(struct options *options, int argc, char **argv);

/*
 * The EAL's arguments: those of the configuration, but for options that the command line
 * gives as well, then those of the command line. argv has room for OPTIONS_MAX_EAL;
 * returns how many, or -1: too many.
 */
int options_eal(const struct options *options, const struct sluice_config *config,
		char **argv);

#endif
