/* SPDX-License-Identifier: BSD-3-Clause */
#include "ladder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "exchange.h"

#define WAIT_MS 1000

struct ladder {
	struct link *links[2]; /* of the original and of the reply direction */
};

struct ladder *
ladder_open(const char *socket, int stop, const struct query *query, char *message,
	    size_t size)
{
	const struct exchange_limit limit = exchange_within(EXCHANGE_MS, stop);
	struct ladder *ladder = calloc(1, sizeof(*ladder));
	int reply, status = 0;

	if (ladder == NULL) {
		snprintf(message, size, "out of memory");
		return NULL;
	}
	for (reply = 0; reply < 2 && status == 0; reply++) {
		json_t *request = query_follow(query, reply != 0);

		status = exchange_open(socket, &limit, &ladder->links[reply]);
		if (status == 0)
			status = link_send(ladder->links[reply], request);
		json_decref(request);
	}
	if (status == 0)
		return ladder;
	snprintf(message, size, "%s: %s", socket, link_open_text(status));
	ladder_close(ladder);
	return NULL;
}

void
ladder_close(struct ladder *ladder)
{
	int reply;

	for (reply = 0; reply < 2; reply++)
		if (ladder->links[reply] != NULL)
			link_close(ladder->links[reply]);
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

char *
ladder_event(struct ladder *ladder, const struct pollfd ends[2])
{
	struct link *link = with_record(ladder);
	json_t *record;
	char *text;

	if (link == NULL) {
		if (!receive(ladder, ends))
			return NULL;
		link = with_record(ladder);
	}
	if (link == NULL)
		return strdup(":\n\n");
	record = link_receive(link);
	if (record == NULL)
		return NULL;
	text = event_text(record);
	json_decref(record);
	return text;
}
