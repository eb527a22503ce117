/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <jansson.h>
#include <microhttpd.h>

#include <control/accepted.h>

#include "answers.h"
#include "exchange.h"
#include "feed.h"
#include "host.h"
#include "ladder.h"
#include "places.h"
#include "query.h"
#include "resource.h"
#include "respond.h"

/* a connection ends after this time without a byte */
#define TIMEOUT_S 10u
/* memory for the headers of one connection */
#define MEMORY_BYTES ((size_t)16 << 10)
/* stack of the thread of a connection; jansson recurses with the depth of an answer */
#define STACK_BYTES ((size_t)256 << 10)
#define EVENT_PERIOD_MS 1000
/* an event with `away` comes before libmicrohttpd closes its stream */
static_assert(EVENT_PERIOD_MS + EXCHANGE_MS + 2000 < TIMEOUT_S * 1000, "limits");

struct server {
	struct sockaddr_storage listen;
	const char *socket;
	struct MHD_Daemon *daemon;
	struct places *places;
	struct feed *feed;
	int stop; /* a descriptor that is readable when the server stops */
};

/* the state of a request whose URL has a byte 0 */
static const char has_nul[] = "%00";

struct header_count {
	const char *name;
	unsigned number;
};

/* A request whose answer is a stream of events. It belongs to the connection's thread. */
struct stream {
	struct server *server;
	struct MHD_Connection *connection;
	struct ladder *ladder; /* NULL: the feed */
	/* the server's `stop` and the client's socket: ready when the stream must end */
	struct pollfd ends[2];
	char *event; /* the event that is being sent; NULL: none */
	size_t size;
	size_t sent;
	bool begun; /* the first event does not wait */
};

/* Return whether the server stops or the client goes within a time. */
static bool
ends_within(const struct stream *stream, int ms)
{
	struct pollfd ends[2] = {stream->ends[0], stream->ends[1]};

	return poll(ends, 2, ms) != 0;
}

/* Get the next event. Returns false at the end of the stream. */
static bool
stream_next(struct stream *stream)
{
	free(stream->event);
	stream->event = NULL;
	stream->sent = 0;
	if (stream->ladder != NULL) {
		stream->event = ladder_event(stream->ladder, stream->ends);
		stream->size = stream->event != NULL ? strlen(stream->event) : 0;
	} else if (!stream->begun || !ends_within(stream, EVENT_PERIOD_MS)) {
		stream->event = feed_event(stream->server->feed, &stream->size);
	}
	stream->begun = true;
	return stream->event != NULL;
}

static ssize_t
stream_read(void *context, uint64_t offset, char *buffer, size_t room)
{
	struct stream *stream = context;
	size_t size;

	(void)offset;
	if (ends_within(stream, 0))
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (stream->sent == stream->size && !stream_next(stream))
		return MHD_CONTENT_READER_END_OF_STREAM;
	size = stream->size - stream->sent;
	if (size > room)
		size = room;
	memcpy(buffer, stream->event + stream->sent, size);
	stream->sent += size;
	return (ssize_t)size;
}

static void
stream_end(void *context)
{
	struct stream *stream = context;
	const bool ladder = stream->ladder != NULL;

	places_leave(stream->server->places, stream->connection,
		     ladder ? PLACE_LADDER : PLACE_STREAM);
	if (ladder)
		ladder_close(stream->ladder);
	free(stream->event);
	free(stream);
}

/* Send events; takes over the ladder and the place of the connection. */
static enum MHD_Result
stream_begin(struct server *server, struct MHD_Connection *connection,
	     struct ladder *ladder)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	const int client = MHD_get_connection_info(connection,
						   MHD_CONNECTION_INFO_CONNECTION_FD)
				   ->connect_fd;

	if (stream == NULL) {
		places_leave(server->places, connection,
			     ladder != NULL ? PLACE_LADDER : PLACE_STREAM);
		if (ladder != NULL)
			ladder_close(ladder);
		return MHD_NO;
	}
	stream->server = server;
	stream->connection = connection;
	stream->ladder = ladder;
	stream->ends[0] = (struct pollfd){.fd = server->stop, .events = POLLIN};
	stream->ends[1] = (struct pollfd){.fd = client, .events = POLLRDHUP};
	return respond_events(connection, stream_read, stream_end, stream);
}

