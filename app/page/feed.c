/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "event.h"
#include "exchange.h"

struct feed {
	pthread_mutex_t lock; /* of all other members */
	const char *socket;
	int stop;
	struct link *link; /* NULL: not connected */
	char *event;       /* the cached event; NULL: none yet */
	size_t size;
	uint64_t made_ms;
};

static const char *const requests[] = {"stats", "drops", "states"};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

struct feed *
feed_start(const char *socket, int stop)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	pthread_mutex_init(&feed->lock, NULL);
	feed->socket = socket;
	feed->stop = stop;
	return feed;
}

void
feed_stop(struct feed *feed)
{
	if (feed->link != NULL)
		link_close(feed->link);
	pthread_mutex_destroy(&feed->lock);
	free(feed->event);
	free(feed);
}

/*
 * Send a request and move the members of its answer into the event. Returns false when
 * the link does not work: errno is EAGAIN if there was no answer in time.
 */
static bool
ask(struct link *link, const struct exchange_limit *limit, const char *name,
    json_t *event)
{
	json_t *request = json_pack("{ss}", "request", name), *answer, *error;
	const int status = link_send(link, request);

	json_decref(request);
	errno = -status;
	answer = status == 0 ? exchange_receive(link, limit) : NULL;
	if (answer == NULL)
		return false;
	error = json_object_get(answer, "error");
	if (error != NULL)
		json_object_set(json_object_get(event, "errors"), name, error);
	else
		json_object_update(event, answer);
	json_decref(answer);
	return true;
}

/*
 * Ask sluice all that an event has, within one limit. Returns NULL, or why it cannot be
 * reached. A late answer to `states` is an error of that request alone: the first one
 * waits for a walk of the table.
 */
static const char *
ask_all(struct feed *feed, json_t *event)
{
	const struct exchange_limit limit = exchange_within(EXCHANGE_MS, feed->stop);
	size_t answered = 0;
	int status = 0;

	if (feed->link == NULL)
		status = exchange_open(feed->socket, &limit, &feed->link);
	if (status != 0)
		return link_open_text(status);
	while (answered < REQUESTS && ask(feed->link, &limit, requests[answered], event))
		answered++;
	if (answered == REQUESTS)
		return NULL;
	status = errno;
	/* an answer that comes later would be taken for one to the next request */
	link_close(feed->link);
	feed->link = NULL;
	if (answered < REQUESTS - 1 || status != EAGAIN)
		return "sluice has ended, or does not answer in time";
	json_object_set_new(json_object_get(event, "errors"), requests[answered],
			    json_string("no answer in time"));
	return NULL;
}

static void
renew(struct feed *feed)
{
	json_t *event = json_pack("{sI s{}}", "now_ms", (json_int_t)exchange_now_ms(),
				  "errors");
	const char *away = ask_all(feed, event);

	if (away != NULL) {
		json_decref(event);
		event = json_pack("{sI so}", "now_ms", (json_int_t)exchange_now_ms(),
				  "away", json_sprintf("%s: %s", feed->socket, away));
	}
	free(feed->event);
	feed->event = event_text(event);
	feed->size = feed->event != NULL ? strlen(feed->event) : 0;
	feed->made_ms = exchange_now_ms();
	json_decref(event);
}

char *
feed_event(struct feed *feed, size_t *size)
{
	char *event = NULL;

	pthread_mutex_lock(&feed->lock);
	if (feed->event == NULL || exchange_now_ms() - feed->made_ms >= FEED_CACHE_MS)
		renew(feed);
	if (feed->event != NULL)
		event = strdup(feed->event);
	*size = feed->size;
	pthread_mutex_unlock(&feed->lock);
	return event;
}
