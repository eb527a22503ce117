/* SPDX-License-Identifier: BSD-3-Clause */
#include "exchange.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>

#include "monotonic.h"

/* connect() does not end when sluice-page stops: it waits so long at a time */
#define CONNECT_S 1u

uint64_t
exchange_now_ms(void)
{
	return monotonic_ns() / 1000000;
}

struct exchange_limit
exchange_within(uint64_t ms, int stop)
{
	return (struct exchange_limit){.until_ms = exchange_now_ms() + ms, .stop = stop};
}

/*
 * Wait until the link is readable; fd -1: do not wait. Returns 0, -EAGAIN at the limit or
 * -ECANCELED when sluice-page stops.
 */
static int
wait_for(int fd, const struct exchange_limit *limit)
{
	struct pollfd ready[2] = {{.fd = limit->stop, .events = POLLIN},
				  {.fd = fd, .events = POLLIN}};
	const uint64_t now = exchange_now_ms();
	const uint64_t left = now < limit->until_ms ? limit->until_ms - now : 0;
	int count = poll(ready, 2, fd < 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX);

	if (count > 0 && ready[0].revents != 0)
		return -ECANCELED;
	/* at the limit nothing is read any more, since bytes may follow forever */
	return left == 0 || (fd >= 0 && count == 0) ? -EAGAIN : 0;
}

int
exchange_open(const char *socket, const struct exchange_limit *limit, struct link **link)
{
	int status;

	do {
		status = wait_for(-1, limit);
		if (status != 0)
			return status;
		/* -EAGAIN: too many clients wait for sluice to accept them */
		status = link_open(socket, CONNECT_S, link);
	} while (status == -EAGAIN);
	return status;
}

json_t *
exchange_receive(struct link *link, const struct exchange_limit *limit)
{
	while (!link_has_line(link)) {
		if (wait_for(link_descriptor(link), limit) != 0) {
			errno = EAGAIN;
			return NULL;
		}
		if (!link_fill(link) && errno != EAGAIN)
			return NULL;
	}
	return link_receive(link);
}