static enum MHD_Result
refuse_busy(struct MHD_Connection *connection)
{
	return respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "too many requests of this kind are under way: close other "
			    "pages, or try again\n");
}

static enum MHD_Result
do_stream(struct server *server, struct MHD_Connection *connection, struct query *query)
{
	(void)query;
	if (!places_take(server->places, connection, PLACE_STREAM))
		return refuse_busy(connection);
	return stream_begin(server, connection, NULL);
}

static enum MHD_Result
do_ladder(struct server *server, struct MHD_Connection *connection, struct query *query)
{
	struct ladder_failure failure;
	struct ladder *ladder;

	if (!query_is_connection(query))
		return respond_text(connection, MHD_HTTP_BAD_REQUEST, query->error);
	if (!places_take(server->places, connection, PLACE_LADDER))
		return refuse_busy(connection);
	ladder = ladder_open(server->socket, server->stop, query, &failure);
	if (ladder != NULL)
		return stream_begin(server, connection, ladder);
	places_leave(server->places, connection, PLACE_LADDER);
	return respond_text(connection, failure.status, failure.text);
}

/* Send the answers to a request, and free it. */
static enum MHD_Result
forward(struct server *server, struct MHD_Connection *connection, json_t *request,
	unsigned limit)
{
	const struct exchange_limit time = exchange_within(EXCHANGE_MS, server->stop);
	json_t *answers;
	unsigned status;

	if (!places_take(server->places, connection, PLACE_ANSWER)) {
		json_decref(request);
		return refuse_busy(connection);
	}
	status = answers_get(server->socket, &time, request, limit, &answers);
	places_leave(server->places, connection, PLACE_ANSWER);
	json_decref(request);
	return respond_json(connection, status, answers);
}

static enum MHD_Result
do_rules(struct server *server, struct MHD_Connection *connection, struct query *query)
{
	(void)query;
	return forward(server, connection, json_pack("{ss}", "request", "rules"), 1);
}

static enum MHD_Result
do_connections(struct server *server, struct MHD_Connection *connection,
	       struct query *query)
{
	return forward(server, connection, query_list(query), query->limit);
}

static const struct path {
	const char *path;
	enum MHD_Result (*answer)(struct server *, struct MHD_Connection *,
				  struct query *);
	bool events;
} paths[] = {
	{"/stream", do_stream, true},
	{"/connections", do_connections, false},
	{"/rules", do_rules, false},
	{"/ladder", do_ladder, true},
};

static enum MHD_Result
take_parameter(void *context, enum MHD_ValueKind kind, const char *name,
	       const char *value)
{
	(void)kind;
	query_take(context, name, value);
	return MHD_YES;
}

/* Answer a request for a path that sluice has the answer for. */
static enum MHD_Result
answer(struct server *server, struct MHD_Connection *connection, const struct path *path,
       bool head)
{
	enum MHD_Result result;
	struct query query;

	query_begin(&query);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_parameter,
				  &query);
	if (query.error[0] != '\0')
		result = respond_text(connection, MHD_HTTP_BAD_REQUEST, query.error);
	else if (head && path->events)
		result = respond_events(connection, NULL, NULL, NULL);
	else
		result = path->answer(server, connection, &query);
	query_end(&query);
	return result;
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result
route(struct server *server, struct MHD_Connection *connection, const char *url,
      bool head)
{
	size_t i;

	for (i = 0; i < resource_count; i++)
		if (strcmp(url, resources[i].path) == 0)
			return respond_resource(connection, &resources[i]);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(url, paths[i].path) == 0) {
			if (!host_is_same_site(header(connection, "Sec-Fetch-Site"),
					       header(connection, MHD_HTTP_HEADER_ORIGIN),
					       header(connection, MHD_HTTP_HEADER_HOST)))
				return respond_text(connection, MHD_HTTP_FORBIDDEN,
						    "a request of this page is expected, "
						    "not of another site\n");
			return answer(server, connection, &paths[i], head);
		}
	return respond_text(connection, MHD_HTTP_NOT_FOUND, "the page is at /\n");
}

