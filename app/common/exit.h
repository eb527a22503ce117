/* SPDX-License-Identifier: BSD-3-Clause */
/* What the exit status of every program of sluice says, besides 0. */
#ifndef COMMON_EXIT_H
#define COMMON_EXIT_H

enum exit_code {
	EXIT_USAGE = 1,  /* the command line; whatever is not one of the others */
	EXIT_CONFIG = 2, /* the configuration file */
	EXIT_RULES = 3,  /* the rules */
	EXIT_DEVICE = 4, /* a port's device, memory for the table */
	EXIT_PORT = 5,   /* a port was lost while running: start again when it is back */
};

#endif
