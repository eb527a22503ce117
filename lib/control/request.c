/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "recorded.h"
#include "sets.h"
#include "states.h"
#include "stats.h"
#include "subscribe.h"
#include <control/view.h>

static const char no_answer[] = "a worker does not answer";

static const char too_many_readers[] =
	"16 clients read events or records already, the most there can be: end one of "
	"them, or have one read for all";
static_assert(FANOUT_READERS == 16, "the text says how many");

static void
answer(struct client *c, const char *name, json_t *json)
{
	if (json == NULL)
		client_error(c, no_answer);
	else if (!client_send(c, json_pack("{so}", name, json)))
		client_error(c, "the answer is too long");
}

static void
do_stats(struct server *server, struct client *c, json_t *request)
{
	(void)request;
	answer(c, "stats", stats_json(server->config, server->fanout.count));
}

static void
do_drops(struct server *server, struct client *c, json_t *request)
{
	(void)request;
	answer(c, "drops", drops_json(server->config));
}

static void
do_rules(struct server *server, struct client *c, json_t *request)
{
	(void)request;
	answer(c, "rules", rules_json(server->config));
}

/*
 * Process the request `set`. Its members are op (list, add or delete) and set, and for
 * add and delete also element and timeout.
 */
static void
do_set(struct server *server, struct client *c, json_t *request)
{
	char message[512];
	json_t *json = set_json(server->config, request, message, sizeof(message));

	if (json == NULL)
		client_error(c, message);
	else if (!client_send(c, json_pack("{so}", "set", json)))
		client_error(c, "the answer is too long");
}

static void
do_explain(struct server *server, struct client *c, json_t *request)
{
	char message[512];
	json_t *json = explain_json(server->config, request, message, sizeof(message));

	if (json == NULL)
		client_error(c, message);
	else if (!client_send(c, json_pack("{so}", "explain", json)))
		client_error(c, "the answer is too long");
}

static void
begin(struct client *c, enum client_task task)
{
	c->task = task;
	c->worker = 0;
	c->cursor = 0;
	c->count = 0;
}

/* Read what is to happen to the connections: keep, recheck or flush. */
static bool
read_connections(const json_t *value, uint8_t *connections)
{
	static const char *const words[] = {
		[RELOAD_KEEP] = "keep",
		[RELOAD_RECHECK] = "recheck",
		[RELOAD_FLUSH] = "flush",
	};
	const char *text = json_string_value(value);
	uint8_t i;

	for (i = 0; text != NULL && i < RTE_DIM(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*connections = i;
			return true;
		}
	}
	return value == NULL;
}

/*
 * Read the members of the request `reload`, over the configured values in *task. Returns
 * NULL, or an error.
 */
static const char *
read_reload(json_t *request, struct control_reload_task *task)
{
	const json_t *dry_run = json_object_get(request, "dry_run");
	const json_t *connections = json_object_get(request, "connections");
	const json_t *reset = json_object_get(request, "reset");

	if (json_object_size(request) !=
	    1 + (size_t)(dry_run != NULL) + (connections != NULL) + (reset != NULL))
		return "reload: only dry_run, connections and reset are expected";
	if ((dry_run != NULL && !json_is_boolean(dry_run)) ||
	    (reset != NULL && !json_is_boolean(reset)))
		return "reload: dry_run and reset are true or false";
	if (!read_connections(connections, &task->connections))
		return "reload: connections is keep, recheck or flush";
	if (reset != NULL)
		task->reset = json_is_true(reset);
	task->dry_run = json_is_true(dry_run);
	if (task->dry_run && (connections != NULL || reset != NULL))
		return "reload: a dry run ends no connections";
	if (json_is_true(reset) && task->connections == RELOAD_KEEP)
		return "reload: reset is for connections that end: give recheck or flush";
	return NULL;
}

static void
do_reload(struct server *server, struct client *c, json_t *request)
{
	struct control_reload *reload = server->config->reload;
	struct control_reload_task task = control_reload_normal(reload);
	const char *error = read_reload(request, &task);

	if (error != NULL)
		client_error(c, error);
	else if (control_reload_ask(reload, &task) == 0)
		begin(c, CLIENT_RELOAD);
	else
		client_error_kind(c,
				  "a reload of the rules is in progress: try again when "
				  "it has ended",
				  "busy");
}

static void
do_states(struct server *server, struct client *c, json_t *request)
{
	(void)server;
	(void)request;
	begin(c, CLIENT_STATES);
}

static bool
read_filter(struct client *c, json_t *request)
{
	char message[256];

	if (filter_parse(&c->filter, request, message, sizeof(message)) == 0)
		return true;
	client_error(c, message);
	return false;
}

