/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the records of long connections have reported already: a connection that is older
 * than the active time-out has a record each time that time is over, and each counts only
 * what has come since the one before. At most ACTIVE_MAX connections are kept; a further
 * one has only the record of its end.
 *
 * A restart may adopt connections (`xdp_pin`). One that was older than the active
 * time-out then has had records of the process before, which had counted its packets: it
 * is counted from the restart on. A younger one has had none, and is counted from its
 * beginning.
 */
#ifndef CONTROL_IPFIX_ACTIVE_H
#define CONTROL_IPFIX_ACTIVE_H

#include <stdbool.h>
#include <stdint.h>

#include <conn/view.h>

#define ACTIVE_MAX 262144u

struct ipfix_active;

/*
 * Returns NULL when memory runs out. timeout_ms: the active time-out. start_ms: when this
 * process has begun, by the monotonic clock.
 */
struct ipfix_active *active_new(uint64_t timeout_ms, uint64_t start_ms);
void active_free(struct ipfix_active *active);

/* What a record is to count of a connection. */
struct active_share {
	uint64_t start_ms;
	uint64_t packets[2];
	uint64_t bytes[2];
	uint64_t dropped[2];
};

/*
 * When something has happened: by the wall clock, for records, and by the monotonic
 * clock, for the active time-out.
 */
struct active_time {
	uint64_t wall_ms;
	uint64_t monotonic_ms;
};

/*
 * A walk has found a connection. Returns true, and its share, if a record is due; it is
 * then taken to be sent. A connection that is counted and has sent nothing since its last
 * record has none. Adopted connections are those that the first walk finds.
 */
bool active_seen(struct ipfix_active *active, unsigned worker,
		 const struct conn_view *view, struct active_time at,
		 struct active_share *share);

/* A connection has ended: get what its last record counts, and forget it. */
void active_ended(struct ipfix_active *active, unsigned worker,
		  const struct conn_view *view, uint64_t wall_ms,
		  struct active_share *share);

/*
 * A walk over all connections is complete: forget those that ACTIVE_WALKS walks have not
 * found. The end of a connection may arrive after walks that did not find it.
 */
#define ACTIVE_WALKS 3u
void active_walked(struct ipfix_active *active);

#endif
