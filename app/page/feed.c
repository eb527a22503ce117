/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "event.h"
#include "link.h"

#define TIMEOUT_S 10u /* the first answer to `states` waits for a walk of the table */

struct feed {
	pthread_mutex_t lock; /* of all other members */
	const char *socket;
	struct link *link; /* NULL: not connected */
	char *event;       /* the cached event; NULL: none yet */
	size_t size;
	uint64_t made_ms;
};

static const char *const requests[] = {"stats", "drops", "states"};

struct feed *
feed_start(const char *socket)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed == NULL)
		return NULL;
	pthread_mutex_init(&feed->lock, NULL);
	feed->socket = socket;
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

static uint64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Send a request and move the members of its answer into the event. Returns false when
 * the link does not work.
 */
static bool
ask(struct link *link, const char *name, json_t *event)
{
	json_t *request = json_pack("{ss}", "request", name), *answer, *error;
	const int status = link_send(link, request);

	json_decref(request);
	answer = status == 0 ? link_receive(link) : NULL;
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

/* Ask sluice all that an event has. Returns NULL, or why it cannot be reached. */
static const char *
ask_all(struct feed *feed, json_t *event)
{
	int status = 0;
	size_t i;

	if (feed->link == NULL)
		status = link_open(feed->socket, TIMEOUT_S, &feed->link);
	if (status != 0)
		return link_open_text(status);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!ask(feed->link, requests[i], event)) {
			link_close(feed->link);
			feed->link = NULL;
			return "sluice has ended, or does not answer";
		}
	return NULL;
}

static void
renew(struct feed *feed)
{
	json_t *event = json_pack("{sI s{}}", "now_ms", (json_int_t)monotonic_ms(),
				  "errors");
	const char *away = ask_all(feed, event);

	if (away != NULL) {
		json_decref(event);
		event = json_pack("{sI so}", "now_ms", (json_int_t)monotonic_ms(), "away",
				  json_sprintf("%s: %s", feed->socket, away));
	}
	free(feed->event);
	feed->event = event_text(event);
	feed->size = feed->event != NULL ? strlen(feed->event) : 0;
	feed->made_ms = monotonic_ms();
	json_decref(event);
}

char *
feed_event(struct feed *feed, size_t *size)
{
	char *event = NULL;

	pthread_mutex_lock(&feed->lock);
	if (feed->event == NULL || monotonic_ms() - feed->made_ms >= FEED_CACHE_MS)
		renew(feed);
	if (feed->event != NULL)
		event = strdup(feed->event);
	*size = feed->size;
	pthread_mutex_unlock(&feed->lock);
	return event;
}
