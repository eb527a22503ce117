/* SPDX-License-Identifier: BSD-3-Clause */
#include "places.h"

#include <pthread.h>
#include <stdlib.h>

#include <control/accepted.h>

struct places {
	pthread_mutex_t lock; /* of all other members */
	struct accepted accepted;
	unsigned taken[PLACE_KINDS];
};

struct places *
places_start(void)
{
	struct places *places = calloc(1, sizeof(*places));

	if (places == NULL)
		return NULL;
	pthread_mutex_init(&places->lock, NULL);
	places->accepted.max = PLACES_MAX;
	return places;
}

void
places_stop(struct places *places)
{
	pthread_mutex_destroy(&places->lock);
	free(places);
}

void
places_notify(void *context, struct MHD_Connection *connection, void **unused,
	      enum MHD_ConnectionNotificationCode code)
{
	struct places *places = context;

	(void)unused;
	pthread_mutex_lock(&places->lock);
	accepted_notify(&places->accepted, connection, code);
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

/* Count a place of a kind as taken or, with -1, as free. Streams are kept open. */
static void
count(struct places *places, struct MHD_Connection *connection, enum place_kind kind,
      int change)
{
	places->taken[kind] += (unsigned)change;
	if (kind == PLACE_LADDER)
		places->taken[PLACE_STREAM] += (unsigned)change;
	if (kind != PLACE_ANSWER)
		accepted_keep(&places->accepted, connection, change > 0);
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
