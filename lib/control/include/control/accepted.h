/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections that an HTTP server has accepted, in their order. When a connection
 * begins and there are more than `max`, the oldest is closed, so that clients which
 * connect and then do nothing make room for others. `sluice` and `sluice-page` serve HTTP
 * with it.
 *
 *	struct accepted accepted = {.max = 32};
 *
 *	MHD_start_daemon(.., MHD_OPTION_CONNECTION_LIMIT, 32 + ACCEPTED_SPARE, ..);
 *
 * The callback of MHD_OPTION_NOTIFY_CONNECTION calls accepted_notify(). One thread at a
 * time; the caller locks.
 */
#ifndef CONTROL_ACCEPTED_H
#define CONTROL_ACCEPTED_H

#include <stdbool.h>

#include <microhttpd.h>

#define ACCEPTED_MAX 48u /* largest max */
/* room for closed connections that libmicrohttpd has not removed yet */
#define ACCEPTED_SPARE 16u

struct accepted {
	unsigned max; /* connections that may be open, 1 to ACCEPTED_MAX */
	unsigned count;
	struct accepted_row {
		struct MHD_Connection *connection;
		bool kept; /* is not closed to make room */
	} rows[ACCEPTED_MAX + ACCEPTED_SPARE];
};

/*
 * Take note that a connection begins or ends. If there are more than max now, closes as
 * many of the oldest that are not kept.
 */
void accepted_notify(struct accepted *accepted, struct MHD_Connection *connection,
		     enum MHD_ConnectionNotificationCode code);

/* Set whether a connection is kept. Without effect on one that has ended. */
void accepted_keep(struct accepted *accepted, const struct MHD_Connection *connection,
		   bool kept);

#endif
