/* SPDX-License-Identifier: BSD-3-Clause */
#include "http.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include <control/accepted.h>

#include "clock.h"

#define CONNECTIONS_MAX 48u
/* a connection ends after this time without a byte */
#define TIMEOUT_S 10u
/* memory for the headers of one connection */
#define MEMORY_BYTES ((size_t)16 << 10)

struct http {
	struct http_page page;
	struct MHD_Daemon *daemon;
	struct accepted accepted;
	struct http_text texts[HTTP_FORMS]; /* the cached page */
	bool made;
	uint64_t made_ms;
};

static void
texts_free(struct http *http)
{
	unsigned i;

	for (i = 0; i < HTTP_FORMS; i++) {
		free(http->texts[i].text);
		http->texts[i] = (struct http_text){0};
	}
}

/*
 * Make the page again if it is older than HTTP_CACHE_MS. Returns false when that fails.
 */
static bool
page_renew(struct http *http)
{
	const uint64_t now_ms = clock_monotonic_ms();

	if (http->made && now_ms - http->made_ms < HTTP_CACHE_MS)
		return true;
	texts_free(http);
	http->made = http->page.make(http->page.context, http->texts);
	http->made_ms = now_ms;
	return http->made;
}

static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, const char *type,
      const char *text, size_t size)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)text,
						MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_OK)
		MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* Send a status other than 200, with a text. */
static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	return reply(connection, status, "text/plain", text, strlen(text));
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd prescribes the parameters */
handle(void *context, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *data, size_t *data_size,
       void **state)
{
	struct http *http = context;
	unsigned form;

	(void)version;
	(void)data;
	/* answer before the body, which may be endless */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET expected\n");
	/*
	 * libmicrohttpd calls first with the headers alone, then with parts of a body,
	 * then for the answer
	 */
	if (*state == NULL || *data_size > 0) {
		*state = context;
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, http->page.path) != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, http->page.not_found);
	if (!page_renew(http))
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      http->page.unavailable);
	form = http->page.choose(MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							     MHD_HTTP_HEADER_ACCEPT));
	return reply(connection, MHD_HTTP_OK, http->page.types[form],
		     http->texts[form].text, http->texts[form].size);
}

/* libmicrohttpd reports that a connection begins or ends. */
static void
notify(void *context, struct MHD_Connection *connection, void **socket_context,
       enum MHD_ConnectionNotificationCode code)
{
	struct http *http = context;

	(void)socket_context;
	accepted_notify(&http->accepted, connection, code);
}

struct http *
http_start(const struct sockaddr *address, const struct http_page *page, char *message,
	   size_t size)
{
	/* not select(), which cannot wait for descriptors above 1,023 */
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
	struct http *http = calloc(1, sizeof(*http));

	if (http == NULL) {
		snprintf(message, size, "out of memory");
		return NULL;
	}
	if (address->sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	http->page = *page;
	http->accepted.max = CONNECTIONS_MAX;
	errno = 0;
	http->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, http,
					MHD_OPTION_SOCK_ADDR, address,
					MHD_OPTION_CONNECTION_LIMIT,
					CONNECTIONS_MAX + ACCEPTED_SPARE,
					MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES,
					MHD_OPTION_NOTIFY_CONNECTION, notify, http,
					MHD_OPTION_END);
	if (http->daemon == NULL) {
		snprintf(message, size, "metrics cannot be served: %s",
			 errno != 0 ? strerror(errno) : "cannot bind the address");
		free(http);
		return NULL;
	}
	return http;
}

void
http_stop(struct http *http)
{
	if (http == NULL)
		return;
	MHD_stop_daemon(http->daemon);
	texts_free(http);
	free(http);
}