/* Count the values of a header, up to two. */
static enum MHD_Result
count_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_count *count = context;

	(void)kind;
	(void)value;
	if (strcasecmp(name, count->name) == 0)
		count->number++;
	return count->number < 2 ? MHD_YES : MHD_NO;
}

/* Return what is malformed in a request, whatever its path; NULL: nothing. */
static const char *
malformed(struct MHD_Connection *connection, const void *state)
{
	static const char *const once[] = {MHD_HTTP_HEADER_HOST, MHD_HTTP_HEADER_ORIGIN,
					   "Sec-Fetch-Site"};
	size_t i;

	if (state == has_nul)
		return "a URL without %00 is expected\n";
	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		struct header_count count = {.name = once[i]};

		MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header,
					  &count);
		if (count.number > 1)
			return "Host, Origin and Sec-Fetch-Site are expected once at "
			       "most\n";
	}
	return NULL;
}

/*
 * Look at the URL of a request before it is decoded: a MHD_OPTION_URI_LOG_CALLBACK. What
 * it returns is the first state that handle() sees.
 */
static void *
take_url(void *context, const char *url, struct MHD_Connection *connection)
{
	(void)context;
	(void)connection;
	return query_has_nul(url) ? (void *)(uintptr_t)has_nul : NULL;
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd prescribes the parameters */
handle(void *context, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *data, size_t *data_size,
       void **state)
{
	const bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	struct server *server = context;
	const char *error = malformed(connection, *state);

	(void)version;
	(void)data;
	if (error != NULL)
		return respond_text(connection, MHD_HTTP_BAD_REQUEST, error);
	/* answer before the body, which may be endless */
	if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "GET expected\n");
	/*
	 * libmicrohttpd calls first with the headers alone, then with parts of a body,
	 * then for the answer
	 */
	if (*state == NULL || *data_size > 0) {
		*state = context;
		*data_size = 0;
		return MHD_YES;
	}
	if (!host_is_ours(header(connection, MHD_HTTP_HEADER_HOST), &server->listen))
		return respond_text(connection, MHD_HTTP_FORBIDDEN,
				    "Host: localhost, or the address of --listen, is "
				    "expected\n");
	return route(server, connection, url, head);
}

static bool
start(struct server *server)
{
	/* not select(), which cannot wait for descriptors above 1,023 */
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			 MHD_USE_AUTO;

	if (server->listen.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	server->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
				 MHD_OPTION_SOCK_ADDR, &server->listen,
				 MHD_OPTION_CONNECTION_LIMIT, PLACES_MAX + ACCEPTED_SPARE,
				 MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES,
				 MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES,
				 MHD_OPTION_NOTIFY_CONNECTION, places_notify,
				 server->places, MHD_OPTION_URI_LOG_CALLBACK, take_url,
				 NULL, MHD_OPTION_END);
	return server->daemon != NULL;
}

struct server *
server_start(const struct sockaddr_storage *listen, const char *socket, char *message,
	     size_t size)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		snprintf(message, size, "out of memory");
		return NULL;
	}
	server->listen = *listen;
	server->socket = socket;
	server->places = places_start();
	server->stop = eventfd(0, EFD_CLOEXEC);
	server->feed = feed_start(socket, server->stop);
	if (server->places != NULL && server->feed != NULL && server->stop >= 0 &&
	    start(server))
		return server;
	snprintf(message, size, "%s",
		 errno != 0 ? strerror(errno) : "cannot bind the address");
	server_stop(server);
	return NULL;
}

void
server_stop(struct server *server)
{
	if (server->stop >= 0)
		eventfd_write(server->stop, 1);
	if (server->daemon != NULL)
		MHD_stop_daemon(server->daemon);
	if (server->stop >= 0)
		close(server->stop);
	if (server->feed != NULL)
		feed_stop(server->feed);
	if (server->places != NULL)
		places_stop(server->places);
	free(server);
}
