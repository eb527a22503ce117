/* SPDX-License-Identifier: BSD-3-Clause */
#include "places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct row {
	struct MHD_Connection *connection;
	bool stream;
};

struct places {
	pthread_mutex_t lock;          /* of all other members */
	struct row rows[PLACES_LIMIT]; /* in the order in which they were accepted */
	unsigned count;
	unsigned taken[PLACE_KINDS];
};

struct places *
places_start(void)
{
	struct places *places = calloc(1, sizeof(*places));

	if (places != NULL)
		pthread_mutex_init(&places->lock, NULL);
	return places;
}

void
places_stop(struct places *places)
{
	pthread_mutex_destroy(&places->lock);
	free(places);
}

/* Close a connection as if its peer had closed it; libmicrohttpd then removes it. */
static void
hang_up(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info != NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* Return the row of a connection; count: it has none. */
static unsigned
find(const struct places *places, const struct MHD_Connection *connection)
{
	unsigned i;

	for (i = 0; i < places->count; i++)
		if (places->rows[i].connection == connection)
			break;
	return i;
}

/*
 * Close as many of the oldest connections as there are too many. Those that were closed
 * before, and are still there, are among the oldest: they are closed once more.
 */
static void
make_room(const struct places *places)
{
	unsigned excess = places->count > PLACES_MAX ? places->count - PLACES_MAX : 0;
	unsigned i;

	for (i = 0; i < places->count && excess > 0; i++)
		if (!places->rows[i].stream) {
			hang_up(places->rows[i].connection);
			excess--;
		}
}

void
places_notify(void *context, struct MHD_Connection *connection, void **unused,
	      enum MHD_ConnectionNotificationCode code)
{
	struct places *places = context;
	unsigned i;

	(void)unused;
	pthread_mutex_lock(&places->lock);
	i = find(places, connection);
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		if (places->count < PLACES_LIMIT)
			places->rows[places->count++] =
				(struct row){.connection = connection};
		make_room(places);
	} else if (i < places->count) {
		places->count--;
		memmove(&places->rows[i], &places->rows[i + 1],
			(places->count - i) * sizeof(places->rows[0]));
	}
	pthread_mutex_unlock(&places->lock);
}

static bool
is_free(const struct places *places, enum place_kind kind)
{
	static const unsigned limit[PLACE_KINDS] = {
		[PLACE_STREAM] = PLACES_STREAMS,
		[PLACE_LADDER] = PLACES_LADDERS,
		[PLACE_ANSWER] = PLACES_ANSWERS,
	};

	return places->taken[kind] < limit[kind];
}

/* Count a place of a kind as taken or, with -1, as free. */
static void
count(struct places *places, struct MHD_Connection *connection, enum place_kind kind,
      int change)
{
	const unsigned i = find(places, connection);

	places->taken[kind] += (unsigned)change;
	if (kind == PLACE_LADDER)
		places->taken[PLACE_STREAM] += (unsigned)change;
	if (kind != PLACE_ANSWER && i < places->count)
		places->rows[i].stream = change > 0;
}

bool
places_take(struct places *places, struct MHD_Connection *connection,
	    enum place_kind kind)
{
	bool taken;

	pthread_mutex_lock(&places->lock);
	taken = is_free(places, kind) &&
		(kind != PLACE_LADDER || is_free(places, PLACE_STREAM));
	if (taken)
		count(places, connection, kind, 1);
	pthread_mutex_unlock(&places->lock);
	return taken;
}

void
places_leave(struct places *places, struct MHD_Connection *connection,
	     enum place_kind kind)
{
	pthread_mutex_lock(&places->lock);
	count(places, connection, kind, -1);
	pthread_mutex_unlock(&places->lock);
}
