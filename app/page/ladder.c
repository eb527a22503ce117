/* SPDX-License-Identifier: BSD-3-Clause */
#include "ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "link.h"

#define TIMEOUT_S 5u
#define WAIT_MS 1000

struct ladder {
	struct link *links[2]; /* of the original and of the reply direction */
};

struct ladder *
ladder_open(const char *socket, const struct query *query, char *message, size_t size)
{
	struct ladder *ladder = calloc(1, sizeof(*ladder));
	int reply, status = 0;

	if (ladder == NULL) {
		snprintf(message, size, "out of memory");
		return NULL;
	}
	for (reply = 0; reply < 2 && status == 0; reply++) {
		json_t *request = query_follow(query, reply != 0);

		status = link_open(socket, TIMEOUT_S, &ladder->links[reply]);
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

/* Return the link that has a record, after waiting for it; NULL: none has. */
static struct link *
wait_for_record(struct ladder *ladder, const struct pollfd ends[2])
{
	struct pollfd ready[4] = {ends[0], ends[1]};
	int reply;

	for (reply = 0; reply < 2; reply++) {
		if (link_has_line(ladder->links[reply]))
			return ladder->links[reply];
		ready[2 + reply].fd = link_descriptor(ladder->links[reply]);
		ready[2 + reply].events = POLLIN;
	}
	if (poll(ready, 4, WAIT_MS) <= 0)
		return NULL;
	for (reply = 0; reply < 2; reply++)
		if (ready[2 + reply].revents != 0)
			return ladder->links[reply];
	return NULL;
}

char *
ladder_event(struct ladder *ladder, const struct pollfd ends[2])
{
	struct link *link = wait_for_record(ladder, ends);
	json_t *record;
	char *text;

	if (link == NULL)
		return strdup(":\n\n");
	record = link_receive(link);
	if (record == NULL)
		return NULL;
	text = event_text(record);
	json_decref(record);
	return text;
}
