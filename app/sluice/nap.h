/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a worker with `poll: adaptive` sleeps between two turns of its loop: not at
 * all after a packet, then from NAP_MIN_NS on twice as long each time, up to NAP_MAX_NS.
 * A sleep is never longer, so timers and requests of other threads need no wakeup.
 *
 *	ns = nap_next(&w->nap, idle);
 *	if (ns != 0)
 *		nap_sleep(ns);
 *
 * Wires with XDP wait at their sockets instead (wait.h).
 */
#ifndef SLUICE_NAP_H
#define SLUICE_NAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#define NAP_TURNS 200u /* turns without a packet before the first sleep */
#define NAP_MIN_NS 5000u
/*
 * A packet that comes during the longest sleep waits for at most this and the time that
 * the system needs to wake a thread, together less than 200 us.
 */
#define NAP_MAX_NS 160000u
#define NAP_SLACK_NS 1000u /* how late the system may wake the thread; 50 us by default */

struct nap {
	uint32_t turns; /* turns without a packet, at most NAP_TURNS */
	uint32_t ns;    /* length of the last sleep; 0: none since a packet */
};

/* Return how long to sleep after a turn, ns; 0: not at all. idle: it had no packet. */
static inline uint32_t
nap_next(struct nap *nap, bool idle)
{
	if (!idle) {
		*nap = (struct nap){0};
		return 0;
	}
	if (nap->turns < NAP_TURNS) {
		nap->turns++;
		return 0;
	}
	if (nap->ns == 0)
		nap->ns = NAP_MIN_NS;
	else if (nap->ns < NAP_MAX_NS)
		nap->ns *= 2;
	return nap->ns;
}

/* Have the system wake this thread in time. To be called once by the worker. */
static inline void
nap_begin(void)
{
	prctl(PR_SET_TIMERSLACK, NAP_SLACK_NS);
}

static inline void
nap_sleep(uint32_t ns)
{
	const struct timespec time = {.tv_nsec = (long)ns};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

#endif