static void
do_list(struct server *server, struct client *c, json_t *request)
{
	(void)server;
	if (read_filter(c, request))
		begin(c, CLIENT_LIST);
}

static void
do_delete(struct server *server, struct client *c, json_t *request)
{
	(void)server;
	if (!read_filter(c, request))
		return;
	if (c->filter.any)
		client_error(c,
			     "delete: no filter is given, at least one expected; flush "
			     "removes all connections");
	else
		begin(c, CLIENT_DELETE);
}

static void
do_flush(struct server *server, struct client *c, json_t *request)
{
	(void)server;
	(void)request;
	begin(c, CLIENT_FLUSH);
}

static void
do_events(struct server *server, struct client *c, json_t *request)
{
	if (!read_filter(c, request))
		return;
	if (subscribe(server, c, CONTROL_STREAM_EVENTS) == 0)
		client_send(c, json_pack("{ss}", "events", "subscribed"));
	else
		client_error(c, too_many_readers);
}

/*
 * Take a switch out of a request. Returns whether it is valid; if not, sends the client
 * an error.
 */
static bool
read_switch(struct client *c, json_t *request, const char *name, bool *value)
{
	const json_t *json = json_object_get(request, name);
	char message[64];

	if (json != NULL && !json_is_boolean(json)) {
		snprintf(message, sizeof(message), "%s: true or false expected", name);
		client_error(c, message);
		return false;
	}
	*value = json_is_true(json);
	json_object_del(request, name);
	return true;
}

/*
 * Read the members of a request for records: frames, and those of the filter. Returns
 * whether they are valid; if not, sends the client an error.
 */
static bool
read_records(struct client *c, json_t *request)
{
	char message[256];

	if (!read_switch(c, request, "frames", &c->frames))
		return false;
	if (filter_parse_record(&c->filter, request, message, sizeof(message)) == 0)
		return true;
	client_error(c, message);
	return false;
}

static void
do_recorded(struct server *server, struct client *c, json_t *request)
{
	(void)server;
	if (!read_records(c, request))
		return;
	begin(c, CLIENT_RECORDED);
	c->cursor = REASON_NONE + 1;
}

/* The streams of a name; 0: it is not a known one. */
static unsigned
streams_of_name(const json_t *value)
{
	static const struct {
		const char *name;
		unsigned streams;
	} names[] = {
		{"drops", CONTROL_STREAM_DROPS},
		{"logs", CONTROL_STREAM_LOGS},
		{"passed", CONTROL_STREAM_PASSES},
		{"all", CONTROL_STREAM_RECORDS},
	};
	const char *text = json_string_value(value);
	size_t i;

	for (i = 0; text != NULL && i < RTE_DIM(names); i++)
		if (strcmp(text, names[i].name) == 0)
			return names[i].streams;
	return 0;
}

/* The streams that a request names, alone or in an array; 0: one is not known. */
static unsigned
streams_of(const json_t *value)
{
	unsigned streams = 0, one;
	const json_t *name;
	size_t i;

	if (value == NULL)
		return CONTROL_STREAM_DROPS;
	if (!json_is_array(value))
		return streams_of_name(value);
	json_array_foreach(value, i, name) {
		one = streams_of_name(name);
		if (one == 0)
			return 0;
		streams |= one;
	}
	return streams;
}

static void
do_follow(struct server *server, struct client *c, json_t *request)
{
	unsigned streams = streams_of(json_object_get(request, "records"));

	if (streams == 0) {
		client_error(c,
			     "records: drops, logs, passed or all expected, or an array "
			     "of these");
		return;
	}
	json_object_del(request, "records");
	if (!read_switch(c, request, "trace", &c->trace) || !read_records(c, request))
		return;
	/* only dropped packets have a reason */
	if (c->filter.reason >= 0 && streams != CONTROL_STREAM_PASSES)
		streams &= ~CONTROL_STREAM_PASSES;
	if (subscribe(server, c, streams) == 0)
		client_send(c, json_pack("{ss}", "follow", "subscribed"));
	else
		client_error(c, too_many_readers);
}

static const struct {
	const char *name;
	void (*run)(struct server *server, struct client *c, json_t *request);
	bool filters; /* the request may have members of a filter */
} requests[] = {
	{"list", do_list, true},         {"stats", do_stats, false},
	{"drops", do_drops, false},      {"flush", do_flush, false},
	{"delete", do_delete, true},     {"events", do_events, true},
	{"reload", do_reload, true},     {"rules", do_rules, false},
	{"recorded", do_recorded, true}, {"follow", do_follow, true},
	{"set", do_set, true},           {"explain", do_explain, true},
	{"states", do_states, false},
};

