/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread that serves the control socket. It sleeps in poll(); while somebody is
 * subscribed it looks at the workers' event rings every 20 ms, and while a list is under
 * way and its reader keeps up it does not sleep at all.
 */
#include <control/control.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "clients.h"
#include "fill.h"
#include "listener.h"
#include "request.h"
#include "serve.h"
#include "view.h"

#define EVENTS_PERIOD_MS 20
#define STACK_BYTES                                                                      \
	((size_t)2 << 20) /* whatever the limit is: a request nests 2,047 deep */
#define EVENTS_PIECE 256u

struct control {
	const struct control_config *config;
	struct clients clients;
	bool events;                        /* the workers make them */
	uint64_t lost[CONTROL_MAX_WORKERS]; /* what each had lost when we last looked */
	struct listener listener;
	int wake; /* eventfd: end */
	pthread_t thread;
	struct metrics *metrics;
	struct fill *fill;
};

/* ---- events ---- */

static void
worker_switch_events(struct control_worker *w, bool on)
{
	struct control_job *job = control_open(w);

	if (job == NULL)
		return;
	job->op = CONTROL_EVENTS_SWITCH;
	job->events.on = on;
	control_call(w);
	control_close(w);
}

/* Workers make events only while somebody wants them. */
static void
switch_events(struct control *control)
{
	const struct control_config *config = control->config;
	bool wanted = false;
	unsigned i;

	for (i = 0; i < control->clients.count; i++)
		wanted |= control->clients.list[i]->events;
	if (wanted == control->events)
		return;
	control->events = wanted;
	for (i = 0; i < config->worker_count; i++) {
		worker_switch_events(&config->workers[i], wanted);
		control->lost[i] = config->workers[i].events_lost;
		if (!wanted)
			rte_ring_reset(config->workers[i].events);
	}
}

static json_t *
event_json(const struct control_config *config, const struct engine_event *event)
{
	static const char *const kinds[] = {
		[ENGINE_EVENT_NEW] = "new",
		[ENGINE_EVENT_UPDATE] = "update",
		[ENGINE_EVENT_DESTROY] = "destroy",
	};

	return json_pack("{ss sI so}", "event", kinds[event->kind], "time_ns",
			 (json_int_t)event->at_ns, "connection",
			 view_json(&event->view, config->port_names, config->port_count));
}

/* An event to a client, unless its buffer is full. */
static void
send_event(const struct control_config *config, struct client *c,
	   const struct engine_event *event)
{
	if (!c->events || !filter_match(&c->events_filter, &event->view))
		return;
	if (client_room(c) < CLIENT_PIECE_BYTES) {
		c->lost++;
		return;
	}
	if (c->lost > 0) {
		client_send(c, json_pack("{sI}", "lost", (json_int_t)c->lost));
		c->lost = 0;
	}
	client_send(c, event_json(config, event));
}

/* What a worker could not put into its ring is lost to all. */
static void
note_lost(struct control *control, unsigned worker)
{
	uint64_t lost = control->config->workers[worker].events_lost;
	unsigned i;

	for (i = 0; i < control->clients.count; i++)
		control->clients.list[i]->lost += lost - control->lost[worker];
	control->lost[worker] = lost;
}

static void
drain_events(struct control *control)
{
	const struct control_config *config = control->config;
	static struct engine_event events[EVENTS_PIECE];
	unsigned w, i, j, n, left;

	for (w = 0; w < config->worker_count; w++) {
		note_lost(control, w);
		do {
			n = rte_ring_sc_dequeue_burst_elem(config->workers[w].events,
							   events, sizeof(events[0]),
							   EVENTS_PIECE, &left);
			for (i = 0; i < n; i++)
				for (j = 0; j < control->clients.count; j++)
					send_event(config, control->clients.list[j],
						   &events[i]);
		} while (n > 0 && left > 0);
	}
}

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
		refuse(c, "too many clients are connected");
}

/* Do as much as there is room for without waiting for the client. */
static void
serve_client(struct control *control, struct client *c)
{
	char *line;

	while (c->task == CLIENT_IDLE && client_room(c) >= CLIENT_PIECE_BYTES &&
	       (line = client_line(c)) != NULL)
		request_line(control->config, c, line);
	if (request_runnable(c))
		request_continue(control->config, c);
	client_write(c);
}

/* What has come of loading the rules, to who has asked for it. */
static void
tell_reloaded(struct control *control)
{
	char message[CONTROL_RELOAD_BYTES];
	unsigned i;
	int status;

	if (!control_reload_answer(control->config->reload, &status, message))
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

/* ---- the thread ---- */

static uint64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int
poll_timeout(const struct control *control, uint64_t now_ms)
{
	unsigned i;

	for (i = 0; i < control->clients.count; i++)
		if (request_runnable(control->clients.list[i]))
			return 0;
	if (control->events)
		return EVENTS_PERIOD_MS;
	if (!listener_is_ready(&control->listener, now_ms))
		return LISTENER_PAUSE_MS;
	return FILL_PERIOD_MS;
}

/* The set: these, then the clients. */
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
	fds[POLL_RELOAD] = (struct pollfd){.fd = control->config->reload->answered,
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

/* One turn, after poll(). */
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
	if (control->events)
		drain_events(control);
	if (fds[POLL_RELOAD].revents != 0)
		tell_reloaded(control);
	serve_clients(control, now_ms);
	clients_drop(&control->clients, now_ms);
	switch_events(control);
	fill_watch(control->fill, now_ms);
	if (fds[POLL_LISTENER].revents != 0)
		accept_client(control, now_ms);
}

static void *
control_thread(void *context)
{
	struct control *control = context;
	struct pollfd fds[CLIENTS_ROOM + POLL_CLIENTS];
	uint64_t now_ms;
	unsigned n;

	for (;;) {
		now_ms = clock_ms();
		n = poll_set(control, fds, now_ms);
		if (poll(fds, n, poll_timeout(control, now_ms)) < 0)
			continue;
		if (fds[POLL_WAKE].revents != 0)
			break;
		serve(control, fds, n, clock_ms());
	}
	return NULL;
}

/* ---- start and stop ---- */

int
control_folder(const char *path, gid_t group)
{
	return listener_folder(path, group);
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
	c->config = config;
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
		c->metrics = metrics_start(config, message);
		status = -EADDRNOTAVAIL;
		if (c->metrics == NULL)
			goto close_listener;
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
		goto stop_metrics;
	}
	telemetry_start(config);
	if (!listener_is_open_to_group(&c->listener))
		snprintf(message, CONTROL_MESSAGE_BYTES,
			 "the group of %s may not enter its folder (mode 0750 and the "
			 "same group expected)",
			 config->path);
	*control = c;
	return 0;

stop_metrics:
	close(c->wake);
	metrics_stop(c->metrics);
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
	const uint64_t one = 1;

	telemetry_stop();
	metrics_stop(control->metrics);
	if (write(control->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(control->thread, NULL);
	listener_close(&control->listener);
	clients_free(&control->clients);
	close(control->wake);
	fill_free(control->fill);
	free(control);
}
