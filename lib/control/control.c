/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that serves the control socket. It sleeps in poll(). While a client reads
 * events, it reads the workers' rings every 20 ms. While a list is in progress and its
 * reader keeps up, it does not sleep.
 */
#include <control/control.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "clock.h"
#include "fill.h"
#include "http.h"
#include "ipfix.h"
#include "listener.h"
#include "openmetrics.h"
#include "request.h"
#include "sink.h"
#include "states.h"
#include "subscribe.h"
#include "telemetry.h"

#define EVENTS_PERIOD_MS 20
/* not the process's limit, since the JSON of a request may be nested 2,047 levels deep */
#define STACK_BYTES ((size_t)2 << 20)

static_assert(OPENMETRICS_FORMS == HTTP_FORMS, "a page in all forms of the metrics");

struct control {
	struct server server;
	struct clients clients;
	struct listener listener;
	int wake;        /* eventfd: readable when `end` or a new log is set */
	atomic_bool end; /* the thread has to end */
	pthread_t thread;
	struct http *metrics; /* HTTP server for metrics; NULL: none */
	struct fill *fill;
	struct ipfix *ipfix; /* NULL: none */
	pthread_mutex_t sink_lock;
	struct sink *sink;      /* log of records; NULL: none */
	struct sink *next_sink; /* with sink_waits: what it is to become */
	bool sink_waits;
};

/* ---- clients ---- */

static void
refuse(struct client *c, const char *text)
{
	client_error(c, text);
	client_write(c);
	client_free(c);
}

static void
accept_client(struct control *control, uint64_t now_ms)
{
	int fd = listener_accept(&control->listener, now_ms);
	struct client *c;

	if (fd < 0)
		return;
	c = client_new(fd);
	if (c == NULL) {
		close(fd);
		return;
	}
	c->privileged = listener_is_privileged(fd);
	if (!clients_add(&control->clients, c, now_ms))
		refuse(c, "too many clients are connected: close one and try again");
}

/* Process requests as long as there is room for their answers. */
static void
serve_client(struct control *control, struct client *c)
{
	char *line;

	while (c->task == CLIENT_IDLE && client_room(c) >= CLIENT_PIECE_BYTES &&
	       (line = client_line(c)) != NULL)
		request_line(&control->server, c, line);
	if (request_runnable(c))
		request_continue(&control->server, c);
	client_write(c);
}

/* Send the result of a reload to the clients that wait for it. */
static void
tell_reloaded(struct control *control)
{
	char message[CONTROL_RELOAD_BYTES];
	unsigned i;
	int status;

	if (!control_reload_answer(control->server.config->reload, &status, message))
		return;
	for (i = 0; i < control->clients.count; i++)
		request_reloaded(control->clients.list[i], status, message);
}

static void
serve_clients(struct control *control, uint64_t now_ms)
{
	struct client *c;
	unsigned i;

	for (i = 0; i < control->clients.count; i++) {
		c = control->clients.list[i];
		serve_client(control, c);
		if (c->moved)
			c->active_ms = now_ms;
		c->moved = false;
	}
}

/* ---- the log of records ---- */

/* Have the log read records, if there is one. Returns false if no place is free. */
static bool
join_sink(struct control *control)
{
	struct fanout *fanout = &control->server.fanout;

	if (control->sink == NULL || sink_reader(control->sink)->fanout != NULL)
		return true;
	return fanout->count < FANOUT_READERS &&
	       fanout_join(fanout, sink_reader(control->sink)) == 0;
}

/*
 * Change to the log that another thread has set; and have it read as soon as there is a
 * place among the readers.
 */
static void
take_sink(struct control *control)
{
	struct sink *old = NULL;
	bool waits;

	pthread_mutex_lock(&control->sink_lock);
	waits = control->sink_waits;
	if (waits) {
		old = control->sink;
		control->sink = control->next_sink;
		control->sink_waits = false;
	}
	pthread_mutex_unlock(&control->sink_lock);
	sink_close(old);
	if (!join_sink(control) && waits && control->server.config->warn != NULL)
		control->server.config->warn("record_log: 16 clients read events or "
					     "records already, so no log is written "
					     "until one of them ends");
}

