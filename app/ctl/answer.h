/* SPDX-License-Identifier: BSD-3-Clause */
/* Read the objects of sluice's answers and print them. */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include <stdbool.h>

#include "capture.h"
#include "ctl.h"
#include "link.h"

/* Return the seconds to wait for an answer to this command. */
unsigned answer_timeout(const struct options *options);

/*
 * Read the whole answer to a request. Records are written to the capture unless it is
 * NULL. Returns the exit status.
 */
int answer_receive(const struct options *options, struct link *link,
		   struct capture *capture);

/*
 * SIGINT and SIGTERM end an answer with status 0, so that a capture is completed. The
 * second signal ends the program.
 */
void answer_stop_on_signals(void);

/* Whether the first of these signals has come. */
bool answer_stopped(void);

#endif
