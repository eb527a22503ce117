/* SPDX-License-Identifier: BSD-3-Clause */
#include "answers.h"

#include <stdbool.h>
#include <string.h>

#include <microhttpd.h>

/* Receive the answers. Returns false when the link ends before the last one. */
static bool
receive(struct link *link, const struct exchange_limit *time, unsigned limit,
	json_t *answers)
{
	bool last = false;

	while (!last && json_array_size(answers) < limit) {
		json_t *answer = exchange_receive(link, time);

		if (answer == NULL)
			return false;
		last = json_object_get(answer, "connection") == NULL;
		json_array_append_new(answers, answer);
	}
	return true;
}

/* Return the text of the error that sluice has answered with; NULL: there is none. */
static json_t *
refusal(const json_t *answers)
{
	const size_t count = json_array_size(answers);

	return count > 0 ? json_object_get(json_array_get(answers, count - 1), "error")
			 : NULL;
}

unsigned
answers_get(const char *socket, const struct exchange_limit *time, const json_t *request,
	    unsigned limit, json_t **answers)
{
	json_t *array = json_array();
	struct link *link;
	int status = exchange_open(socket, time, &link);
	bool whole = false;

	if (status != 0) {
		*answers =
			json_pack("{so}", "error",
				  json_sprintf("%s: %s", socket, link_open_text(status)));
		json_decref(array);
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	if (link_send(link, request) == 0)
		whole = receive(link, time, limit, array);
	link_close(link);
	*answers = array;
	if (whole && refusal(array) == NULL)
		return MHD_HTTP_OK;
	*answers = whole ? json_pack("{sO}", "error", refusal(array))
			 : json_pack("{ss}", "error",
				     "sluice has ended, or does not answer in time");
	json_decref(array);
	return whole ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_SERVICE_UNAVAILABLE;
}