/* Wake the thread. If the counter of the eventfd is full, the thread is awake anyway. */
static void
wake(struct control *control)
{
	const uint64_t one = 1;

	if (write(control->wake, &one, sizeof(one)) < 0)
		return;
}

int
control_log_open(const struct control_config *config, const char *log, unsigned streams,
		 struct sink **sink, char *message)
{
	return sink_open(config, log, streams, sink, message);
}

void
control_log_set(struct control *control, struct sink *log)
{
	struct sink *unused = NULL;

	pthread_mutex_lock(&control->sink_lock);
	if (control->sink_waits)
		unused = control->next_sink;
	control->next_sink = log;
	control->sink_waits = true;
	pthread_mutex_unlock(&control->sink_lock);
	control_log_close(unused);
	wake(control);
}

void
control_log_close(struct sink *log)
{
	sink_close(log);
}

void
control_reopen(struct control *control)
{
	pthread_mutex_lock(&control->sink_lock);
	if (control->sink != NULL)
		sink_reopen(control->sink);
	pthread_mutex_unlock(&control->sink_lock);
}

/* ---- the thread ---- */

static int
poll_timeout(const struct control *control, uint64_t now_ms)
{
	unsigned i;

	for (i = 0; i < control->clients.count; i++)
		if (request_runnable(control->clients.list[i]))
			return 0;
	if (control->server.streams != 0)
		return EVENTS_PERIOD_MS;
	if (!listener_is_ready(&control->listener, now_ms))
		return LISTENER_PAUSE_MS;
	return FILL_PERIOD_MS;
}

/* Indices of the descriptors for poll(): these first, then the clients. */
enum {
	POLL_WAKE,
	POLL_LISTENER,
	POLL_RELOAD,
	POLL_CLIENTS,
};

static unsigned
poll_set(const struct control *control, struct pollfd *fds, uint64_t now_ms)
{
	const struct client *c;
	struct pollfd *fd;
	unsigned i;

	fds[POLL_WAKE] = (struct pollfd){.fd = control->wake, .events = POLLIN};
	fds[POLL_LISTENER] = (struct pollfd){.fd = control->listener.fd};
	if (listener_is_ready(&control->listener, now_ms))
		fds[POLL_LISTENER].events = POLLIN;
	fds[POLL_RELOAD] = (struct pollfd){.fd = control->server.config->reload->answered,
					   .events = POLLIN};
	for (i = 0; i < control->clients.count; i++) {
		c = control->clients.list[i];
		fd = &fds[i + POLL_CLIENTS];
		*fd = (struct pollfd){.fd = c->fd};
		if (!c->ended && c->in_length < sizeof(c->in))
			fd->events |= POLLIN;
		if (client_pending(c) > 0)
			fd->events |= POLLOUT;
	}
	return control->clients.count + POLL_CLIENTS;
}

/* Do what is due after poll() has returned. */
static void
serve(struct control *control, const struct pollfd *fds, unsigned n, uint64_t now_ms)
{
	unsigned i;

	for (i = POLL_CLIENTS; i < n; i++) {
		if ((fds[i].revents & POLLIN) != 0)
			client_read(control->clients.list[i - POLL_CLIENTS]);
		else if ((fds[i].revents & (POLLERR | POLLHUP)) != 0)
			control->clients.list[i - POLL_CLIENTS]->broken = true;
	}
	subscribe_poll(&control->server);
	if (fds[POLL_RELOAD].revents != 0)
		tell_reloaded(control);
	serve_clients(control, now_ms);
	clients_drop(&control->clients, now_ms);
	subscribe_switch(&control->server);
	fill_watch(control->fill, now_ms);
	states_watch(&control->server, now_ms);
	if (fds[POLL_LISTENER].revents != 0)
		accept_client(control, now_ms);
}

