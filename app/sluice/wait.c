/* SPDX-License-Identifier: BSD-3-Clause */
#include "wait.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct wait *
wait_create(void)
{
	struct wait *wait = calloc(1, sizeof(*wait));

	if (wait == NULL)
		return NULL;
	wait->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wait->wake < 0) {
		free(wait);
		return NULL;
	}
	wait->fds[0] = (struct pollfd){.fd = wait->wake, .events = POLLIN};
	wait->count = 1;
	return wait;
}

void
wait_free(struct wait *wait)
{
	if (wait == NULL)
		return;
	close(wait->wake);
	free(wait);
}

void
wait_add(struct wait *wait, const struct port_xdp *port)
{
	wait->count += port_xdp_fds(port, &wait->fds[wait->count]);
}

void
wait_wake(const struct wait *wait)
{
	const uint64_t one = 1;

	/* if that fails, the worker wakes up by itself after WAIT_MAX_NS */
	if (write(wait->wake, &one, sizeof(one)) < 0)
		return;
}

void
wait_for_work(struct wait *wait, const struct engine *engine, uint64_t now_ns)
{
	uint64_t at_ns, ns = WAIT_MAX_NS, count;
	struct timespec time;

	if (engine_next_ns(engine, &at_ns))
		ns = at_ns > now_ns ? RTE_MIN(ns, at_ns - now_ns) : 0;
	if (ns == 0)
		return;
	time = (struct timespec){.tv_nsec = (long)ns};
	if (ppoll(wait->fds, wait->count, &time, NULL) <= 0 || wait->fds[0].revents == 0)
		return;
	/* empty the eventfd; if that fails, the next wait ends at once */
	if (read(wait->wake, &count, sizeof(count)) < 0)
		return;
}
