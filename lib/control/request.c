/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stats.h"
#include "view.h"

static const char no_answer[] = "a worker does not answer";

static void
answer(struct client *c, const char *name, json_t *json)
{
	if (json == NULL)
		client_error(c, no_answer);
	else if (!client_send(c, json_pack("{so}", name, json)))
		client_error(c, "the answer is too long");
}

static void
do_stats(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)request;
	answer(c, "stats", stats_json(config));
}

static void
do_drops(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)request;
	answer(c, "drops", drops_json(config));
}

static void
do_rules(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)request;
	answer(c, "rules", rules_json(config));
}

static void
begin(struct client *c, enum client_task task)
{
	c->task = task;
	c->worker = 0;
	c->cursor = 0;
	c->count = 0;
}

static void
do_reload(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)request;
	if (control_reload_ask(config->reload) == 0)
		begin(c, CLIENT_RELOAD);
	else
		client_error(c, "the rules are being loaded already: try again when that "
				"is done");
}

static bool
read_filter(struct client *c, const json_t *request)
{
	char message[256];

	if (filter_parse(&c->filter, request, message, sizeof(message)) == 0)
		return true;
	client_error(c, message);
	return false;
}

static void
do_list(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)config;
	if (read_filter(c, request))
		begin(c, CLIENT_LIST);
}

static void
do_delete(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)config;
	if (!read_filter(c, request))
		return;
	if (c->filter.any)
		client_error(c, "delete: which? (flush removes all)");
	else
		begin(c, CLIENT_DELETE);
}

static void
do_flush(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)config;
	(void)request;
	begin(c, CLIENT_FLUSH);
}

static void
do_events(const struct control_config *config, struct client *c, const json_t *request)
{
	(void)config;
	if (!read_filter(c, request))
		return;
	c->events_filter = c->filter;
	c->events = true;
	c->lost = 0;
	client_send(c, json_pack("{ss}", "events", "subscribed"));
}

static const struct {
	const char *name;
	void (*run)(const struct control_config *config, struct client *c,
		    const json_t *request);
	bool filters; /* takes a filter's members */
} requests[] = {
	{"list", do_list, true},      {"stats", do_stats, false},
	{"drops", do_drops, false},   {"flush", do_flush, false},
	{"delete", do_delete, true},  {"events", do_events, true},
	{"reload", do_reload, false}, {"rules", do_rules, false},
};

static void
request_run(const struct control_config *config, struct client *c, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "request"));
	size_t i;

	for (i = 0; name != NULL && i < RTE_DIM(requests); i++) {
		if (strcmp(requests[i].name, name) != 0)
			continue;
		if (!requests[i].filters && json_object_size(request) != 1)
			client_error(c, "this request has no further members");
		else
			requests[i].run(config, c, request);
		return;
	}
	client_error(
		c, "request: list, stats, drops, flush, delete, events, reload or rules "
		   "expected");
}

void
request_line(const struct control_config *config, struct client *c, const char *line)
{
	json_error_t error;
	json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	char text[256];

	if (!json_is_object(request)) {
		snprintf(text, sizeof(text), "a JSON object expected%s%s",
			 request == NULL ? ": " : "", request == NULL ? error.text : "");
		client_error(c, text);
	} else {
		request_run(config, c, request);
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
	client_text(c, status != 0 ? "error" : "reload", message);
	c->task = CLIENT_IDLE;
}

/* The task is done: say how many connections it has been about. */
static void
finish(struct client *c)
{
	static const char *const names[] = {
		[CLIENT_LIST] = "listed",
		[CLIENT_DELETE] = "deleted",
		[CLIENT_FLUSH] = "flushed",
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

/* Copy the next piece of a worker's list to views; returns how many, or -ETIMEDOUT. */
static int
next_views(struct control_worker *w, uint64_t *cursor, struct engine_view *views)
{
	struct control_job *job = control_open(w);
	int count;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_LIST;
	job->list.cursor = *cursor;
	count = control_call(w);
	if (count == 0) {
		count = (int)job->list.count;
		*cursor = job->list.cursor;
		memcpy(views, job->list.views, job->list.count * sizeof(*views));
	}
	control_close(w);
	return count;
}

/* Returns 1: removed, 0: there was none, or -ETIMEDOUT. */
static int
remove_one(struct control_worker *w, const struct engine_view *view)
{
	struct control_job *job = control_open(w);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_DELETE;
	job->removal.key = view->key;
	/* next_views() has filled the view */
	/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign) */
	job->removal.family = view->family;
	status = control_call(w);
	if (status == 0)
		status = job->removal.found;
	control_close(w);
	return status;
}

/* Flush a piece of a worker's tables. Returns how many connections, or -ETIMEDOUT. */
static int
remove_some(struct control_worker *w, uint64_t *cursor)
{
	struct control_job *job = control_open(w);
	int status;

	if (job == NULL)
		return -ETIMEDOUT;
	job->op = CONTROL_FLUSH;
	job->flush.cursor = *cursor;
	status = control_call(w);
	if (status == 0) {
		status = (int)job->flush.removed;
		*cursor = job->flush.cursor;
	}
	control_close(w);
	return status;
}

/* List or delete what matches among one piece of a worker's connections. */
static int
walk(const struct control_config *config, struct client *c)
{
	struct control_worker *w = &config->workers[c->worker];
	struct engine_view views[CONTROL_PIECE];
	int count = next_views(w, &c->cursor, views), i, status;

	for (i = 0; i < count; i++) {
		if (!filter_match(&c->filter, &views[i]))
			continue;
		status = 1;
		if (c->task == CLIENT_DELETE)
			status = remove_one(w, &views[i]);
		if (status < 0)
			return status;
		c->count += (unsigned)status;
		if (status > 0)
			client_send(c, json_pack("{so}", "connection",
						 view_json(&views[i], config->port_names,
							   config->port_count)));
	}
	return count;
}

void
request_continue(const struct control_config *config, struct client *c)
{
	int count;

	if (c->task == CLIENT_FLUSH) {
		count = remove_some(&config->workers[c->worker], &c->cursor);
		c->count += count > 0 ? (unsigned)count : 0;
	} else {
		count = walk(config, c);
	}
	if (count < 0) {
		give_up(c);
	} else if (c->cursor == ENGINE_CURSOR_END) {
		c->cursor = 0;
		if (++c->worker == config->worker_count)
			finish(c);
	}
}
