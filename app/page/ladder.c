/* SPDX-License-Identifier: BSD-3-Clause */
#include "ladder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <microhttpd.h>

#include "event.h"
#include "exchange.h"

#define WAIT_MS 1000

/* Index 0 is for the original direction, 1 for the reply. */
struct ladder {
	struct link *links[2];
	json_t *answers[2]; /* to `follow`; NULL: has been sent as an event */
};

static bool
fail(struct ladder_failure *failure, unsigned status, const char *text)
{
	failure->status = status;
	snprintf(failure->text, sizeof(failure->text), "%s", text);
	return false;
}

/* Begin to follow a direction. Returns false and the reason when that fails. */
static bool
follow(struct ladder *ladder, const struct query *query, bool reply,
       const struct exchange_limit *limit, struct ladder_failure *failure)
{
	struct link *link = ladder->links[reply];
	json_t *request = query_follow(query, reply), *answer = NULL;
	const char *error;

	if (link_send(link, request) == 0)
		answer = exchange_receive(link, limit);
	json_decref(request);
	ladder->answers[reply] = answer;
	if (answer == NULL)
		return fail(failure, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "sluice has ended, or does not answer in time");
	error = json_string_value(json_object_get(answer, "error"));
	if (error == NULL)
		return true;
	return fail(failure,
		    query_is_blamed(query, error) ? MHD_HTTP_BAD_REQUEST
						  : MHD_HTTP_SERVICE_UNAVAILABLE,
		    error);
}

struct ladder *
ladder_open(const char *socket, int stop, const struct query *query,
	    struct ladder_failure *failure)
{
	const struct exchange_limit limit = exchange_within(EXCHANGE_MS, stop);
	struct ladder *ladder = calloc(1, sizeof(*ladder));
	int reply, status;

	if (ladder == NULL) {
		fail(failure, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
		return NULL;
	}
	for (reply = 0; reply < 2; reply++) {
		status = exchange_open(socket, &limit, &ladder->links[reply]);
		if (status != 0) {
			failure->status = MHD_HTTP_SERVICE_UNAVAILABLE;
			snprintf(failure->text, sizeof(failure->text), "%s: %s", socket,
				 link_open_text(status));
		}
		if (status != 0 || !follow(ladder, query, reply != 0, &limit, failure)) {
			ladder_close(ladder);
			return NULL;
		}
	}
	return ladder;
}

void
ladder_close(struct ladder *ladder)
{
	int reply;

	for (reply = 0; reply < 2; reply++) {
		json_decref(ladder->answers[reply]);
		if (ladder->links[reply] != NULL)
			link_close(ladder->links[reply]);
	}
	free(ladder);
}

/*
 * Wait for further bytes of either direction, or until one of the descriptors `ends` is
 * ready, and receive them. Returns false when a link has ended.
 */
static bool
receive(const struct ladder *ladder, const struct pollfd ends[2])
{
	struct pollfd ready[4] = {ends[0], ends[1]};
	int reply;

	for (reply = 0; reply < 2; reply++) {
		ready[2 + reply].fd = link_descriptor(ladder->links[reply]);
		ready[2 + reply].events = POLLIN;
	}
	if (poll(ready, 4, WAIT_MS) <= 0)
		return true;
	for (reply = 0; reply < 2; reply++)
		if (ready[2 + reply].revents != 0 && !link_fill(ladder->links[reply]) &&
		    errno != EAGAIN)
			return false;
	return true;
}

/* Return the link that has a whole record; NULL: none has. */
static struct link *
with_record(const struct ladder *ladder)
{
	int reply;

	for (reply = 0; reply < 2; reply++)
		if (link_has_line(ladder->links[reply]))
			return ladder->links[reply];
	return NULL;
}

/* Take the next object that is there; NULL: none is, or one is not JSON. */
static json_t *
take(struct ladder *ladder, bool *broken)
{
	struct link *link = with_record(ladder);
	json_t *object;
	int reply;

	for (reply = 0; reply < 2; reply++) {
		object = ladder->answers[reply];
		ladder->answers[reply] = NULL;
		if (object != NULL)
			return object;
	}
	if (link == NULL)
		return NULL;
	object = link_receive(link);
	*broken = object == NULL;
	return object;
}

char *
ladder_event(struct ladder *ladder, const struct pollfd ends[2])
{
	bool broken = false;
	json_t *object = take(ladder, &broken);
	char *text;

	if (object == NULL && !broken) {
		if (!receive(ladder, ends))
			return NULL;
		object = take(ladder, &broken);
	}
	if (object == NULL)
		return broken ? NULL : strdup(":\n\n");
	text = event_text(object);
	json_decref(object);
	return text;
}
