/* SPDX-License-Identifier: BSD-3-Clause */
#include "respond.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* bytes that are read at once from the source of events */
#define EVENT_BLOCK ((size_t)16 << 10)

static const char *const headers[][2] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	 "img-src 'self' data:; base-uri 'none'; form-action 'none'; "
	 "frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
};

/* Send a response, and free it. NULL: no memory; the connection is closed. */
static enum MHD_Result
queue(struct MHD_Connection *connection, unsigned status, const char *type,
      struct MHD_Response *response)
{
	enum MHD_Result result;
	size_t i;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result
respond_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
	return queue(connection, status, "text/plain; charset=utf-8",
		     MHD_create_response_from_buffer(strlen(text),
						     (void *)(uintptr_t)text,
						     MHD_RESPMEM_MUST_COPY));
}

enum MHD_Result
respond_json(struct MHD_Connection *connection, unsigned status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(json);
	if (text == NULL)
		return MHD_NO;
	return queue(connection, status, "application/json",
		     MHD_create_response_from_buffer(strlen(text), text,
						     MHD_RESPMEM_MUST_FREE));
}

enum MHD_Result
respond_resource(struct MHD_Connection *connection, const struct resource *resource)
{
	return queue(connection, MHD_HTTP_OK, resource->type,
		     MHD_create_response_from_buffer(resource->size,
						     (void *)(uintptr_t)resource->content,
						     MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result
respond_events(struct MHD_Connection *connection, MHD_ContentReaderCallback read,
	       MHD_ContentReaderFreeCallback end, void *context)
{
	static char nothing[1];
	struct MHD_Response *response;

	if (read == NULL)
		response = MHD_create_response_from_buffer(0, nothing,
							   MHD_RESPMEM_PERSISTENT);
	else
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
							     EVENT_BLOCK, read, context,
							     end);
	if (response == NULL && end != NULL)
		end(context);
	return queue(connection, MHD_HTTP_OK, "text/event-stream", response);
}