static void *
control_thread(void *context)
{
	struct control *control = context;
	struct pollfd fds[CLIENTS_ROOM + POLL_CLIENTS];
	uint64_t now_ms, count;
	unsigned n;

	for (;;) {
		now_ms = clock_monotonic_ms();
		n = poll_set(control, fds, now_ms);
		if (poll(fds, n, poll_timeout(control, now_ms)) < 0)
			continue;
		if (atomic_load(&control->end))
			break;
		if (fds[POLL_WAKE].revents != 0 &&
		    read(control->wake, &count, sizeof(count)) > 0)
			take_sink(control);
		serve(control, fds, n, clock_monotonic_ms());
	}
	return NULL;
}

/* ---- start and stop ---- */

int
control_folder(const char *path, gid_t group)
{
	return listener_folder(path, group);
}

static bool
make_metrics(void *config, struct http_text texts[HTTP_FORMS])
{
	return openmetrics_make(config, texts);
}

static struct http *
start_metrics(const struct control_config *config, char *message)
{
	const struct http_page page = {
		.path = "/metrics",
		.types = openmetrics_types,
		.choose = openmetrics_choose,
		.make = make_metrics,
		.context = (void *)(uintptr_t)config,
		.not_found = "/metrics expected\n",
		.unavailable = "a worker does not answer\n",
	};

	return http_start(config->metrics, &page, message, CONTROL_MESSAGE_BYTES);
}

int
control_start(const struct control_config *config, struct control **control,
	      char *message)
{
	struct control *c = calloc(1, sizeof(*c));
	pthread_attr_t attr;
	int status = c == NULL ? -ENOMEM : 0;

	if (status != 0) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "out of memory");
		return status;
	}
	c->server.config = config;
	pthread_mutex_init(&c->sink_lock, NULL);
	message[0] = '\0';
	c->fill = fill_new(config);
	if (c->fill == NULL) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "out of memory");
		status = -ENOMEM;
		goto free_control;
	}
	status = listener_open(&c->listener, config->path, config->group);
	if (status != 0) {
		snprintf(message, CONTROL_MESSAGE_BYTES, "control socket %s: %s",
			 config->path, listener_error(status));
		goto free_control;
	}
	if (config->metrics != NULL) {
		c->metrics = start_metrics(config, message);
		status = -EADDRNOTAVAIL;
		if (c->metrics == NULL)
			goto close_listener;
	}
	if (config->record_log != NULL) {
		status = sink_open(config, config->record_log, config->record_streams,
				   &c->sink, message);
		if (status != 0)
			goto stop_metrics;
		fanout_join(&c->server.fanout, sink_reader(c->sink));
	}
	if (config->ipfix != NULL) {
		status = ipfix_open(config, &c->ipfix, message);
		if (status != 0)
			goto close_sink;
		fanout_join(&c->server.fanout, ipfix_reader(c->ipfix));
	}
	c->wake = eventfd(0, EFD_CLOEXEC);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	status = pthread_create(&c->thread, &attr, control_thread, c);
	pthread_attr_destroy(&attr);
	if (status != 0) {
		status = -status;
		snprintf(message, CONTROL_MESSAGE_BYTES, "control thread: %s",
			 strerror(-status));
		goto close_wake;
	}
	telemetry_start(config);
	if (!listener_is_open_to_group(&c->listener))
		snprintf(message, CONTROL_MESSAGE_BYTES,
			 "the group of %s may not enter its folder (mode 0750 and the "
			 "same group expected)",
			 config->path);
	*control = c;
	return 0;

close_wake:
	close(c->wake);
	ipfix_close(c->ipfix);
close_sink:
	sink_close(c->sink);
stop_metrics:
	http_stop(c->metrics);
close_listener:
	listener_close(&c->listener);
free_control:
	fill_free(c->fill);
	free(c);
	return status;
}

void
control_stop(struct control *control)
{
	telemetry_stop();
	http_stop(control->metrics);
	atomic_store(&control->end, true);
	wake(control);
	pthread_join(control->thread, NULL);
	listener_close(&control->listener);
	clients_free(&control->clients);
	close(control->wake);
	fill_free(control->fill);
	ipfix_close(control->ipfix);
	sink_close(control->sink);
	if (control->sink_waits)
		sink_close(control->next_sink);
	free(control);
}
