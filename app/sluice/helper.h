/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread beside the workers, which sleeps in poll(2) until it has something to do or is
 * to end.
 *
 *	static struct helper helper = HELPER_NONE;
 *
 *	status = helper_start(&helper, run, context);
 *	.. run() polls helper.wake and returns when it is readable ..
 *	helper_stop(&helper);
 *
 * One thread at a time starts and stops it.
 */
#ifndef SLUICE_HELPER_H
#define SLUICE_HELPER_H

#include <pthread.h>

struct helper {
	pthread_t thread;
	int wake; /* eventfd: readable when the thread is to end; -1: it does not run */
};

#define HELPER_NONE                                                                      \
	{                                                                                \
		.wake = -1                                                               \
	}

/* Returns 0, or -errno when there is no descriptor or no thread. */
int helper_start(struct helper *helper, void *(*run)(void *), void *context);

/* End the thread and wait for that. Without effect if it does not run. */
void helper_stop(struct helper *helper);

#endif
