/* SPDX-License-Identifier: BSD-3-Clause */
/* Exit statuses of all sluice programs, besides 0 for success. */
#ifndef COMMON_EXIT_H
#define COMMON_EXIT_H

enum exit_code {
	EXIT_OTHER = 1,  /* a request was refused or found nothing, or output was lost */
	EXIT_USAGE = 2,  /* the command line is wrong */
	EXIT_CONFIG = 2, /* the configuration file is wrong */
	EXIT_RULES = 3,  /* the rules are wrong, or a reload has failed */
	EXIT_DEVICE = 4, /* a device, memory or the control socket cannot be used */
	EXIT_BUSY = 4,   /* another reload is under way: try again */
	EXIT_PORT = 5,   /* a port was lost at run time: restart when it is back */
};

#endif
