/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all readers of /stream get: one event a second with the answers of sluice to
 * `stats`, `drops` and `states`. All readers share it, so that sluice gets these requests
 * at most once in FEED_CACHE_MS, whatever the number of readers. Without readers it gets
 * none.
 *
 * Any thread may call any function between feed_start() and feed_stop().
 */
#ifndef PAGE_FEED_H
#define PAGE_FEED_H

#include <stddef.h>

/* less than the second between two events of a reader, so that none repeats */
#define FEED_CACHE_MS 900u

struct feed;

/*
 * Returns NULL when there is no memory. `socket` must stay valid. `stop` is a descriptor
 * that is readable when the server stops; then no call waits for sluice any more.
 */
struct feed *feed_start(const char *socket, int stop);
void feed_stop(struct feed *feed);

/*
 * Make the present event, as a text/event-stream: "data: {...}\n\n". Its members are
 * those of the answers; `now_ms`, the time of a monotonic clock; and `errors`, a text for
 * each request that sluice has refused. If sluice cannot be reached, they are only
 * `now_ms` and `away`, a text. Returns it, to be freed by the caller, and its size; NULL:
 * no memory. Waits for sluice at most EXCHANGE_MS.
 */
char *feed_event(struct feed *feed, size_t *size);

#endif
