/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to sluice and their answers within a time. Each call waits until the time of
 * its limit at most, however the bytes come, and ends when sluice-page stops.
 *
 *	const struct exchange_limit limit = exchange_within(5000, stop);
 *
 *	status = exchange_open(socket, &limit, &link);
 *	..
 *	answer = exchange_receive(link, &limit);
 */
#ifndef PAGE_EXCHANGE_H
#define PAGE_EXCHANGE_H

#include <stdint.h>

#include <jansson.h>

#include "link.h"

/* for all requests and answers that one answer of sluice-page needs */
#define EXCHANGE_MS 5000u

struct exchange_limit {
	uint64_t until_ms; /* on the clock of exchange_now_ms() */
	int stop;          /* a descriptor that is readable when sluice-page stops */
};

/* Return the time of CLOCK_MONOTONIC. */
uint64_t exchange_now_ms(void);

/* Return the limit that is `ms` from now. */
struct exchange_limit exchange_within(uint64_t ms, int stop);

/*
 * Connect to the control socket. Returns 0 or -errno, which link_open_text() describes:
 * -EAGAIN at the limit; -ECANCELED when sluice-page stops, up to a second after that.
 */
int exchange_open(const char *socket, const struct exchange_limit *limit,
		  struct link **link);

/*
 * Receive an object; the caller frees it. Returns NULL as link_receive() does: errno is
 * EAGAIN at the limit and when sluice-page stops, 0 at the end of the stream or on a line
 * that is not JSON.
 */
json_t *exchange_receive(struct link *link, const struct exchange_limit *limit);

#endif
