/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a worker with `poll: adaptive` sleeps between two turns of its loop: not at all
 * after a packet; then until one of its descriptors is ready (a socket of its drivers, or
 * what rest.h adds), but for at most NAP_WAIT_NS. Without descriptors, from NAP_MIN_NS on
 * twice as long each time, up to NAP_MAX_NS. No sleep is longer, so timers and requests
 * of other threads need no wakeup.
 *
 *	ns = nap_next(&w->nap, idle);
 *	if (ns != 0)
 *		nap_rest(&w->nap, ns);
 *
 * Wires with XDP wait at their sockets in another way (wait.h).
 */
#ifndef SLUICE_NAP_H
#define SLUICE_NAP_H

#include <poll.h>
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
/*
 * Longest wait at sockets, 500 wakeups a second. Timers and requests may be so late;
 * packets are not.
 */
#define NAP_WAIT_NS 2000000u
#define NAP_SOCKETS 64u

struct nap {
	uint32_t turns; /* turns without a packet, at most NAP_TURNS */
	uint32_t ns;    /* length of the last sleep; 0: none since a packet */
	/*
	 * A descriptor has ended the last wait. If the turn after it has no packet, it is
	 * a socket with an error, as that of an interface that is down: sleep instead.
	 */
	bool woken;
	uint32_t count; /* descriptors; 0: the worker sleeps */
	struct pollfd sockets[NAP_SOCKETS];
};

/*
 * Return how long to sleep after a turn, ns; 0: not at all. idle: it had no packet, and
 * no request of another thread.
 */
static inline uint32_t
nap_next(struct nap *nap, bool idle)
{
	if (!idle) {
		nap->turns = nap->ns = 0;
		nap->woken = false;
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

/*
 * Wait at these sockets, too. Returns whether there was room for them; if not, the caller
 * sets count to 0, since a worker has to wait at all or none.
 */
static inline bool
nap_add(struct nap *nap, const int *sockets, uint32_t count)
{
	uint32_t i;

	if (count > NAP_SOCKETS - nap->count)
		return false;
	for (i = 0; i < count; i++)
		nap->sockets[nap->count++] = (struct pollfd){.fd = sockets[i],
							     .events = POLLIN};
	return true;
}

/* Wait at the sockets, or else sleep for ns, from nap_next(). */
static inline void
nap_rest(struct nap *nap, uint32_t ns)
{
	const bool wait = nap->count != 0 && !nap->woken;
	const struct timespec time = {.tv_nsec = wait ? (long)NAP_WAIT_NS : (long)ns};

	if (wait) {
		nap->woken = ppoll(nap->sockets, nap->count, &time, NULL) > 0;
		return;
	}
	nap->woken = false;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

#endif