static void
request_run(struct server *server, struct client *c, json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "request"));
	size_t i;

	for (i = 0; name != NULL && i < RTE_DIM(requests); i++) {
		if (strcmp(requests[i].name, name) != 0)
			continue;
		if (!requests[i].filters && json_object_size(request) != 1)
			client_error(c, "this request has no members but request");
		else
			requests[i].run(server, c, request);
		return;
	}
	client_error(c,
		     "request: list, stats, drops, flush, delete, events, reload, rules, "
		     "recorded, follow, set, explain or states expected");
}

void
request_line(struct server *server, struct client *c, const char *line)
{
	json_error_t error;
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	char text[256];

	if (!json_is_object(request)) {
		snprintf(text, sizeof(text), "a JSON object expected%s%s",
			 request == NULL ? ": " : "", request == NULL ? error.text : "");
		client_error(c, text);
	} else {
		request_run(server, c, request);
	}
	json_decref(request);
}

bool
request_runnable(const struct client *c)
{
	return c->task != CLIENT_IDLE && c->task != CLIENT_RELOAD &&
	       client_room(c) >= CLIENT_PIECE_BYTES;
}

void
request_reloaded(struct client *c, int status, const char *message)
{
	if (c->task != CLIENT_RELOAD)
		return;
	if (status != 0)
		client_error_kind(c, message, "reload");
	else
		client_text(c, "reload", message);
	c->task = CLIENT_IDLE;
}

/* End the task: send the number of connections that it listed or removed. */
static void
finish(struct client *c)
{
	static const char *const names[] = {
		[CLIENT_LIST] = "listed",
		[CLIENT_DELETE] = "deleted",
		[CLIENT_FLUSH] = "flushed",
		[CLIENT_RECORDED] = "recorded",
	};

	client_send(c, json_pack("{sI}", names[c->task], (json_int_t)c->count));
	c->task = CLIENT_IDLE;
}

static void
give_up(struct client *c)
{
	client_error(c, no_answer);
	c->task = CLIENT_IDLE;
}

static void
connection_send(const struct control_config *config, struct client *c,
		const struct conn_view *view)
{
	static const char begin[] = "{\"connection\":";
	char line[sizeof(begin) + VIEW_TEXT_BYTES];
	const size_t at = sizeof(begin) - 1;
	size_t length = view_text(view, config->port_names, config->port_count, line + at,
				  VIEW_TEXT_BYTES);

	if (length == 0)
		return;
	memcpy(line, begin, at);
	line[at + length] = '}';
	client_send_text(c, line, at + length + 1);
}

/* List or delete the matching connections in the next piece of a worker's tables. */
static int
walk(struct server *server, struct client *c)
{
	const struct control_config *config = server->config;
	const struct control_backend *b = config->backend;
	struct conn_view views[CONTROL_PIECE];
	struct control_removal removal = {.end = CONN_END_DELETED};
	int count = b->ops->list(b->context, c->worker, &c->cursor, views), i, status;

	for (i = 0; i < count; i++) {
		if (!filter_match(&c->filter, &views[i]))
			continue;
		status = 1;
		removal.key = views[i].key;
		removal.family = views[i].family;
		if (c->task == CLIENT_DELETE)
			status = b->ops->remove(b->context, c->worker, &removal);
		if (status < 0)
			return status;
		c->count += (unsigned)status;
		if (status > 0)
			connection_send(config, c, &views[i]);
	}
	return count;
}

/* Do one piece of a request that covers the tables of all workers. */
static int
continue_walk(struct server *server, struct client *c)
{
	const struct control_backend *b = server->config->backend;
	int count;

	if (c->task == CLIENT_FLUSH) {
		count = b->ops->flush(b->context, c->worker, &c->cursor);
		c->count += count > 0 ? (unsigned)count : 0;
	} else {
		count = walk(server, c);
	}
	if (count >= 0 && c->cursor == ENGINE_CURSOR_END) {
		c->cursor = 0;
		if (++c->worker == b->workers)
			finish(c);
	}
	return count;
}

/* Send the records for one reason from the flight recorders. */
static int
continue_recorded(struct server *server, struct client *c)
{
	int count = recorded_send(server, c);

	c->count += count > 0 ? (unsigned)count : 0;
	if (count >= 0 && ++c->cursor == REASON_COUNT)
		finish(c);
	return count;
}

void
request_continue(struct server *server, struct client *c)
{
	int count;

	if (c->task == CLIENT_RECORDED)
		count = continue_recorded(server, c);
	else if (c->task == CLIENT_STATES)
		count = states_continue(server, c);
	else
		count = continue_walk(server, c);

	if (count < 0)
		give_up(c);
}
