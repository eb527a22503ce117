/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections of browsers, and how many there may be. When a connection begins and
 * there are more than PLACES_MAX, the oldest that is not a stream is closed: clients that
 * connect and then do nothing make room for others. Clients can still keep others out: of
 * the page, by connecting anew faster than a request is answered; of streams, by taking
 * all places, since a stream is not closed while it is read. Any thread may call any
 * function.
 */
#ifndef PAGE_PLACES_H
#define PAGE_PLACES_H

#include <stdbool.h>

#include <microhttpd.h>

#define PLACES_MAX 32u
#define PLACES_STREAMS 8u
/* each takes two of the 16 places that sluice has for readers of records */
#define PLACES_LADDERS 4u
/* requests of one answer or list that may be under way, each with a link of its own */
#define PLACES_ANSWERS 8u

enum place_kind { PLACE_STREAM, PLACE_LADDER, PLACE_ANSWER, PLACE_KINDS };

struct places;

struct places *places_start(void);
void places_stop(struct places *places);

/* Tell that a connection begins or ends: a MHD_NotifyConnectionCallback. */
void places_notify(void *places, struct MHD_Connection *connection, void **context,
		   enum MHD_ConnectionNotificationCode code);

/*
 * Take a place of a kind for a request on this connection. A ladder is a stream, too.
 * Returns false when all are taken; then do not call places_leave().
 */
bool places_take(struct places *places, struct MHD_Connection *connection,
		 enum place_kind kind);
void places_leave(struct places *places, struct MHD_Connection *connection,
		  enum place_kind kind);

#endif
