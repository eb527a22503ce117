/* SPDX-License-Identifier: BSD-3-Clause */
#include "stop.h"

#include <signal.h>

bool
stop_wanted(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 ||
					     sigismember(&pending, SIGTERM) == 1);
}
